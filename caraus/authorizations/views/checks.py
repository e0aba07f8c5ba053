"""„Testează conexiunea”: the button and the table of companies × what ANAF said."""

from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from caraus.accounts import access
from caraus.accounts.models import Company, Role
from caraus.accounts.rate_limits import rate_limited
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import ErrorText
from caraus.authorizations.authorization_cards import visible_authorizations
from caraus.authorizations.checks import request_check
from caraus.authorizations.models import Authorization, AuthorizationCheck
from caraus.authorizations.tasks import run_authorization_check


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A company and what ANAF said about it; `has_response` is False until the response comes."""

    company: Company
    has_response: bool
    requested: bool
    seen: int
    error: ErrorText | None
    # What ANAF said, without secrets.
    detail: str


@require_http_methods(["GET", "POST"])
@never_cache
@rate_limited("check", posts_only=True)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the last check of an authorization; with POST start a new one."""
    membership = access.require_role(request, Role.DISPATCHER)
    authorization = access.get_object(
        request, visible_authorizations(membership).filter(status=Authorization.Status.ACTIVE), pk
    )
    if request.method == "POST":
        with transaction.atomic():
            new_check, is_new = request_check(authorization, user=membership.user)
            if is_new:
                run_authorization_check.defer(check_id=new_check.pk)
        return redirect("authorizations:check", pk=pk)
    last = authorization.checks.first()
    context = {
        "authorization": authorization,
        "check": last,
        "hello": ERROR_TEXTS.get(last.hello_code) if last else None,
        "rows": _rows(last, list(access.visible_companies(membership))) if last else [],
    }
    name = "authorizations/_check.html" if request.htmx else "authorizations/check.html"  # type: ignore[attr-defined]
    return render(request, name, context)


def _rows(check: AuthorizationCheck, companies: list[Company]) -> list[CheckRow]:
    responses = {response["company"]: response for response in check.responses}
    rows = []
    for company in companies:
        response = responses.get(company.pk)
        code = response["code"] if response else ""
        if response or not check.finished_at:
            rows.append(
                CheckRow(
                    company=company,
                    has_response=response is not None,
                    requested=bool(response and response["requested"]),
                    seen=response["seen"] if response else 0,
                    error=ERROR_TEXTS.get(code),
                    detail=response.get("detail", "") if response else "",
                )
            )
    return rows
