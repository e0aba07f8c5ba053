"""The map: how many transports of a period go from which county to which, drawn as tiles."""

from dataclasses import dataclass
from math import hypot

from django.db.models import Count, F, QuerySet
from django.db.models.fields.json import KeyTextTransform

from caraus.transports.models import Transport
from caraus.workspace.counties import COLUMNS, COUNTIES, ROWS, County, name_of
from caraus.workspace.period import Period

# The units of the drawing.
TILE, GAP = 64, 6
_STEP = TILE + GAP
WIDTH, HEIGHT = COLUMNS * _STEP - GAP, ROWS * _STEP - GAP
# Arrows beyond these would hide each other; the table has all.
ARROWS = 20
TABLE = 60
# So many digits of both numbers fit beside one another.
_IN_LINE = 3
# How dark a tile is, and how thick an arrow: steps of its share of the greatest, which is at least
# so much that a single transport looks like one.
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Flow:
    """`start` and `end` are county codes, "" where ANAF told none."""

    start: str
    end: str
    number: int

    @property
    def start_name(self) -> str:
        return name_of(self.start)

    @property
    def end_name(self) -> str:
        return name_of(self.end)


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
    def is_wide(self) -> bool:
        """Whether its two numbers need a line each."""
        return len(f"{self.leaving}{self.arriving}") > _IN_LINE


@dataclass(frozen=True, slots=True)
class Arrow:
    """A curve from tile to tile, an SVG path; `weight` 1 to 5."""

    path: str
    weight: int
    flow: Flow


@dataclass(frozen=True, slots=True)
class Map:
    period: Period
    tiles: tuple[Tile, ...]
    arrows: tuple[Arrow, ...]
    flows: tuple[Flow, ...]
    number: int
    # Transports of which one end has no county.
    placeless: int
    width: int = WIDTH
    height: int = HEIGHT
    size: int = TILE

    @property
    def is_cut(self) -> bool:
        return len(self.flows) > TABLE

    @property
    def shown(self) -> tuple[Flow, ...]:
        return self.flows[:TABLE]


def drawn(rows: QuerySet[Transport], period: Period) -> Map:
    """The transports whose day lies in the period; one query."""
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
            x=county.place[0] * _STEP,
            y=county.place[1] * _STEP,
            leaving=leaving[code],
            arriving=arriving[code],
            shade=_step(leaving[code] + arriving[code], most),
        )
        for code, county in COUNTIES.items()
    )
    return Map(
        period=period,
        tiles=tiles,
        arrows=_arrows(flows),
        flows=flows,
        number=sum(flow.number for flow in flows),
        placeless=sum(
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


def _step(number: int, most: int) -> int:
    return -(-number * _STEPS // max(most, _STEPS))


def _arrows(flows: tuple[Flow, ...]) -> tuple[Arrow, ...]:
    """The greatest flows between two counties, the smaller drawn first, below."""
    between = [
        flow
        for flow in flows
        if flow.start != flow.end and {flow.start, flow.end} <= COUNTIES.keys()
    ][:ARROWS]
    most = between[0].number if between else 1
    return tuple(
        Arrow(_path(COUNTIES[flow.start], COUNTIES[flow.end]), _step(flow.number, most), flow)
        for flow in reversed(between)
    )


def _path(start: County, end: County) -> str:
    """From edge towards edge, bent to its left, so that there and back are two curves."""
    x1, y1 = (place * _STEP + TILE / 2 for place in start.place)
    x2, y2 = (place * _STEP + TILE / 2 for place in end.place)
    length = hypot(x2 - x1, y2 - y1)
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    bend, off = min(length * 0.18, 48), TILE * 0.3
    mx, my = (x1 + x2) / 2 + uy * bend, (y1 + y2) / 2 - ux * bend
    return (
        f"M{x1 + ux * off:.1f} {y1 + uy * off:.1f}"
        f"Q{mx:.1f} {my:.1f} {x2 - ux * off:.1f} {y2 - uy * off:.1f}"
    )
