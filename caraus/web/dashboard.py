"""Panou: am I going to be fined? Bounded counts and the first lorries: fast at a million UITs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Organization, Role
from caraus.authorizations import authorization_cards
from caraus.authorizations.replacement import NOT_ENDED
from caraus.authorizations.status import Health
from caraus.core.formatting import today as today_here
from caraus.core.queries import count_each
from caraus.fleet.models import Vehicle
from caraus.sync.models import CompanyDay
from caraus.sync.status import SyncStatus, read_sync_status
from caraus.transports.models import DEALT_WITH, Transport, UnreadableRecord
from caraus.web import charts
from caraus.web.charts import BarChart
from caraus.web.company_overview import CompanyRow, company_rows
from caraus.web.risks import (
    RISK_KINDS,
    CompanyRisks,
    Risk,
    RiskKind,
    count_by_company,
    ends_today,
    find_lorries,
    find_plates,
    risk_sentence,
)
from caraus.workspace.listing import CappedCount

DAYS = 30
# The chart needs so many days of data.
DAYS_FOR_CHART = 7
# Counted no further: „peste 5.000”.
DASHBOARD_COUNT_LIMIT = 5000
# With more companies than these, Panou is a table of companies.
MOST_COMPANIES_BY_LORRY = 10
COMPANIES_IN_TABLE = 20


@dataclass(frozen=True, slots=True)
class Day:
    """One day in Romania."""

    day: date
    appeared: int = 0
    has_data: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    today: date
    sentence: str
    risks: tuple[Risk, ...]
    may_mark: bool
    active: CappedCount
    ends_tomorrow: CappedCount
    starts_today: CappedCount
    # Records that could not be read, and UITs of which some field could not.
    unreadable: CappedCount
    partly_unreadable: CappedCount
    days: tuple[Day, ...]
    sync_status: SyncStatus
    authorization: Health | None
    # Whether any authorization has not ended: else ANAF is not polled any more.
    is_authorized: bool
    companies: tuple[Company, ...]
    # The worst companies first; empty where the risks are shown by lorry.
    company_risks: tuple[CompanyRisks, ...]

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
    def has_chart(self) -> bool:
        return any(day.has_data for day in self.days[: DAYS - DAYS_FOR_CHART + 1])

    @property
    def per_day(self) -> BarChart:
        return charts.bar_chart([(day.day, float(day.appeared)) for day in self.days])

    @property
    def risk_kinds(self) -> list[RiskKind]:
        """The kinds of which any company has a UIT: no column of zeros."""
        return [risk.kind for risk in self.risks]

    @property
    def company_lines(self) -> list[tuple[CompanyRow, list[tuple[RiskKind, int]]]]:
        """Each company of the table with its numbers of these kinds."""
        kinds = self.risk_kinds
        return [
            (row.overview, [(kind, number) for kind, number in row.cells if kind in kinds])
            for row in self.company_risks
        ]


def build_dashboard(membership: Membership, *, is_authorized: bool | None = None) -> Dashboard:
    """Return what threatens the member's companies today; a fixed number of queries.
    `is_authorized` is read when it is not given."""
    if is_authorized is None:
        is_authorized = has_authorization(membership.organization)
    today = today_here()
    companies = list(access.visible_companies(membership))
    keys = [company.pk for company in companies]
    # The organization, by which its UITs are indexed, says nothing new.
    transports = Transport.objects.filter(organization=membership.organization, company__in=keys)
    open_transports = transports.filter(state__in=Transport.OPEN_STATES)
    alive = open_transports.filter(first_expired_day__gt=today)
    of_risks = [transports.filter(kind.matches(today)) for kind in RISK_KINDS]
    ending = transports.filter(ends_today(today)).exclude(sort_vehicle="")
    counted: dict[str, QuerySet[Any, Any]] = {
        "active": alive,
        "ends_tomorrow": open_transports.filter(
            ~DEALT_WITH, first_expired_day=today + timedelta(days=2)
        ),
        "starts_today": alive.filter(transport_date=today),
        "unreadable": UnreadableRecord.objects.filter(company__in=keys, resolved_at=None),
        # Those with an issue of the fleet are counted there.
        "partly_unreadable": alive.filter(
            ~Q(unreadable_fields={}), state=Transport.State.ACTIVE, issues=None
        ),
    }
    numbers = count_each(
        *(
            rows.order_by().values("pk")[: DASHBOARD_COUNT_LIMIT + 1]
            for rows in (*counted.values(), *of_risks)
        ),
        ending.order_by().values("company", "sort_vehicle").distinct()[: DASHBOARD_COUNT_LIMIT + 1],
        Vehicle.objects.filter(company__in=keys, active=True).order_by().values("pk")[:1],
    )
    *counts, lorries_today, vehicles = numbers
    capped = [_capped(number) for number in counts]
    has_table = len(companies) > MOST_COMPANIES_BY_LORRY
    named = (transports, companies, today)
    risks = tuple(
        Risk(
            kind,
            count.number,
            count.is_more,
            () if has_table else find_lorries(kind, *named),
            find_plates(kind, *named) if has_table else (),
        )
        for kind, count in zip(RISK_KINDS, capped[len(counted) :], strict=True)
        if count.number
    )
    company_risks = (
        count_by_company(transports, company_rows(membership), today) if has_table else []
    )
    sentence = risk_sentence(risks, lorries_today=lorries_today, has_fleet=bool(vehicles))
    return Dashboard(
        today=today,
        sentence=sentence if is_authorized else f"{sentence} {_not_polled()}",
        risks=risks,
        may_mark=access.has_role(membership, Role.DISPATCHER),
        **dict(zip(counted, capped, strict=False)),
        days=_days(companies, today),
        sync_status=read_sync_status(membership.organization, companies),
        authorization=authorization_cards.overall_health(membership, companies),
        is_authorized=is_authorized,
        companies=tuple(companies),
        company_risks=tuple(company_risks[:COMPANIES_IN_TABLE]),
    )


def has_authorization(organization: Organization) -> bool:
    """Return whether the organization has an authorization that has not ended."""
    return organization.authorizations.filter(status__in=NOT_ENDED).exists()


def has_uits(membership: Membership) -> bool:
    """Return whether any UIT of the member's companies was ever seen."""
    companies = access.visible_companies(membership).values("pk")
    transports = Transport.objects.filter(organization=membership.organization)
    return transports.filter(company__in=companies).exists()


def _not_polled() -> str:
    return gettext(
        "Nicio autorizare SPV nu mai este activă: ce se schimbă la ANAF de acum nu se vede aici."
    )


def _capped(number: int) -> CappedCount:
    return CappedCount(min(number, DASHBOARD_COUNT_LIMIT), number > DASHBOARD_COUNT_LIMIT)


def _days(companies: Sequence[Company], today: date) -> tuple[Day, ...]:
    """Return the last 30 days, from the sums of each company; today is the last."""
    first = today - timedelta(days=DAYS - 1)
    rows = (
        CompanyDay.objects.filter(company__in=companies, day__gte=first, day__lte=today)
        .values_list("day")
        .annotate(Sum("appeared"))
        .order_by()
    )
    appeared = dict(rows)
    days = (first + timedelta(days=number) for number in range(DAYS))
    return tuple(Day(day, appeared.get(day, 0), day in appeared) for day in days)
