"""What the pages of the week and of the map share: the rows of the filters, links to periods."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from caraus.accounts import access
from caraus.core.formatting import today
from caraus.transports.models import Transport
from caraus.workspace import listing
from caraus.workspace.company_scope import CompanyScope, resolve_scope
from caraus.workspace.filters import ListFilters
from caraus.workspace.period import Period


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """The filters of the list and their rows, without a period."""

    scope: CompanyScope
    rows: QuerySet[Transport]

    @property
    def filters(self) -> ListFilters:
        return self.scope.filters

    def context(self, period: Period) -> dict[str, Any]:
        """Return what both templates show, with the addresses of this period in the other views
        and of the weeks before and after."""
        filters = replace(self.filters, from_day=None, to_day=None)
        first_day, day = period.first.isoformat(), period.day.isoformat()
        return {
            "filters": filters,
            "companies": self.scope.companies,
            "company": self.scope.company,
            "unknown_company": self.scope.unknown_cui,
            "today": today(),
            "period": period,
            "previous_week": filters.address(week=period.before.isoformat()),
            "next_week": filters.address(week=period.after.isoformat()),
            "this_week": filters.address(),
            "page_address": filters.address(week=day),
            "list_address": filters.address(
                from_day=first_day,
                to_day=period.last.isoformat(),
                show=filters.show if filters.shows_other else "all",
            ),
        }


def period_page(request: HttpRequest) -> PeriodPage:
    """Read the filters; without a chosen state, UITs of all states are shown."""
    membership = access.current_membership(request)
    scope = resolve_scope(membership, ListFilters.from_query(request.GET))
    filters = scope.filters
    show = filters.show if filters.shows_other else "all"
    of_all_days = replace(filters, from_day=None, to_day=None, show=show)
    visible = access.visible(Transport.objects.all(), membership)
    rows = listing.filter_transports(
        of_all_days, visible, scope.restricted_to, today=today(), beside=scope.find_beside()
    )
    return PeriodPage(scope, rows)
