"""The map: the transports that leave and are under way between counties, drawn as tiles."""

from dataclasses import dataclass
from math import hypot

from django.db.models import Count, F, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from caraus.transports.models import DEALT_WITH, Transport
from caraus.workspace.counties import COUNTIES, GRID_COLUMNS, GRID_ROWS, County, county_name
from caraus.workspace.period import Period, valid_within

# The units of the drawing.
TILE, GAP = 64, 6
_STEP = TILE + GAP
WIDTH, HEIGHT = GRID_COLUMNS * _STEP - GAP, GRID_ROWS * _STEP - GAP
# The busiest flows; those of one county are all listed.
MAX_TABLE_ROWS = 10
# Both numbers of a tile fit in a line up to so many digits.
_DIGITS_IN_LINE = 3
# Shades of a tile and weights of an arrow: steps of the share of the greatest number, which counts
# as at least this, so that a single transport looks like one.
_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Flow:
    """`start` and `end` are county codes, "" where ANAF gave none; see `build_map`."""

    start: str
    end: str
    leaving: int
    under_way: int

    @property
    def start_name(self) -> str:
        return county_name(self.start)

    @property
    def end_name(self) -> str:
        return county_name(self.end)


@dataclass(frozen=True, slots=True)
class Tile:
    county: County
    x: int
    y: int
    leaving: int
    arriving: int
    # 0: nothing there; 5: the most.
    shade: int
    is_chosen: bool

    @property
    def text_x(self) -> int:
        """Where its words begin, in the map's units."""
        return self.x + 8

    @property
    def is_wide(self) -> bool:
        """Whether its two numbers need a line each."""
        return len(f"{self.leaving}{self.arriving}") > _DIGITS_IN_LINE


@dataclass(frozen=True, slots=True)
class Arrow:
    """A curve from tile to tile, an SVG path; `weight` 1 to 5."""

    path: str
    weight: int
    flow: Flow


@dataclass(frozen=True, slots=True)
class CountyMap:
    period: Period
    county: County | None
    tiles: tuple[Tile, ...]
    arrows: tuple[Arrow, ...]
    flows: tuple[Flow, ...]
    leaving: int
    under_way: int
    width: int = WIDTH
    height: int = HEIGHT
    size: int = TILE

    @property
    def table_flows(self) -> tuple[Flow, ...]:
        return self.flows if self.county else self.flows[:MAX_TABLE_ROWS]

    @property
    def is_cut(self) -> bool:
        return len(self.flows) > len(self.table_flows)


def build_map(rows: QuerySet[Transport], period: Period, county: County | None) -> CountyMap:
    """Draw the transports of a period, with one query: those that leave in it (the day of
    transport that the declarant gave), and those under way, valid in it and not unloaded yet as
    far as anybody has marked. ANAF knows no day of arrival. Of a chosen county only its own flows
    are listed, with an arrow each."""
    flows = _flows(rows, period)
    leaving, arriving = dict.fromkeys(COUNTIES, 0), dict.fromkeys(COUNTIES, 0)
    for flow in flows:
        if flow.start in leaving:
            leaving[flow.start] += flow.leaving
        if flow.end in arriving:
            arriving[flow.end] += flow.under_way
    most = max(leaving[code] + arriving[code] for code in COUNTIES)
    tiles = tuple(
        Tile(
            county=tile_county,
            x=tile_county.position[0] * _STEP,
            y=tile_county.position[1] * _STEP,
            leaving=leaving[code],
            arriving=arriving[code],
            shade=_level(leaving[code] + arriving[code], most),
            is_chosen=tile_county == county,
        )
        for code, tile_county in COUNTIES.items()
    )
    if county is not None:
        flows = tuple(flow for flow in flows if county.code in {flow.start, flow.end})
    return CountyMap(
        period=period,
        county=county,
        tiles=tiles,
        arrows=_arrows(flows) if county else (),
        flows=flows,
        leaving=sum(flow.leaving for flow in flows),
        under_way=sum(flow.under_way for flow in flows),
    )


def _flows(rows: QuerySet[Transport], period: Period) -> tuple[Flow, ...]:
    """Return the flows with something in the period, the busiest first."""
    counted = (
        valid_within(rows, period)
        .order_by()
        .annotate(a=KeyTextTransform("county", F("start")), b=KeyTextTransform("county", F("end")))
        .values_list("a", "b")
        .annotate(
            leaving=Count(
                "pk",
                filter=Q(transport_date__gte=period.first, transport_date__lte=period.last),
            ),
            under_way=Count("pk", filter=~DEALT_WITH),
        )
    )
    flows = [
        Flow(start or "", end or "", leaving, under_way)
        for start, end, leaving, under_way in counted
        if leaving or under_way
    ]
    return tuple(
        sorted(flows, key=lambda flow: (-flow.under_way, -flow.leaving, flow.start, flow.end))
    )


def _level(number: int, most: int) -> int:
    return -(-number * _LEVELS // max(most, _LEVELS))


def _arrows(flows: tuple[Flow, ...]) -> tuple[Arrow, ...]:
    """Return an arrow for each flow between two counties, the smaller first, below."""
    between = [
        flow
        for flow in flows
        if flow.start != flow.end and {flow.start, flow.end} <= COUNTIES.keys()
    ]
    most = max((flow.leaving + flow.under_way for flow in between), default=1)
    return tuple(
        Arrow(
            _path(COUNTIES[flow.start], COUNTIES[flow.end]),
            _level(flow.leaving + flow.under_way, most),
            flow,
        )
        for flow in reversed(between)
    )


def _path(start: County, end: County) -> str:
    """Return a curve from edge to edge, bent to the left, so that both directions are seen."""
    x1, y1 = (coordinate * _STEP + TILE / 2 for coordinate in start.position)
    x2, y2 = (coordinate * _STEP + TILE / 2 for coordinate in end.position)
    length = hypot(x2 - x1, y2 - y1)
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    bend, off = min(length * 0.18, 48), TILE * 0.3
    mx, my = (x1 + x2) / 2 + uy * bend, (y1 + y2) / 2 - ux * bend
    return (
        f"M{x1 + ux * off:.1f} {y1 + uy * off:.1f}"
        f"Q{mx:.1f} {my:.1f} {x2 - ux * off:.1f} {y2 - uy * off:.1f}"
    )
