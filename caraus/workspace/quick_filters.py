"""The quick filters above the list with their counts, and the totals beside its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import ngettext

from caraus.core.formatting import gettext_lazy
from caraus.core.queries import count_each
from caraus.filings.rows import changes_for_rows
from caraus.fleet import queries as fleet
from caraus.transports.models import Transport, UnreadableRecord
from caraus.workspace import listing, pagination, urgency
from caraus.workspace.company_scope import CompanyScope
from caraus.workspace.filters import ListFilters
from caraus.workspace.models import SavedView
from caraus.workspace.search_beside import Beside
from caraus.workspace.view_chips import ViewChip


@dataclass(frozen=True, slots=True)
class QuickFilter:
    """A link to the part of the list that it counts."""

    label: str | Promise
    icon: str
    tone: str
    count: listing.CappedCount
    address: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class ListSummary:
    """`quick_filters` count the UITs of the selected companies, whatever the other filters are;
    `unreadable` are the records of all companies of the member, `partly_unreadable` the open UITs
    of which some field could not be read."""

    count: listing.CappedCount
    quick_filters: tuple[QuickFilter, ...]
    # Some UITs expired and nobody has dealt with them: not all that the list shows is active.
    has_expired_unresolved: bool
    unreadable: int
    partly_unreadable: int
    # Some UIT has a vehicle change that its row shows.
    has_filings: bool
    view_chips: tuple[ViewChip, ...]
    # UITs that are dealt with, which stand in the list but are not counted; 0 where they are.
    dealt_with: int
    # How many UITs the list shows without the active view; None without one.
    without_view: listing.CappedCount | None

    @property
    def active_view(self) -> ViewChip | None:
        return next((chip for chip in self.view_chips if chip.is_active), None)

    @property
    def has_issues(self) -> bool:
        return self.quick_filters[-1].count.number > 0


_EXPIRED_UNRESOLVED = ListFilters(show="expired_unresolved")
_NEW = ListFilters(show="new")
_EXPIRING = ListFilters(show="expiring", sort="expiry")
_WITH_ISSUES = ListFilters(with_issues=True)


def summarize(
    scope: CompanyScope,
    visible: QuerySet[Transport],
    rows: QuerySet[Transport],
    page: pagination.Page,
    *,
    today: date,
    chips: Sequence[ViewChip] = (),
    beside: Beside | None = None,
) -> ListSummary:
    """Count everything in one statement. `visible` is what the member may see, `rows` what the
    list shows of it on all its pages. `chips` are the saved views to be counted, `beside` what
    their searches find."""
    filters = scope.filters
    groups = page.groups
    rows_to_count = (
        listing.rows_to_count(rows, page, sort=filters.order) if groups is None else None
    )
    all_companies = [company.pk for company in scope.companies]
    has_active = any(chip.is_active for chip in chips)
    # Shown beside the count of an active view only: all current UITs are long to count.
    without_view = [ViewChip(SavedView(), ListFilters(), is_active=False)] if has_active else []
    # The list as it opens has counted what is expired: its first group.
    counted = groups if groups is not None and filters.shows_current else None
    views = (_NEW, _EXPIRING) if counted is not None else (_NEW, _EXPIRING, _EXPIRED_UNRESOLVED)
    unreadable_records = UnreadableRecord.objects.filter(
        company__in=all_companies, resolved_at=None
    )
    issues, filings, unreadable, partly, new, expiring, *total = count_each(
        _capped(fleet.transports_with_issues(scope.selected_ids, today)),
        changes_for_rows(scope.selected_ids).values("pk")[:1],
        unreadable_records.order_by().values("pk"),
        _capped(listing.partly_unreadable(all_companies, today)),
        *(
            _capped(listing.filter_transports(view, visible, scope.restricted_to, today=today))
            for view in views
        ),
        *(chip.rows(visible, scope, beside or {}, today=today) for chip in [*chips, *without_view]),
        *([] if rows_to_count is None else [rows_to_count]),
    )
    if counted is not None:
        expired_unresolved = counted.get(urgency.RANKS["expirate"], 0)
    else:
        expired_unresolved, *total = total
    in_chips = len(chips) + len(without_view)
    chip_numbers, total = total[:in_chips], total[in_chips:]

    def quick_filter(
        view: ListFilters, label: str | Promise, icon: str, tone: str, number: int
    ) -> QuickFilter:
        return QuickFilter(
            label=label,
            icon=icon,
            tone=tone,
            count=listing.capped(number),
            address=view.address(company=filters.company),
            is_active=filters.address(company="") == view.address(),
        )

    unresolved = quick_filter(
        _EXPIRED_UNRESOLVED,
        ngettext("expirat, nerezolvat", "expirate, nerezolvate", expired_unresolved),
        *("calendar-x", "bad"),
        expired_unresolved,
    )
    return ListSummary(
        count=listing.total(page, total[0] if total else None)
        if groups is None
        else listing.capped(_number_shown(groups, is_narrowed=filters.is_narrowed)),
        quick_filters=(
            *([unresolved] if expired_unresolved else []),
            quick_filter(
                _NEW, ngettext("nou în 24 h", "noi în 24 h", new), "sparkles", "calm", new
            ),
            quick_filter(_EXPIRING, gettext_lazy("expiră în 24 h"), "alarm-clock", "bad", expiring),
            quick_filter(
                _WITH_ISSUES, gettext_lazy("cu probleme"), "triangle-alert", "warn", issues
            ),
        ),
        has_expired_unresolved=expired_unresolved > 0,
        unreadable=unreadable,
        partly_unreadable=partly,
        has_filings=filings > 0,
        view_chips=tuple(
            replace(chip, count=listing.capped(number))
            for chip, number in zip(chips, chip_numbers, strict=False)
        ),
        dealt_with=0
        if groups is None or filters.is_narrowed
        else groups.get(urgency.DEALT_WITH_RANK, 0),
        without_view=listing.capped(chip_numbers[-1]) if has_active else None,
    )


def _number_shown(groups: dict[int, int], *, is_narrowed: bool) -> int:
    """Return the count that is shown: what is dealt with counts where it was searched for only."""
    return sum(
        number for rank, number in groups.items() if is_narrowed or rank != urgency.DEALT_WITH_RANK
    )


def _capped(rows: QuerySet[Transport]) -> QuerySet[Transport, Any]:
    """Cap at what the page says."""
    return rows.order_by().values("pk")[: listing.COUNT_LIMIT + 1]
