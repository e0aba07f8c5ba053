"""The list of UITs; the address holds its whole view."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.core.formatting import today
from caraus.filings import rows as filings
from caraus.filings.permission import may_file_for
from caraus.fleet import queries as fleet
from caraus.sync import requests
from caraus.sync.status import SyncError, read_sync_status
from caraus.transports.models import Transport, UnreadableRecord
from caraus.workspace import (
    columns,
    export_files,
    listing,
    saved_views,
    table,
    view_chips,
)
from caraus.workspace.company_scope import CompanyScope, resolve_scope
from caraus.workspace.export_periods import EXPORT_PERIODS
from caraus.workspace.filters import SHOW, SORTS, USUAL_ADDRESS, ListFilters
from caraus.workspace.models import ListSettings, SavedView
from caraus.workspace.pagination import Page
from caraus.workspace.quick_filters import ListSummary, summarize
from caraus.workspace.row_drawer import RowDrawer

# Until when the errors about rights were read and dismissed: seconds since 1970.
DISMISSED_COOKIE = "drepturi-citite"
# UITs with unreadable fields that are named above the list; their rows are marked anyway.
MAX_NAMED = 5
# Stands in the changing part instead of its version, until the version is computed.
_NO_VERSION = "no-version-yet"


# What the menus of the list offer, the same for everybody.
_MENUS = {
    "show_options": SHOW,
    "sort_options": SORTS,
    "export_periods": EXPORT_PERIODS,
    "file_formats": export_files.FILE_FORMATS,
    "all_columns": columns.LIST_COLUMNS,
    "densities": ListSettings.Density.choices,
    "dismissed_cookie": DISMISSED_COOKIE,
}


@require_GET
@never_cache
def transport_list(request: HttpRequest) -> HttpResponse:
    """Show the whole page; for htmx the changing part only."""
    membership = access.current_membership(request)
    filters = ListFilters.from_query(request.GET)
    views = list(saved_views.visible_views_of(membership))
    own_default = (view for view in views if view.is_default and view.user_id == membership.user_id)
    default = next(own_default, None)
    if default and not request.GET and not _is_part(request):
        return redirect(f"{request.path}?{default.address}")
    scope = resolve_scope(membership, filters)
    context = _list_context(request, membership, scope, views)
    part, version = _render_part(request, context)
    if not _is_part(request):
        return render(request, "workspace/list.html", context | {"list_part": part})
    if request.headers.get("Caraus-List-Version") == version:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)  # htmx then leaves the page as it is
    # The list's own refreshing leaves the title as it stands.
    is_titled = request.headers.get("HX-Trigger", "lista") != "lista"
    title = render_to_string("workspace/_title_swap.html", context, request) if is_titled else ""
    response = HttpResponse(part + title)
    is_usual_view = not scope.filters.address() and request.headers.get("HX-Trigger") == "filtre"
    if is_usual_view and default:
        response["HX-Push-Url"] = (
            f"{request.path}?{USUAL_ADDRESS}"  # else it opens with the default
        )
    return response


def _list_context(
    request: HttpRequest, membership: Membership, scope: CompanyScope, views: Sequence[SavedView]
) -> dict[str, Any]:
    """Return all that the page shows."""
    day = today()  # of the whole page, also at midnight
    # Read before the rows: what arrives in between then counts as new, not as known.
    sync_status = read_sync_status(membership.organization, scope.selected)
    listed = _list_uits(membership, scope, views, day)
    if request.headers.get("Caraus-Hidden") != "1" and requests.should_record_view(
        sync_status.states
    ):
        requests.record_view(scope.selected)
    filters, summary = scope.filters, listed.summary
    may_mark = access.has_role(membership, Role.DISPATCHER)
    return {
        **_MENUS,
        **_table_context(membership, scope, listed, day),
        "filters": filters,
        "clear_address": ListFilters(sort=filters.sort, toggled=filters.toggled).link(),
        "page": listed.page,
        "count": summary.count,
        "companies": scope.companies,
        "company": scope.company,
        "unknown_company": scope.unknown_cui,
        "view_chips": summary.view_chips,
        "active_view": summary.active_view,
        "number_without_view": summary.without_view,
        "may_share": saved_views.may_share(membership),
        "quick_filters": summary.quick_filters,
        "has_expired_unresolved": summary.has_expired_unresolved,
        "dealt_with_number": summary.dealt_with,
        "now": int(time.time()),
        "printed_at": timezone.now(),
        "today": day,
        "may_mark": may_mark,
        "may_sync": may_mark,
        "sync_status": sync_status,
        "sync_errors": _short(
            _not_dismissed(request, sync_status.errors), is_of_one=not _names_companies(scope)
        ),
        "unreadable": _unreadable_records(scope.companies) if summary.unreadable else (),
        "partly_unreadable": _partly_unreadable(scope.companies, day)
        if summary.partly_unreadable
        else (),
        "partly_unreadable_count": summary.partly_unreadable,
    }


@dataclass(frozen=True, slots=True)
class _ListedUits:
    """The UITs of the list: the page of what fits the filters, what a search found among the
    closed ones where nothing fits, and the counts."""

    page: Page
    closed: listing.ClosedResults | None
    summary: ListSummary

    @property
    def rows(self) -> tuple[Transport, ...]:
        return (self.page if self.closed is None else self.closed.page).rows


def _list_uits(
    membership: Membership, scope: CompanyScope, views: Sequence[SavedView], day: date
) -> _ListedUits:
    """Read the page and its counts; each row has what its cells show."""
    filters = scope.filters
    visible = access.visible(Transport.objects.all(), membership)
    chips = view_chips.of_views(views, scope)
    beside = scope.find_beside(*(chip.filters.query for chip in chips))
    matching, page = listing.list_page(
        filters, visible, scope.restricted_to, today=day, beside=beside
    )
    is_first_page = not (filters.after or filters.before)
    closed = (
        listing.search_closed(filters, visible, scope.restricted_to, today=day, beside=beside)
        if filters.query and not filters.shows_other and is_first_page and not page.rows
        else None
    )
    summary = summarize(scope, visible, matching, page, today=day, chips=chips, beside=beside)
    listed = _ListedUits(page, closed, summary)
    company_by_id = {company.pk: company for company in scope.selected}
    for transport in listed.rows:
        transport.company = company_by_id[transport.company_id]
    fleet.attach_issues(listed.rows, some=summary.has_issues)
    filings.attach_changes(listed.rows, some=summary.has_filings)
    return listed


def _table_context(
    membership: Membership, scope: CompanyScope, listed: _ListedUits, day: date
) -> dict[str, Any]:
    """Return the heads of the table and its rows, drawn in the person's layout."""
    filters = scope.filters
    layout = columns.layout_of(membership.user_id)
    heads = table.column_heads(filters, layout.columns)
    drawer = RowDrawer(
        layout,
        today=day,
        may_mark=access.has_role(membership, Role.DISPATCHER),
        may_file_for=may_file_for(membership, scope.selected),
        with_company=_names_companies(scope),
    )
    rows = [drawer.draw(transport) for transport in listed.rows]
    sections = (
        table.table_sections(rows, listed.page, filters)
        if listed.closed is None
        else [table.closed_section(rows, filters, listed.closed.count)]
    )
    return {
        "layout": layout,
        "columns": layout.columns,
        "heads": heads,
        "columns_in_all": len(heads) + 1,
        "sections": sections,
    }


def _names_companies(scope: CompanyScope) -> bool:
    """Return whether the list is of several companies, so that its rows name them."""
    return len(scope.companies) > 1 and scope.company is None


def _render_part(request: HttpRequest, context: dict[str, Any]) -> tuple[SafeString, str]:
    """Render the changing part of the page, and its version: a digest of all that it shows, times
    in words too. The page sends the version with its next request."""
    html = render_to_string(
        "workspace/_list.html", context | {"list_version": _NO_VERSION}, request
    )
    version = sha256(html.encode()).hexdigest()[:32]
    return SafeString(html.replace(_NO_VERSION, version, 1)), version


def _unreadable_records(companies: list[Company]) -> QuerySet[UnreadableRecord]:
    records = UnreadableRecord.objects.filter(company__in=companies, resolved_at=None)
    return records.select_related("company")


def _partly_unreadable(companies: list[Company], day: date) -> QuerySet[Transport]:
    """Return the first open UITs of which some field could not be read."""
    transports = listing.partly_unreadable([company.pk for company in companies], day)
    return transports.select_related("company").defer("raw", "extra")[:MAX_NAMED]


def _not_dismissed(request: HttpRequest, errors: Iterable[SyncError]) -> list[SyncError]:
    """Return the errors without those about rights that this browser has dismissed, until one more
    company has none."""
    value = request.COOKIES.get(DISMISSED_COOKIE, "")
    dismissed_at = int(value) if value.isdecimal() and len(value) < 12 else 0
    return [
        error
        for error in errors
        if not (
            error.is_dismissable
            and error.newest_at is not None
            and error.newest_at.timestamp() < dismissed_at + 1
        )
    ]


def _short(errors: list[SyncError], *, is_of_one: bool) -> list[SyncError]:
    """Make errors of rights one line each, but in the list of one company."""
    return [
        replace(error, wants_one_line=error.is_dismissable and not is_of_one) for error in errors
    ]


def _is_part(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]
