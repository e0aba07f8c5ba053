"""The page of the audit log."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access, audit_log
from caraus.accounts.models import AuditLogEntry, Membership, Role

ENTRIES_PER_PAGE = 100
# The filters and their words in the address.
PARAMETERS = {"query": "q", "action": "fel", "since": "de", "until": "pana"}


def read_filters(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that an address sets."""
    return {
        name: parameters[parameter]
        for name, parameter in PARAMETERS.items()
        if parameters.get(parameter)
    }


def filter_entries(
    parameters: Mapping[str, str], membership: Membership
) -> QuerySet[AuditLogEntry]:
    """Return the entries that match the filters of an address."""
    entries = access.visible(AuditLogEntry.objects.all(), membership)
    filters = read_filters(parameters)
    return audit_log.search_entries(
        entries,
        query=filters.get("query", ""),
        action=filters.get("action", ""),
        since=_day(filters.get("since", "")),
        until=_day(filters.get("until", "")),
    )


def _day(text: str) -> date | None:
    """Read a day of the address; years that no entry has are brought near, to be reckoned with."""
    try:
        return min(max(date.fromisoformat(text), date(2000, 1, 1)), date(2999, 12, 31))
    except ValueError:
        return None


@require_GET
@never_cache
def audit_log_page(request: HttpRequest) -> HttpResponse:
    """Show the audit log, a page at a time, to administrators."""
    membership = access.require_role(request, Role.ADMIN)
    page = Paginator(filter_entries(request.GET, membership), ENTRIES_PER_PAGE).get_page(
        request.GET.get("pagina")
    )
    filters = read_filters(request.GET)
    context = {
        "page": page,
        "actions": audit_log.ACTIONS,
        "filters": filters,
        "address_query": urlencode({PARAMETERS[name]: value for name, value in filters.items()}),
    }
    return render(request, "accounts/audit_log.html", context)
