"""The intervals that make the mean delay of new UITs least, for a budget of calls."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caraus.core.formatting import BUCHAREST
from caraus.sync.romanian_day import NIGHT_SLOWER, is_night
from caraus.sync.schedule.intervals import (
    Bounds,
    PollingIntervals,
    company_interval,
    interval_minutes,
    solve_intervals,
)

DAY = datetime(2026, 11, 24, 12, 0, tzinfo=BUCHAREST)
NIGHT = datetime(2026, 11, 24, 23, 0, tzinfo=BUCHAREST)
MINUTE = timedelta(minutes=1)
BOUNDS = Bounds(1, 10, 60)

rates = st.floats(0.005, 2000)
populations = st.dictionaries(rates, st.integers(1, 3000), min_size=1, max_size=30)


def spent(companies: dict[float, int], intervals: PollingIntervals) -> float:
    return sum(count / interval_minutes(intervals, rate) for rate, count in companies.items())


def delay(companies: dict[float, int], wait: "dict[float, float]") -> float:
    """Σ λT/2 / Σ λ, in minutes."""
    weight = sum(rate * count for rate, count in companies.items())
    return sum(rate * count * wait[rate] / 2 for rate, count in companies.items()) / weight


@given(populations, st.floats(1, 2000))
def test_the_budget_is_never_exceeded_and_the_bounds_hold(
    companies: dict[float, int], budget: float
) -> None:
    intervals = solve_intervals(companies, budget=budget, bounds=BOUNDS)
    assert spent(companies, intervals) <= budget * 1.000001
    assert all(1 <= interval_minutes(intervals, rate) <= intervals.slowest for rate in companies)
    number = sum(companies.values())
    if number / 10 <= budget:
        assert intervals.slowest == 10
    elif number / 60 <= budget:
        assert intervals.slowest == 60
    else:
        assert intervals.stretched
        assert intervals.slowest == pytest.approx(number / budget)


@given(populations, st.floats(1, 2000))
def test_nothing_of_the_budget_is_left_while_somebody_could_be_polled_sooner(
    companies: dict[float, int], budget: float
) -> None:
    intervals = solve_intervals(companies, budget=budget, bounds=BOUNDS)
    left = budget - spent(companies, intervals)
    assert left < 0.001 * budget or all(
        interval_minutes(intervals, rate) == 1 for rate in companies
    )


@given(
    st.dictionaries(rates, st.integers(1, 500), min_size=2, max_size=8),
    st.floats(5, 500),
    st.data(),
)
def test_no_other_way_to_spend_the_same_calls_has_a_smaller_mean_delay(
    companies: dict[float, int], budget: float, data: st.DataObject
) -> None:
    """Move calls from one group of companies to another, as far as the bounds let: never better."""
    intervals = solve_intervals(companies, budget=budget, bounds=BOUNDS)
    best = {rate: interval_minutes(intervals, rate) for rate in companies}
    giver, taker = data.draw(st.permutations(sorted(companies)))[:2]
    share = data.draw(st.floats(0.01, 0.5))
    calls = {rate: count / best[rate] for rate, count in companies.items()}
    moved = min(
        share * calls[giver],
        calls[giver] - companies[giver] / intervals.slowest,
        companies[taker] / intervals.fastest - calls[taker],
    )
    if moved <= 1e-9 * budget:
        return
    varied = dict(best)
    varied[giver] = companies[giver] / (calls[giver] - moved)
    varied[taker] = companies[taker] / (calls[taker] + moved)
    assert delay(companies, varied) >= delay(companies, best) * (1 - 1e-6)


def test_between_the_bounds_the_interval_goes_with_the_root_of_the_rate() -> None:
    companies = {1.0: 5000, 4.0: 500, 100.0: 20}
    intervals = solve_intervals(companies, budget=300, bounds=BOUNDS)
    assert interval_minutes(intervals, 1.0) == pytest.approx(2 * interval_minutes(intervals, 4.0))


def test_where_the_budget_allows_it_all_are_polled_within_ten_minutes_at_most() -> None:
    assert solve_intervals({0.01: 8999}, budget=900, bounds=BOUNDS).slowest == 10
    assert solve_intervals({0.01: 9001}, budget=900, bounds=BOUNDS).slowest == 60


def test_where_not_even_an_hour_can_be_held_all_are_stretched_alike_and_it_is_said() -> None:
    intervals = solve_intervals({0.01: 50_000, 200.0: 50_000}, budget=900, bounds=BOUNDS)
    assert intervals.stretched
    assert interval_minutes(intervals, 0.01) == pytest.approx(100_000 / 900)
    assert interval_minutes(intervals, 200.0) == pytest.approx(100_000 / 900)


def test_no_company_to_poll_and_no_budget_to_poll_with() -> None:
    assert solve_intervals({}, budget=900, bounds=BOUNDS).multiplier == 0
    assert math.isinf(solve_intervals({1.0: 5}, budget=0, bounds=BOUNDS).slowest)


# -- one company's interval ----------------------------------------------------------------------

FAST = PollingIntervals(0.0, 1.0, 10.0)


def test_by_night_a_company_is_polled_a_quarter_as_often() -> None:
    assert company_interval(FAST, rate=5, at=DAY) == MINUTE
    assert company_interval(FAST, rate=5, at=NIGHT) == NIGHT_SLOWER * MINUTE


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        (datetime(2026, 7, 1, 18, 59, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 19, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 19, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 3, 0, tzinfo=UTC), False),
    ],
)
def test_night_is_romanias_in_summer_and_winter(moment: datetime, night: bool) -> None:
    assert is_night(moment) is night


def test_a_reason_to_be_sooner_goes_before_the_interval_and_the_night() -> None:
    slow = PollingIntervals(500.0, 1.0, 60.0)
    assert company_interval(slow, rate=1, at=DAY) == 60 * MINUTE
    assert company_interval(slow, rate=1, at=NIGHT, at_most=5 * MINUTE) == 5 * MINUTE
    assert company_interval(FAST, rate=1, at=NIGHT, at_most=5 * MINUTE) == NIGHT_SLOWER * MINUTE
    assert company_interval(FAST, rate=1, at=NIGHT, at_most=MINUTE) == MINUTE
    assert company_interval(slow, rate=1, at=DAY, at_most=MINUTE / 60) == MINUTE


@pytest.mark.parametrize("limit", [50, 288, 1000, 1500])
@pytest.mark.parametrize("start", [DAY, datetime(2026, 10, 25, 0, 0, tzinfo=BUCHAREST)])
def test_a_daily_limit_suffices_for_the_whole_day(limit: int, start: datetime) -> None:
    at = start.astimezone(UTC)
    polls: Counter[object] = Counter()
    while at < start + timedelta(days=4):
        polls[at.astimezone(BUCHAREST).date()] += 1
        at += company_interval(FAST, rate=500, at=at, calls_a_day=limit, at_most=MINUTE)
    assert max(polls.values()) <= limit
    whole_days = sorted(polls.values())[2:]
    assert min(whole_days) > 0.85 * min(limit, 1200)
