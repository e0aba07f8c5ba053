"""The journal's page and its export."""

from datetime import date
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access, journal
from caraus.accounts.limits import limited
from caraus.accounts.models import JournalEntry, Membership, Role
from caraus.accounts.spreadsheets import write_csv

PAGE_SIZE = 100


def _found(request: HttpRequest, membership: Membership) -> QuerySet[JournalEntry]:
    entries = access.visible(JournalEntry.objects.all(), membership)
    return journal.search(
        entries,
        words=request.GET.get("q", ""),
        action=request.GET.get("fel", ""),
        since=_day(request.GET.get("de", "")),
        until=_day(request.GET.get("pana", "")),
    )


def _day(text: str) -> date | None:
    """A day of the address; years that no entry has are brought near, to be reckoned with."""
    try:
        return min(max(date.fromisoformat(text), date(2000, 1, 1)), date(2999, 12, 31))
    except ValueError:
        return None


@require_GET
@never_cache
def journal_page(request: HttpRequest) -> HttpResponse:
    membership = access.require_role(request, Role.ADMIN)
    page = Paginator(_found(request, membership), PAGE_SIZE).get_page(request.GET.get("pagina"))
    names = ("q", "fel", "de", "pana")
    filters = {name: request.GET[name] for name in names if request.GET.get(name)}
    context = {
        "page": page,
        "actions": journal.ACTIONS,
        "filters": filters,
        "query": urlencode(filters),
    }
    return render(request, "accounts/journal.html", context)


@require_GET
@never_cache
@limited("export")
def journal_export(request: HttpRequest) -> HttpResponse:
    """The entries that the page shows, all of them, as CSV for a spreadsheet."""
    membership = access.require_role(request, Role.ADMIN)
    journal.record(
        "export",
        gettext_noop("A descărcat jurnalul."),
        user=membership.user,
        organization=membership.organization,
    )
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="jurnal.csv"'
    response.write("\ufeff")  # spreadsheets know the diacritics by it
    write_csv(response, journal.rows(_found(request, membership).iterator(chunk_size=1000)))
    return response
