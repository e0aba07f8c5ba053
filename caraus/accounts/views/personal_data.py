"""The signed-in person's own data: export it, or erase the account."""

import json

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access, audit_log, personal_data
from caraus.accounts.rate_limits import rate_limited


@require_GET
def personal_data_page(request: HttpRequest) -> HttpResponse:
    """Show what can be done with the own data."""
    return render(request, "accounts/own_data.html")


@require_POST
@rate_limited("export")
def personal_data_export(request: HttpRequest) -> HttpResponse:
    """Send the own data as a JSON file, and record it."""
    user = access.signed_in_user(request)
    audit_log.record_in_all_organizations(
        "export", gettext_noop("Și-a descărcat datele personale."), user=user
    )
    text = json.dumps(personal_data.export_personal_data(user), ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="datele-mele-caraus.json"'
    return response


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def account_erase(request: HttpRequest) -> HttpResponse:
    """Erase the account, after the password once more."""
    user = access.signed_in_user(request)
    if request.method == "POST":
        try:
            personal_data.erase_account(user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("own_data")
        logout(request)
        messages.success(request, gettext("Contul tău a fost șters."))
        return redirect("account_login")
    return render(request, "accounts/erase.html")
