"""When to ask ANAF again. Schedules are data (`SyncState.next_sync_at`): any worker, or none for
an hour, is correct. The policy is here, pure; `docs/scheduling.md` derives it.

Of all ways to spend B questions a minute, the mean delay of new UITs is least when a company at
which λ UITs appear a day is asked every T = μ/√λ minutes, within bounds. One number, μ, is found
for all companies together (`solve`); each company's own interval is one division (`interval`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from caraus.core.formatting import BUCHAREST

# After ANAF's troubles the pause grows, so that a thousand companies do not press a fallen server.
LONGEST_PAUSE = timedelta(minutes=30)
# What ANAF asks for is honoured up to a day: a nonsensical header must not silence a company.
LONGEST_WAIT = timedelta(days=1)
# A failure is tried again after this, then after two, four, … times as long.
FIRST_RETRY = timedelta(minutes=1)

MINUTES_A_DAY = 24 * 60
# From 22 to 6 in Romania a company is asked at most a quarter as often as by day.
NIGHT = (time(22), time(6))
NIGHT_SLOWER = 4
_DAY_MINUTES = 16 * 60 + 8 * 60 / NIGHT_SLOWER
# Of a budget, what is planned: the rest absorbs the bunching of independent timers.
PLANNED_SHARE = 0.98
# Of the slowest interval of many, what is planned: what is due waits for its turn.
HELD_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often at most and at least, in minutes. `slowest` is kept where the budget allows it for
    all; else it may be as slow as `slowest_of_many`; beyond that all are stretched alike."""

    fastest: float = 1.0
    slowest: float = 10.0
    slowest_of_many: float = 60.0


@dataclass(frozen=True, slots=True)
class Policy:
    """What is decided for all companies together.

    `multiplier` is μ, in minutes times √(UITs a day). `stretched`: even asking all as slowly as the
    bounds allow needs more than the budget, so that `slowest` is slower than promised.
    """

    multiplier: float
    fastest: float
    slowest: float
    stretched: bool = False


def solve(companies: Mapping[float, int], *, budget: float, bounds: Bounds) -> Policy:
    """The best intervals for a budget of calls a minute.

    `companies`: how many have each rate (UITs a day; the caller may round rates together). With
    Lagrange's multiplier and clipping („water-filling”), the spending Σ 1/T falls as μ grows, so
    that bisection finds the μ that spends the budget; where all may be asked as often as the bound
    allows, no more is spent than that.
    """
    number = sum(companies.values())
    fastest = bounds.fastest
    if not number or number / fastest <= budget:
        return Policy(0.0, fastest, max(_slowest(number, budget, bounds), fastest))
    slowest = max(_slowest(number, budget, bounds), fastest)
    stretched = slowest > bounds.slowest_of_many
    if math.isinf(slowest):
        return Policy(math.inf, fastest, slowest, stretched=True)
    low, high = 0.0, slowest * math.sqrt(max(companies))
    for _ in range(60):
        middle = (low + high) / 2
        if _spent(companies, Policy(middle, fastest, slowest)) > budget:
            low = middle
        else:
            high = middle
    return Policy(high, fastest, slowest, stretched)


def _slowest(number: int, budget: float, bounds: Bounds) -> float:
    """The slowest interval that the budget can grant to every company."""
    least = number / budget if budget > 0 else math.inf
    if least <= bounds.slowest:
        return bounds.slowest
    return max(bounds.slowest_of_many, least)


def _spent(companies: Mapping[float, int], policy: Policy) -> float:
    return sum(count / minutes(policy, rate) for rate, count in companies.items())


def minutes(policy: Policy, rate: float) -> float:
    """The interval for a company at which `rate` UITs appear a day, in minutes."""
    wished = policy.multiplier / math.sqrt(rate) if rate > 0 else policy.slowest
    return min(max(wished, policy.fastest), policy.slowest)


def interval(
    policy: Policy,
    *,
    rate: float,
    at: datetime,
    calls_a_day: int | None = None,
    calls_left: int | None = None,
    wanted_within: timedelta | None = None,
) -> timedelta:
    """How long until the company is asked again, after a good answer at `at`.

    `calls_a_day` is the most that ANAF allows for it, `calls_left` what is left of it today: people
    may have spent more than the timer counted on. `wanted_within` is a reason to be sooner than the
    policy (somebody looks at the page, a transport starts today). The daily limit goes first.
    """
    chosen = minutes(policy, rate)
    if is_night(at):
        chosen = max(chosen, min(policy.fastest * NIGHT_SLOWER, policy.slowest))
    if wanted_within is not None:
        chosen = min(chosen, max(wanted_within.total_seconds() / 60, policy.fastest))
    if calls_a_day is not None:
        chosen = max(chosen, _paced(calls_a_day, calls_left, at))
    return timedelta(minutes=chosen)


def _paced(calls_a_day: int, calls_left: int | None, at: datetime) -> float:
    """Minutes between questions so that a day of 16 fast and 8 slow hours needs no more, and the
    rest of this day no more than is left."""
    by_day = _DAY_MINUTES / max(calls_a_day * 0.95, 1)
    if calls_left is not None:
        by_day = max(by_day, _DAY_MINUTES * day_left(at) / max(calls_left * 0.95, 1))
    return by_day * NIGHT_SLOWER if is_night(at) else by_day


def day_left(at: datetime) -> float:
    """Which share of a day's questions is still to come: the hours until midnight in Romania, of
    which those of the night count a quarter."""
    clock = at.astimezone(BUCHAREST)
    gone = clock.hour * 60 + clock.minute + clock.second / 60
    evening, morning = (limit.hour * 60 for limit in NIGHT)
    awake = min(max(gone - morning, 0), evening - morning)
    asleep = min(gone, morning) + max(gone - evening, 0)
    return max(1 - (awake + asleep / NIGHT_SLOWER) / _DAY_MINUTES, 0.0)


def is_night(at: datetime) -> bool:
    clock = at.astimezone(BUCHAREST).time()
    return clock >= NIGHT[0] or clock < NIGHT[1]


def next_sync(
    *,
    asked_at: datetime,
    interval: timedelta,
    failures_in_a_row: int = 0,
    retry_after: timedelta | None = None,
) -> datetime:
    """When the company is due again, counted from when it was asked.

    A failure is retried after the plain interval, then after two, four, … up to half an hour;
    never sooner than ANAF asked for with `Retry-After` (of which a day at most is believed).
    """
    doublings = min(max(failures_in_a_row - 1, 0), 10)
    pause = min(interval * 2**doublings, max(LONGEST_PAUSE, interval))
    asked_for = min(retry_after or timedelta(), LONGEST_WAIT)
    wait: timedelta = max(pause, asked_for)
    return asked_at + wait


def until_tomorrow(moment: datetime) -> timedelta:
    """How long until five past midnight in Romania, when a daily limit of ANAF counts anew.

    ANAF blocks those who go on asking past a limit (its text on the limits of e-Factura's API).
    """
    tomorrow = moment.astimezone(BUCHAREST).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0, 5), tzinfo=BUCHAREST) - moment
