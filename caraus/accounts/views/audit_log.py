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


def filter_entries(query: Mapping[str, str], membership: Membership) -> QuerySet[AuditLogEntry]:
    """Return the entries that the filters of an address ask for."""
    entries = access.visible(AuditLogEntry.objects.all(), membership)
    return audit_log.search_entries(
        entries,
        words=query.get("q", ""),
        action=query.get("fel", ""),
        since=_day(query.get("de", "")),
        until=_day(query.get("pana", "")),
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
    names = ("q", "fel", "de", "pana")
    filters = {name: request.GET[name] for name in names if request.GET.get(name)}
    context = {
        "page": page,
        "actions": audit_log.ACTIONS,
        "filters": filters,
        "query": urlencode(filters),
    }
    return render(request, "accounts/audit_log.html", context)
