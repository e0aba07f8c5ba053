"""Small charts as SVG, made on the server: every number of the drawing is computed here. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 480, 120
_AXIS, _TOP = 18, 14


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A rectangle in the units of the drawing, as SVG reads numbers."""

    day: date
    x: str
    y: str
    width: str
    height: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    day: date
    anchor: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """One bar a day; a day without a value has none. `most` is the value of the dashed line."""

    bars: tuple[ChartBar, ...]
    labels: tuple[Label, ...]
    most: float
    most_y: str = str(_TOP)
    floor_y: str = str(HEIGHT - _AXIS)
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(values: Sequence[tuple[date, float | None]]) -> BarChart:
    """Draw bars: the greatest value reaches the line at the top; zero is a hair above the floor."""
    most = max((value for _, value in values if value), default=0.0)
    step, plot_height = WIDTH / len(values), HEIGHT - _AXIS - _TOP
    drawn = []
    for number, (day, value) in enumerate(values):
        if value is None:
            continue
        height = max(value / most * plot_height if most else 0.0, 1.0)
        drawn.append(
            ChartBar(
                day=day,
                x=_number(number * step + step * 0.14),
                y=_number(HEIGHT - _AXIS - height),
                width=_number(step * 0.72),
                height=_number(height),
                is_last=number == len(values) - 1,
            )
        )
    return BarChart(bars=tuple(drawn), labels=_labels([day for day, _ in values]), most=most)


def _labels(days: Sequence[date]) -> tuple[Label, ...]:
    """Label the first day, the middle, the last: three fit on every screen."""
    last = len(days) - 1
    return (
        Label("0", days[0], "start"),
        Label(_number(WIDTH / 2), days[last // 2], "middle"),
        Label(str(WIDTH), days[last], "end"),
    )


def _number(value: float) -> str:
    return f"{value:.1f}"
