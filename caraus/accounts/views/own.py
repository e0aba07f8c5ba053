"""One's own data: to take along, to erase; and one's sessions."""

import json

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access, audit_log, people, sessions
from caraus.accounts.limits import limited


@require_GET
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/own_data.html")


@require_POST
@limited("export")
def export(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    audit_log.record_everywhere(
        "export", gettext_noop("Și-a descărcat datele personale."), user=user
    )
    text = json.dumps(people.export(user), ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="datele-mele-caraus.json"'
    return response


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def erase(request: HttpRequest) -> HttpResponse:
    """After the password once more: the account goes."""
    user = access.signed_in(request)
    if request.method == "POST":
        try:
            people.erase(user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("own_data")
        logout(request)
        messages.success(request, gettext("Contul tău a fost șters."))
        return redirect("account_login")
    return render(request, "accounts/erase.html")


@require_http_methods(["GET", "POST"])
def session_list(request: HttpRequest) -> HttpResponse:
    """From where the person is signed in; POST ends all but the session that asks."""
    user = access.signed_in(request)
    if request.method == "POST":
        sessions.end(user, but=request.session.session_key)
        messages.success(request, gettext("Celelalte sesiuni au fost închise."))
        return redirect("sessions")
    listed = sessions.of_user(user, current=request.session.session_key)
    return render(request, "accounts/sessions.html", {"sessions": listed})
