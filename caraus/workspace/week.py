"""A week's strip: the validity of each UIT as a bar over the days, vehicle by vehicle."""

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

# So many bars are on a page; the next one goes on with the next vehicle.
BARS = 150
_SHOWN = (
    *("id", "company_id", "uit", "state", "transport_date", "first_expired_day", "carrier_cui"),
    *("start", "end"),
)
_NAMES = frozenset(_SHOWN)


@dataclass(frozen=True, slots=True)
class Bar:
    """A UIT's days in the week: columns 1 to 7; and how its template shows it."""

    transport: Transport
    status: Status
    start: int
    end: int
    # It begins before the week, or goes on after it.
    began_before: bool
    goes_on: bool
    url: str
    title: str
    # For who does not see the bar.
    description: str

    @property
    def place_class(self) -> str:
        return f"from-{self.start} days-{self.end - self.start + 1}"

    @property
    def bar_class(self) -> str:
        before = " strip-before" if self.began_before else ""
        after = " strip-after" if self.goes_on else ""
        return f"strip-bar strip-{self.status.tone}{before}{after}"

    @property
    def route(self) -> str:
        return f"{place_title(self.transport.start)} → {place_title(self.transport.end)}"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Its bars in lanes, so that those which overlap stand below one another."""

    plate: str
    lanes: tuple[tuple[Bar, ...], ...]

    @property
    def bar_count(self) -> int:
        return sum(len(lane) for lane in self.lanes)


@dataclass(frozen=True, slots=True)
class Strip:
    period: Period
    vehicles: tuple[Vehicle, ...]
    # The plate after which the next page goes on; None at the end.
    next_after: str | None
    # More UITs of one vehicle than a page holds: the list has them all.
    is_cut: bool


def strip(
    rows: QuerySet[Transport],
    period: Period,
    companies: Iterable[Company],
    *,
    today: date,
    after: str | None = None,
) -> Strip:
    """The vehicles after a plate, by plate; those without one come first. The rows are of these
    companies."""
    last_change = KeyTextTransform("plate", KeyTextTransform(-1, "vehicle_changes"))
    plate = Coalesce(NullIf(last_change, Value("")), F("plate"), output_field=TextField())
    found = valid_within(rows, period).annotate(driven=plate)
    if after is not None:
        found = found.filter(driven__gt=after)
    ordered = found.order_by("driven", "transport_date", "pk")[: BARS + 1]
    bars = ordered.values_list("driven", *_SHOWN)
    known = {company.pk: company for company in companies}
    vehicles = [
        (name, [_transport(values, known) for _plate, *values in them])
        for name, them in groupby(bars, key=itemgetter(0))
    ]
    more, is_cut = len(bars) > BARS, False
    if more and len(vehicles) > 1:
        vehicles.pop()  # perhaps not whole: it opens the next page
    elif more:
        is_cut = True
    url = detail_url()
    shown = tuple(
        Vehicle(name, _lanes(_bar(transport, period, url, today=today) for transport in them))
        for name, them in vehicles
    )
    last = shown[-1].plate if more else None
    if is_cut and not found.filter(driven__gt=last).exists():
        last = None
    return Strip(period, shown, last, is_cut)


def _transport(values: list[Any], known: dict[int, Company]) -> Transport:
    """Of a few fields: `only` takes twice as long for it."""
    one = Transport.from_db(connection.alias, _NAMES, values)
    one.company = known[one.company_id]
    return one


def _bar(transport: Transport, period: Period, url: tuple[str, str], *, today: date) -> Bar:
    # `valid_within` gives none without an end; of one without a beginning the last day is sure.
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
        began_before=first < period.first,
        goes_on=last > period.last,
        url=f"{before}{transport.pk}{after}",
        title=f"UIT {code}: {state.word}, {from_day} – {to_day}",
        description=f"UIT {code}, {state.word}, {valid}",
    )


def _lanes(bars: Iterable[Bar]) -> tuple[tuple[Bar, ...], ...]:
    """Each bar in the first lane that is free; they come by their first day."""
    lanes: list[list[Bar]] = []
    for bar in bars:
        lane = next((one for one in lanes if one[-1].end < bar.start), None)
        if lane is None:
            lanes.append([bar])
        else:
            lane.append(bar)
    return tuple(tuple(lane) for lane in lanes)
