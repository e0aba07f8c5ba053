"""The days around today: the validity of each UIT as a bar, by vehicle."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import F, Min, Q, QuerySet, TextField, Value, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf, RowNumber
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import day_in_full
from caraus.transports.display import Status, grouped_uit, route_title, status
from caraus.transports.models import DEALT_WITH, DEALT_WITH_KINDS, Mark, Transport
from caraus.workspace.lorries import IdleLorry, idle_lorries
from caraus.workspace.period import Period, valid_within
from caraus.workspace.row_drawer import detail_url
from caraus.workspace.urgency import is_expired_unresolved

VEHICLES_PER_PAGE = 60
# A plate on more UITs than these is no vehicle but a filler.
BARS_PER_VEHICLE = 30
_FIELDS = (
    *("id", "company_id", "uit", "state", "transport_date", "first_expired_day", "carrier_cui"),
    *("start", "end"),
)
_FIELD_NAMES = frozenset(_FIELDS)


@dataclass(frozen=True, slots=True)
class WeekBar:
    """The days of a UIT in the period, columns from 1 on, and what its template shows."""

    transport: Transport
    status: Status
    # What a person said of a UIT that is dealt with, „descărcat”; else "".
    mark: str
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
        return f"strip-bar strip-{self.tone}{before}{after}"

    @property
    def tone(self) -> str:
        return "off" if self.mark else self.status.tone

    @property
    def icon(self) -> str:
        return "circle-check" if self.mark else self.status.icon

    @property
    def route(self) -> str:
        return route_title(self.transport)


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A vehicle with its bars in lanes, so that overlapping bars stand below one another."""

    plate: str
    lanes: tuple[tuple[WeekBar, ...], ...]


@dataclass(frozen=True, slots=True)
class Week:
    period: Period
    page: Page[Any]
    rows: tuple[WeekRow, ...]
    # Vehicles of the fleet without a UIT in these days; on the last page.
    idle: tuple[IdleLorry, ...]
    # A vehicle has more UITs than its row holds; the list has all of them.
    is_cut: bool


def build_week(
    transports: QuerySet[Transport],
    period: Period,
    companies: Collection[Company],
    *,
    today: date,
    by_plate: bool,
    number: str | None,
    query: str,
) -> Week:
    """Return a page of vehicles, by plate or by what is urgent: expired, then what ends first;
    last those with nothing to deal with. The transports are of these companies."""
    valid = valid_within(transports, period)
    is_pending = Q(first_expired_day__gt=today) & ~DEALT_WITH | is_expired_unresolved(today)
    nearest = Min("first_expired_day", filter=is_pending)
    plates = valid.order_by().values("sort_vehicle").annotate(nearest=nearest)
    order = () if by_plate else (F("nearest").asc(nulls_last=True),)
    page = Paginator(plates.order_by(*order, "sort_vehicle"), VEHICLES_PER_PAGE).get_page(number)
    keys = [str(plate["sort_vehicle"]) for plate in page]
    by_key = _bars_by_vehicle(valid.filter(sort_vehicle__in=keys), period, companies, today)
    rows = tuple(
        WeekRow(plate, _lanes(bars[:BARS_PER_VEHICLE]))
        for plate, bars in (by_key[key] for key in keys if key in by_key)
    )
    busy = valid_within(Transport.objects.all(), period)
    idle = () if page.has_next() else tuple(idle_lorries(busy, companies, query))
    is_cut = any(len(bars) > BARS_PER_VEHICLE for _plate, bars in by_key.values())
    return Week(period, page, rows, idle, is_cut)


def _bars_by_vehicle(
    valid: QuerySet[Transport], period: Period, companies: Iterable[Company], today: date
) -> dict[str, tuple[str, list[WeekBar]]]:
    """Return plate and bars of each vehicle, in the order of their first days; one bar more than
    its row holds."""
    last_change = KeyTextTransform("plate", KeyTextTransform(-1, "vehicle_changes"))
    plate = Coalesce(NullIf(last_change, Value("")), F("plate"), output_field=TextField())
    position = Window(RowNumber(), "sort_vehicle", ["transport_date", "pk"])
    few = valid.annotate(driven=plate, position=position).filter(position__lte=BARS_PER_VEHICLE + 1)
    in_order = few.order_by("sort_vehicle", "transport_date", "pk")
    company_by_id = {company.pk: company for company in companies}
    url = detail_url()
    return {
        key: (
            group[0][1],
            [
                _bar(_transport(values, company_by_id), mark, period, url, today=today)
                for _key, _driven, mark, *values in group
            ],
        )
        for key, group in (
            (key, list(rows))
            for key, rows in groupby(
                in_order.values_list("sort_vehicle", "driven", "mark__kind", *_FIELDS),
                key=itemgetter(0),
            )
        )
    }


def _transport(values: list[Any], company_by_id: dict[int, Company]) -> Transport:
    """Return a transport of a few fields; `only` takes twice as long."""
    transport = Transport.from_db(connection.alias, _FIELD_NAMES, values)
    transport.company = company_by_id[transport.company_id]
    return transport


def _bar(
    transport: Transport,
    mark_kind: str | None,
    period: Period,
    url: tuple[str, str],
    *,
    today: date,
) -> WeekBar:
    # `valid_within` returns none without an end; without a known start the last day is sure.
    last = transport.last_valid_day or period.last
    first = transport.transport_date or last
    state = status(transport, today=today)
    mark = str(Mark.Kind(mark_kind).label) if mark_kind in DEALT_WITH_KINDS else ""
    word = mark or state.word
    code = grouped_uit(transport.uit)
    from_day, to_day = (
        day_in_full(day, today=today)
        for day in (transport.transport_date, transport.last_valid_day)
    )
    valid = gettext("valabil de {first} până {last}").format(first=from_day, last=to_day)
    before, after = url
    return WeekBar(
        transport=transport,
        status=state,
        mark=mark,
        start=max((first - period.first).days, 0) + 1,
        end=(min(last, period.last) - period.first).days + 1,
        starts_before=first < period.first,
        ends_after=last > period.last,
        url=f"{before}{transport.pk}{after}",
        title=f"UIT {code}: {word}, {from_day} – {to_day}",
        description=f"UIT {code}, {word}, {valid}",
    )


def _lanes(bars: Sequence[WeekBar]) -> tuple[tuple[WeekBar, ...], ...]:
    """Put each bar in the first free lane; the bars are in the order of their first days."""
    lanes: list[list[WeekBar]] = []
    for bar in bars:
        lane = next((lane for lane in lanes if lane[-1].end < bar.start), None)
        if lane is None:
            lanes.append([bar])
        else:
            lane.append(bar)
    return tuple(tuple(lane) for lane in lanes)
