"""What the pages of the week and of the map share: the rows of the filters, links to periods."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
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

    def context(self, period: Period, *, step: timedelta, name: str, day: date) -> dict[str, Any]:
        """Return what both templates show: the period, and the addresses of it in the other views,
        of the one a step before and after, and of the present. `name` is the filter that names the
        `day` of a period in an address."""
        filters = replace(self.filters, from_day=None, to_day=None)
        return {
            "filters": filters,
            "companies": self.scope.companies,
            "company": self.scope.company,
            "unknown_company": self.scope.unknown_cui,
            "today": today(),
            "period": period,
            "day": day,
            "previous_address": filters.address(**{name: (day - step).isoformat()}),
            "next_address": filters.address(**{name: (day + step).isoformat()}),
            "present_address": filters.address(),
            "page_address": filters.address(**{name: day.isoformat()}),
            "week_address": filters.address(week=day.isoformat()),
            "map_address": filters.address(day=day.isoformat()),
            "list_address": filters.address(
                from_day=period.first.isoformat(),
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
