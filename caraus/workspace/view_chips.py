"""The saved views above the list, each with how many UITs it shows now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from caraus.transports.models import DEALT_WITH, Transport
from caraus.workspace import listing
from caraus.workspace.company_scope import CompanyScope
from caraus.workspace.filters import ListFilters, parse_address
from caraus.workspace.models import SavedView
from caraus.workspace.search_beside import Beside


@dataclass(frozen=True, slots=True)
class ViewChip:
    """A saved view; `count` is None until it is counted."""

    view: SavedView
    filters: ListFilters
    is_active: bool
    count: listing.CappedCount | None = None

    def rows(
        self, visible: QuerySet[Transport], scope: CompanyScope, beside: Beside, *, today: date
    ) -> QuerySet[Transport, Any]:
        """Return the rows to count, no further than the page says."""
        companies = scope.ids_of(self.filters.company)
        rows = listing.filter_transports(
            self.filters, visible, companies, today=today, beside=beside
        )
        # What is dealt with counts where it was searched for only.
        if self.filters.order == "urgent" and not self.filters.is_narrowed:
            rows = rows.exclude(DEALT_WITH)
        return rows.order_by().values("pk")[: listing.COUNT_LIMIT + 1]


def of_views(views: Sequence[SavedView], scope: CompanyScope) -> list[ViewChip]:
    """Return the chips of the views, not counted yet; the active one shows what the list shows."""
    chips = []
    for view in views:
        filters = ListFilters.from_query(parse_address(view.query))
        shown = scope.filters.address(toggled="")
        is_active = bool(shown) and filters.address(toggled="") == shown
        chips.append(ViewChip(view, filters, is_active))
    return chips
