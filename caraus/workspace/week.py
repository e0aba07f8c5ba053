"""A week: the validity of each UIT as a bar over the days, by vehicle."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import day_in_full
from caraus.transports.display import Status, grouped_uit, place_title, status
from caraus.transports.models import Transport
from caraus.workspace.period import Period, valid_within
from caraus.workspace.table import detail_url

# Bars of a page; the next page goes on with the next vehicle.
BARS_PER_PAGE = 150
_FIELDS = (
    *("id", "company_id", "uit", "state", "transport_date", "first_expired_day", "carrier_cui"),
    *("start", "end"),
)
_FIELD_NAMES = frozenset(_FIELDS)


@dataclass(frozen=True, slots=True)
class Bar:
    """The days of a UIT in the week, columns 1 to 7, and what its template shows."""

    transport: Transport
    status: Status
    start: int
    end: int
    # Whether it begins before the week, and goes on after it.
    starts_before: bool
    ends_after: bool
    url: str
    title: str
    # For people who cannot see the bar.
    description: str

    @property
    def position_class(self) -> str:
        return f"from-{self.start} days-{self.end - self.start + 1}"

    @property
    def bar_class(self) -> str:
        before = " strip-before" if self.starts_before else ""
        after = " strip-after" if self.ends_after else ""
        return f"strip-bar strip-{self.status.tone}{before}{after}"

    @property
    def route(self) -> str:
        return f"{place_title(self.transport.start)} → {place_title(self.transport.end)}"


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A vehicle with its bars in lanes, so that overlapping bars stand below one another."""

    plate: str
    lanes: tuple[tuple[Bar, ...], ...]


@dataclass(frozen=True, slots=True)
class Week:
    period: Period
    rows: tuple[WeekRow, ...]
    # The plate after which the next page starts; None on the last page.
    next_after: str | None
    # One vehicle has more UITs than a page holds; the list has all of them.
    is_cut: bool


def build_week(
    transports: QuerySet[Transport],
    period: Period,
    companies: Iterable[Company],
    *,
    today: date,
    after: str | None = None,
) -> Week:
    """Return the vehicles after a plate, by plate, those without one first. The transports are of
    these companies."""
    last_change = KeyTextTransform("plate", KeyTextTransform(-1, "vehicle_changes"))
    plate = Coalesce(NullIf(last_change, Value("")), F("plate"), output_field=TextField())
    valid = valid_within(transports, period).annotate(driven=plate)
    if after is not None:
        valid = valid.filter(driven__gt=after)
    ordered = valid.order_by("driven", "transport_date", "pk")[: BARS_PER_PAGE + 1]
    bars = ordered.values_list("driven", *_FIELDS)
    company_by_id = {company.pk: company for company in companies}
    vehicles = [
        (name, [_transport(values, company_by_id) for _plate, *values in group])
        for name, group in groupby(bars, key=itemgetter(0))
    ]
    has_more, is_cut = len(bars) > BARS_PER_PAGE, False
    if has_more and len(vehicles) > 1:
        vehicles.pop()  # perhaps not whole: it starts the next page
    elif has_more:
        is_cut = True
    url = detail_url()
    week_rows = tuple(
        WeekRow(name, _lanes(_bar(transport, period, url, today=today) for transport in group))
        for name, group in vehicles
    )
    last_plate = week_rows[-1].plate if has_more else None
    if is_cut and not valid.filter(driven__gt=last_plate).exists():
        last_plate = None
    return Week(period, week_rows, last_plate, is_cut)


def _transport(values: list[Any], company_by_id: dict[int, Company]) -> Transport:
    """Return a transport of a few fields; `only` takes twice as long."""
    transport = Transport.from_db(connection.alias, _FIELD_NAMES, values)
    transport.company = company_by_id[transport.company_id]
    return transport


def _bar(transport: Transport, period: Period, url: tuple[str, str], *, today: date) -> Bar:
    # `valid_within` returns none without an end; without a known start the last day is sure.
    last = transport.last_valid_day or period.last
    first = transport.transport_date or last
    state = status(transport, today=today)
    code = grouped_uit(transport.uit)
    from_day, to_day = (
        day_in_full(day, today=today)
        for day in (transport.transport_date, transport.last_valid_day)
    )
    valid = gettext("valabil de {first} până {last}").format(first=from_day, last=to_day)
    before, after = url
    return Bar(
        transport=transport,
        status=state,
        start=max((first - period.first).days, 0) + 1,
        end=min((last - period.first).days, 6) + 1,
        starts_before=first < period.first,
        ends_after=last > period.last,
        url=f"{before}{transport.pk}{after}",
        title=f"UIT {code}: {state.word}, {from_day} – {to_day}",
        description=f"UIT {code}, {state.word}, {valid}",
    )


def _lanes(bars: Iterable[Bar]) -> tuple[tuple[Bar, ...], ...]:
    """Put each bar in the first free lane; the bars are in the order of their first days."""
    lanes: list[list[Bar]] = []
    for bar in bars:
        lane = next((lane for lane in lanes if lane[-1].end < bar.start), None)
        if lane is None:
            lanes.append([bar])
        else:
            lane.append(bar)
    return tuple(tuple(lane) for lane in lanes)
