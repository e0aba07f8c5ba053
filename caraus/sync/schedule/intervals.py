"""The intervals between syncs, solved for all companies together. Pure functions.

Of all ways to spend B calls a minute, the mean delay of new UITs is least when a company at which
λ UITs appear a day is polled every T = μ/√λ minutes, within bounds. `solve_intervals` finds the
number μ for all companies together; each company's own interval is one division
(`company_interval`). `docs/scheduling.md` derives it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from caraus.sync.romanian_day import DAY_MINUTES, NIGHT_SLOWER, day_share_left, is_night

# Pauses after errors grow up to this, so that a thousand companies do not press a fallen server.
LONGEST_RETRY_PAUSE = timedelta(minutes=30)
# Retry-After is obeyed up to a day: a nonsensical header must not silence a company.
LONGEST_RETRY_AFTER_WAIT = timedelta(days=1)
# A failed sync is retried after this, then after two, four, … times as long.
FIRST_RETRY = timedelta(minutes=1)

MINUTES_A_DAY = 24 * 60
# The planned share of the budget: the rest absorbs the bunching of independent timers.
PLANNED_SHARE = 0.98
# The planned share of the slowest interval of many: a due company waits for its turn.
HELD_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Bounds:
    """The fastest and slowest interval in minutes. `slowest` holds where the budget allows it for
    all companies, else `slowest_of_many`; beyond that all are stretched alike."""

    fastest: float = 1.0
    slowest: float = 10.0
    slowest_of_many: float = 60.0


@dataclass(frozen=True, slots=True)
class PollingIntervals:
    """The intervals of all companies together.

    `multiplier` is μ, in minutes times √(UITs a day). `stretched`: polling all as slowly as the
    bounds allow still needs more than the budget, so that `slowest` is slower than promised.
    """

    multiplier: float
    fastest: float
    slowest: float
    stretched: bool = False


def solve_intervals(
    companies: Mapping[float, int], *, budget: float, bounds: Bounds
) -> PollingIntervals:
    """Return the best intervals for a budget of calls a minute.

    `companies`: how many have each rate (UITs a day; the caller may round rates together). With
    Lagrange's multiplier and clipping („water-filling”), the spending Σ 1/T falls as μ grows, so
    that bisection finds the μ that spends the budget; where all may be polled as often as the bound
    allows, no more is spent than that.
    """
    number = sum(companies.values())
    fastest = bounds.fastest
    if not number or number / fastest <= budget:
        return PollingIntervals(
            0.0, fastest, max(_slowest_interval(number, budget, bounds), fastest)
        )
    slowest = max(_slowest_interval(number, budget, bounds), fastest)
    stretched = slowest > bounds.slowest_of_many
    if math.isinf(slowest):
        return PollingIntervals(math.inf, fastest, slowest, stretched=True)
    low, high = 0.0, slowest * math.sqrt(max(companies))
    for _ in range(60):
        middle = (low + high) / 2
        if _calls_a_minute(companies, PollingIntervals(middle, fastest, slowest)) > budget:
            low = middle
        else:
            high = middle
    return PollingIntervals(high, fastest, slowest, stretched)


def _slowest_interval(number: int, budget: float, bounds: Bounds) -> float:
    """Return the slowest interval, in minutes, that the budget can grant to every company."""
    least = number / budget if budget > 0 else math.inf
    if least <= bounds.slowest:
        return bounds.slowest
    return max(bounds.slowest_of_many, least)


def _calls_a_minute(companies: Mapping[float, int], intervals: PollingIntervals) -> float:
    return sum(count / interval_minutes(intervals, rate) for rate, count in companies.items())


def interval_minutes(intervals: PollingIntervals, rate: float) -> float:
    """Return the interval in minutes for a company at which `rate` UITs appear a day."""
    wished = intervals.multiplier / math.sqrt(rate) if rate > 0 else intervals.slowest
    return min(max(wished, intervals.fastest), intervals.slowest)


def company_interval(
    intervals: PollingIntervals,
    *,
    rate: float,
    at: datetime,
    calls_a_day: int | None = None,
    calls_left: int | None = None,
    at_most: timedelta | None = None,
) -> timedelta:
    """Return the time until the company's next sync, after a good response at `at`.

    `calls_a_day` is the daily limit, `calls_left` what is left of it today: people may have used
    more than planned. `at_most` makes the sync sooner than the interval (a person views the list, a
    transport starts today). The daily limit goes first.
    """
    chosen = interval_minutes(intervals, rate)
    if is_night(at):
        chosen = max(chosen, min(intervals.fastest * NIGHT_SLOWER, intervals.slowest))
    if at_most is not None:
        chosen = min(chosen, max(at_most.total_seconds() / 60, intervals.fastest))
    if calls_a_day is not None:
        chosen = max(chosen, _limited_minutes(calls_a_day, calls_left, at))
    return timedelta(minutes=chosen)


def _limited_minutes(calls_a_day: int, calls_left: int | None, at: datetime) -> float:
    """Return the minutes between calls so that a day of 16 fast and 8 slow hours needs no more than
    the daily limit, and the rest of this day no more than is left."""
    by_day = DAY_MINUTES / max(calls_a_day * 0.95, 1)
    if calls_left is not None:
        by_day = max(by_day, DAY_MINUTES * day_share_left(at) / max(calls_left * 0.95, 1))
    return by_day * NIGHT_SLOWER if is_night(at) else by_day


def next_due(
    *,
    started_at: datetime,
    pause: timedelta,
    failures_in_a_row: int = 0,
    retry_after: timedelta | None = None,
) -> datetime:
    """Return when the company is due again, counted from when its last sync started.

    After a failure `pause` doubles up to half an hour; ANAF's `Retry-After` is obeyed (for a day at
    most).
    """
    doublings = min(max(failures_in_a_row - 1, 0), 10)
    doubled = min(pause * 2**doublings, max(LONGEST_RETRY_PAUSE, pause))
    demanded = min(retry_after or timedelta(), LONGEST_RETRY_AFTER_WAIT)
    wait: timedelta = max(doubled, demanded)
    return started_at + wait
