"""Panou: today in one glance. Bounded counts, charts of sums: fast at a million UITs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum

from caraus.accounts import access
from caraus.accounts.models import Company, Membership
from caraus.authorizations import authorization_cards
from caraus.authorizations.status import Health
from caraus.core.formatting import today as today_here
from caraus.core.queries import count_each
from caraus.fleet import queries as fleet
from caraus.sync.models import CompanyDay
from caraus.sync.status import SyncStatus, read_sync_status
from caraus.transports.models import DEALT_WITH, Transport, UnreadableRecord
from caraus.web import charts
from caraus.web.charts import BarChart
from caraus.workspace.urgency import is_expired_unresolved

DAYS = 30
# Counted no further: „peste 5.000”.
COUNT_LIMIT = 5000
State = Transport.State


@dataclass(frozen=True, slots=True)
class BoundedCount:
    number: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One day in Romania; waits in minutes, None when no new UIT's wait is known."""

    day: date
    appeared: int = 0
    waited: float | None = None
    longest: float | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    today: date
    active: BoundedCount
    ends_today: BoundedCount
    ends_tomorrow: BoundedCount
    starts_today: BoundedCount
    # Expired at the last midnight: a lorry may still be on the road with it.
    last_night: BoundedCount
    # UITs with a problem of the fleet, and those of them that ANAF has; not found at ANAF; records
    # that could not be read, and UITs of which some field could not.
    issues: BoundedCount
    issues_alone: BoundedCount
    missing: BoundedCount
    unreadable: BoundedCount
    partly_unreadable: BoundedCount
    days: tuple[Day, ...]
    sync_status: SyncStatus
    authorization: Health | None
    companies: tuple[Company, ...]

    @property
    def to_check(self) -> BoundedCount:
        """All that somebody should look at, each UIT once."""
        parts = (
            *(self.last_night, self.issues_alone, self.missing),
            *(self.unreadable, self.partly_unreadable),
        )
        return BoundedCount(sum(part.number for part in parts), any(part.is_more for part in parts))

    @property
    def new_today(self) -> int:
        return self.days[-1].appeared

    @property
    def new_yesterday(self) -> int:
        return self.days[-2].appeared

    @property
    def new(self) -> int:
        return self.new_today + self.new_yesterday

    @property
    def appeared_in_all(self) -> int:
        return sum(day.appeared for day in self.days)

    @property
    def has_waits(self) -> bool:
        return any(day.waited is not None for day in self.days)

    @property
    def per_day(self) -> BarChart:
        return charts.bar_chart([(day.day, float(day.appeared)) for day in self.days])

    @property
    def is_quick(self) -> bool:
        """Two minutes at most: shown in seconds."""
        return max((day.waited for day in self.days if day.waited is not None), default=0) <= 2

    @property
    def delays(self) -> BarChart:
        unit = 60 if self.is_quick else 1
        waits = [(day.day, None if day.waited is None else day.waited * unit) for day in self.days]
        return charts.bar_chart(waits)


def build_dashboard(membership: Membership) -> Dashboard:
    """What the member's companies are about today; a fixed number of queries."""
    today = today_here()
    companies = list(access.visible_companies(membership))
    keys = [company.pk for company in companies]
    tomorrow, after_tomorrow = today + timedelta(days=1), today + timedelta(days=2)
    transports = Transport.objects.filter(company__in=keys)
    open_transports = transports.filter(state__in=Transport.OPEN_STATES)
    alive = open_transports.filter(first_expired_day__gt=today)
    with_issues = fleet.transports_with_issues(keys, today)
    querysets: dict[str, QuerySet[Any, Any]] = {
        "active": alive,
        "ends_today": open_transports.filter(~DEALT_WITH, first_expired_day=tomorrow),
        "ends_tomorrow": open_transports.filter(~DEALT_WITH, first_expired_day=after_tomorrow),
        "starts_today": alive.filter(transport_date=today),
        "last_night": transports.filter(is_expired_unresolved(today)),
        "issues": with_issues,
        "issues_alone": with_issues.filter(state=State.ACTIVE),
        "missing": alive.filter(~DEALT_WITH, state=State.MISSING),
        "unreadable": UnreadableRecord.objects.filter(company__in=keys, resolved_at=None),
        # Those with a problem of the fleet are counted there.
        "partly_unreadable": alive.filter(
            ~Q(unreadable_fields={}), state=State.ACTIVE, issues=None
        ),
    }
    numbers = count_each(
        *(rows.order_by().values("pk")[: COUNT_LIMIT + 1] for rows in querysets.values())
    )
    return Dashboard(
        today=today,
        **{name: _bounded(number) for name, number in zip(querysets, numbers, strict=True)},
        days=_days(companies, today),
        sync_status=read_sync_status(membership.organization, companies),
        authorization=authorization_cards.overall_health(membership, companies),
        companies=tuple(companies),
    )


def _bounded(number: int) -> BoundedCount:
    return BoundedCount(min(number, COUNT_LIMIT), number > COUNT_LIMIT)


def _days(companies: Sequence[Company], today: date) -> tuple[Day, ...]:
    """The last 30 days, from the sums of each company; today is the last."""
    first = today - timedelta(days=DAYS - 1)
    rows = (
        CompanyDay.objects.filter(company__in=companies, day__gte=first, day__lte=today)
        .values("day")
        .annotate(all=Sum("appeared"), known=Sum("timed"), wait=Sum("waited"), most=Max("longest"))
        .order_by()
    )
    by_day = {
        row["day"]: Day(
            row["day"],
            row["all"],
            row["wait"] / row["known"] / 60 if row["known"] else None,
            row["most"] / 60 if row["known"] else None,
        )
        for row in rows
    }
    days = (first + timedelta(days=number) for number in range(DAYS))
    return tuple(by_day.get(day, Day(day)) for day in days)
