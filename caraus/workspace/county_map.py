"""The map: the number of transports of a period between counties, drawn as tiles."""

from dataclasses import dataclass
from math import hypot

from django.db.models import Count, F, QuerySet
from django.db.models.fields.json import KeyTextTransform

from caraus.transports.models import Transport
from caraus.workspace.counties import COUNTIES, GRID_COLUMNS, GRID_ROWS, County, county_name
from caraus.workspace.period import Period

# The units of the drawing.
TILE, GAP = 64, 6
_STEP = TILE + GAP
WIDTH, HEIGHT = GRID_COLUMNS * _STEP - GAP, GRID_ROWS * _STEP - GAP
# More arrows would hide each other; the table has all flows.
MAX_ARROWS = 20
MAX_TABLE_ROWS = 60
# Both numbers of a tile fit in a line up to so many digits.
_DIGITS_IN_LINE = 3
# Shades of a tile and weights of an arrow: steps of the share of the greatest number, which counts
# as at least this, so that a single transport looks like one.
_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Flow:
    """`start` and `end` are county codes, "" where ANAF gave none."""

    start: str
    end: str
    number: int

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
    tiles: tuple[Tile, ...]
    arrows: tuple[Arrow, ...]
    flows: tuple[Flow, ...]
    number: int
    # Transports of which the start or the end has no county.
    without_county: int
    width: int = WIDTH
    height: int = HEIGHT
    size: int = TILE

    @property
    def is_cut(self) -> bool:
        return len(self.flows) > MAX_TABLE_ROWS

    @property
    def table_flows(self) -> tuple[Flow, ...]:
        return self.flows[:MAX_TABLE_ROWS]


def build_map(rows: QuerySet[Transport], period: Period) -> CountyMap:
    """Draw the transports of which the day lies in the period, with one query."""
    flows = _flows(rows.filter(transport_date__gte=period.first, transport_date__lte=period.last))
    leaving, arriving = dict.fromkeys(COUNTIES, 0), dict.fromkeys(COUNTIES, 0)
    for flow in flows:
        if flow.start in leaving:
            leaving[flow.start] += flow.number
        if flow.end in arriving:
            arriving[flow.end] += flow.number
    most = max(leaving[code] + arriving[code] for code in COUNTIES)
    tiles = tuple(
        Tile(
            county=county,
            x=county.position[0] * _STEP,
            y=county.position[1] * _STEP,
            leaving=leaving[code],
            arriving=arriving[code],
            shade=_level(leaving[code] + arriving[code], most),
        )
        for code, county in COUNTIES.items()
    )
    return CountyMap(
        period=period,
        tiles=tiles,
        arrows=_arrows(flows),
        flows=flows,
        number=sum(flow.number for flow in flows),
        without_county=sum(
            flow.number for flow in flows if not {flow.start, flow.end} <= COUNTIES.keys()
        ),
    )


def _flows(rows: QuerySet[Transport]) -> tuple[Flow, ...]:
    counted = (
        rows.order_by()
        .annotate(a=KeyTextTransform("county", F("start")), b=KeyTextTransform("county", F("end")))
        .values_list("a", "b")
        .annotate(number=Count("pk"))
    )
    flows = [Flow(start or "", end or "", number) for start, end, number in counted]
    return tuple(sorted(flows, key=lambda flow: (-flow.number, flow.start, flow.end)))


def _level(number: int, most: int) -> int:
    return -(-number * _LEVELS // max(most, _LEVELS))


def _arrows(flows: tuple[Flow, ...]) -> tuple[Arrow, ...]:
    """Return arrows of the greatest flows between two counties, the smaller first, below."""
    between = [
        flow
        for flow in flows
        if flow.start != flow.end and {flow.start, flow.end} <= COUNTIES.keys()
    ][:MAX_ARROWS]
    most = between[0].number if between else 1
    return tuple(
        Arrow(_path(COUNTIES[flow.start], COUNTIES[flow.end]), _level(flow.number, most), flow)
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
