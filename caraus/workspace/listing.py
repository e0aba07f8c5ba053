"""The UITs that match the filters of the list: company, state, period, text."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils import timezone

from caraus.fleet import queries as fleet
from caraus.transports.models import DEALT_WITH, Transport
from caraus.transports.search_text import Section
from caraus.workspace import pagination, search, urgency
from caraus.workspace.filters import ListFilters
from caraus.workspace.search_beside import Beside
from caraus.workspace.urgency import OPEN

State = Transport.State
# A UIT is „nou” for this time.
NEW_FOR = timedelta(days=1)
# Beyond this „peste 1.000”: to count a large past would take longer than to show it.
COUNT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class CappedCount:
    """A count no further than `COUNT_LIMIT`."""

    number: int
    is_more: bool


def filter_transports(
    filters: ListFilters,
    rows: QuerySet[Transport],
    companies: Collection[int] | None,
    *,
    today: date,
    beside: Beside | None = None,
) -> QuerySet[Transport]:
    """Return those of `rows`, what the member may see, that match, in these companies (None: all).

    `beside` is what the search finds beside the UITs. A list of all companies would mislead the
    planner, which then leaves the index of the organization.
    """
    rows = rows.filter(_SHOWN[filters.show](today))
    if companies is not None:
        rows = rows.filter(company__in=companies)
    if filters.from_day:
        rows = rows.filter(transport_date__gte=filters.from_day)
    if filters.to_day:
        rows = rows.filter(transport_date__lte=filters.to_day)
    if filters.only_changed:
        # The appearance of a UIT is a change too; the filter means a later change.
        rows = rows.filter(last_changed_at__gt=F("first_seen_at"))
    if filters.with_issues:
        rows = rows.filter(fleet.has_issues(today))
    if filters.query:
        rows = rows.filter(search.matching(filters.query, beside=beside))
    if filters.declarant:
        rows = rows.filter(search.matching(filters.declarant, Section.DECLARANT))
    if filters.vehicle:
        rows = rows.filter(search.matching(filters.vehicle, Section.VEHICLES))
    if filters.place:
        rows = rows.filter(search.matching_place(filters.place))
    return rows


def _open(today: date) -> Q:
    return OPEN & Q(first_expired_day__gt=today)


_SHOWN: dict[str, Callable[[date], Q]] = {
    "current": urgency.is_current,
    "all": lambda _: Q(),
    "new": lambda today: _open(today) & Q(first_seen_at__gt=timezone.now() - NEW_FOR),
    "future": lambda today: _open(today) & Q(transport_date__gt=today),
    "underway": lambda today: _open(today) & Q(transport_date__lte=today),
    "expiring": lambda today: OPEN & Q(first_expired_day=today + timedelta(days=1)) & ~DEALT_WITH,
    "expired_unresolved": urgency.is_expired_unresolved,
    "expired": lambda today: ~Q(state=State.DELISTED) & Q(first_expired_day__lte=today),
    "delisted": lambda _: Q(state=State.DELISTED),
    "missing": lambda today: _open(today) & Q(state=State.MISSING),
    "carrier_changed": lambda today: (
        _open(today) & ~Q(carrier_cui="") & ~Q(carrier_cui=F("company__cui"))
    ),
    "invalid_code": lambda today: _open(today) & ~_uit_is_valid(),
}


def partly_unreadable(companies: Collection[int], day: date) -> QuerySet[Transport]:
    """Return the UITs of these companies, open on a day, of which some field could not be read."""
    return Transport.objects.filter(_open(day) & ~Q(unreadable_fields={}), company__in=companies)


def _uit_is_valid() -> Q:
    """Match as `caraus.anaf.info.uit_is_valid` does, in the database."""
    return Q(Func(F("uit"), function="caraus_uit_is_valid", output_field=BooleanField()))


def list_page(
    filters: ListFilters,
    rows: QuerySet[Transport],
    companies: Collection[int] | None,
    *,
    today: date,
    beside: Beside | None = None,
) -> tuple[QuerySet[Transport], pagination.Page]:
    """Return the rows that match, and the page of them that the cursor names, without the groups
    that are closed."""
    visible = _with_marks(rows)
    rows = filter_transports(filters, rows, companies, today=today, beside=beside)
    cursors = {"after": filters.after, "before": filters.before}
    if filters.order == "urgent":
        ranked = urgency.with_urgency(rows, today=today)
        folded = urgency.folded_ranks(filters)
        return rows, pagination.paginate_groups(ranked, visible, folded=folded, **cursors)
    return rows, pagination.paginate(_with_marks(rows), sort=filters.order, **cursors)


def _with_marks(rows: QuerySet[Transport]) -> QuerySet[Transport]:
    return rows.select_related("mark").annotate(mark_by_name=F("mark__by__name"))


@dataclass(frozen=True, slots=True)
class ClosedResults:
    """What a search finds among the closed UITs: its first page, and how many there are."""

    page: pagination.Page
    count: CappedCount


def search_closed(
    filters: ListFilters,
    rows: QuerySet[Transport],
    companies: Collection[int] | None,
    *,
    today: date,
    beside: Beside,
) -> ClosedResults | None:
    """Search among all UITs; None where nothing is found there either."""
    of_all = replace(filters, show="all")
    rows, page = list_page(of_all, rows, companies, today=today, beside=beside)
    if not page.rows:
        return None
    to_count = rows_to_count(rows, page, sort=of_all.order)
    return ClosedResults(page, total(page, None if to_count is None else to_count.count()))


def rows_to_count(
    rows: QuerySet[Transport], page: pagination.Page, *, sort: str
) -> QuerySet[Transport, Any] | None:
    """Return what must be counted for the total; None where one page holds all.

    In the order of the list, so that the planner may read its index and stop: a text that all rows
    hold is then not looked for in all of them.
    """
    if not (page.previous or page.next):
        return None
    in_order = rows.order_by(*pagination.ORDERS[sort].order_by(backwards=False))
    return in_order.values("pk")[: COUNT_LIMIT + 1]


def total(page: pagination.Page, number: int | None) -> CappedCount:
    """Return how many rows there are; `number` is None where one page holds all."""
    return capped(len(page.rows) if number is None else number)


def capped(number: int) -> CappedCount:
    """Cap a number at COUNT_LIMIT."""
    return CappedCount(min(number, COUNT_LIMIT), number > COUNT_LIMIT)
