"""What is learnt about how often UITs appear at a company."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caraus.core.formatting import BUCHAREST
from caraus.sync.schedule.rates import (
    DEFAULT_PRIOR,
    DEFAULT_WEEKLY_PATTERN,
    ENOUGH_UITS,
    FASTEST_RATE,
    HALF_LIFE_DAYS,
    HOURS_A_WEEK,
    RATE_GRID,
    SLOWEST_RATE,
    Observed,
    estimate_rate,
    expected_share,
    hour_of_week,
    improve_prior,
    observe,
    observe_first_response,
    weekly_pattern,
)

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=BUCHAREST)
HOUR = timedelta(hours=1)
moments = st.integers(0, 365 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def test_nothing_known_is_the_mean_of_all() -> None:
    assert estimate_rate(Observed()) == pytest.approx(1, rel=0.2)
    prior = [float(index == 30) for index in range(len(RATE_GRID))]
    assert estimate_rate(Observed(), prior=prior) == pytest.approx(RATE_GRID[30])


def test_the_first_response_says_more_than_what_is_typical() -> None:
    busy, idle = estimate_rate(observe_first_response(60)), estimate_rate(observe_first_response(0))
    assert busy == pytest.approx(10, rel=0.15)
    assert idle < 0.1


@pytest.mark.parametrize("true_rate", [0.2, 3.0, 40.0])
def test_a_steady_rate_is_found_whatever_the_hours(true_rate: float) -> None:
    dice = random.Random(7)
    observed, at = observe_first_response(0), MONDAY.astimezone(UTC)
    for _ in range(30 * 24 * 3):
        until = at + timedelta(minutes=20)
        mean = true_rate * expected_share(at, until, DEFAULT_WEEKLY_PATTERN)
        new = sum(dice.random() < mean / 8 for _ in range(8))
        observed, at = (
            observe(
                observed, new=new, since=at, until=until, weekly_pattern=DEFAULT_WEEKLY_PATTERN
            ),
            until,
        )
    assert estimate_rate(observed) == pytest.approx(true_rate, rel=0.35)


def test_what_was_long_ago_has_no_weight() -> None:
    observed, at = Observed(new_uits=2800, exposure=14), MONDAY
    for _ in range(60):
        observed = observe(
            observed,
            new=0,
            since=at,
            until=at + timedelta(days=1),
            weekly_pattern=DEFAULT_WEEKLY_PATTERN,
        )
        at += timedelta(days=1)
    assert observed.new_uits == pytest.approx(2800 * 0.5 ** (60 / HALF_LIFE_DAYS))
    assert estimate_rate(observed) < 10


def test_a_quiet_night_says_less_than_a_quiet_morning() -> None:
    night = observe(
        Observed(),
        new=0,
        since=MONDAY,
        until=MONDAY + 5 * HOUR,
        weekly_pattern=DEFAULT_WEEKLY_PATTERN,
    )
    noon = MONDAY + 10 * HOUR
    morning = observe(
        Observed(), new=0, since=noon, until=noon + 5 * HOUR, weekly_pattern=DEFAULT_WEEKLY_PATTERN
    )
    assert estimate_rate(night) > estimate_rate(morning)


def test_how_rates_are_spread_is_learnt_from_all_companies() -> None:
    """Nearly all carriers are idle: then nothing found says more, and one UIT found less."""
    counts = {Observed(0.0, 6.0): 950, Observed(1.0, 6.0): 30, Observed(600.0, 6.0): 20}
    prior = DEFAULT_PRIOR
    for _ in range(200):
        prior = improve_prior(prior, counts)
    assert sum(prior) == pytest.approx(1)
    mean = sum(weight * rate for weight, rate in zip(prior, RATE_GRID, strict=True))
    assert mean == pytest.approx(100 * 0.02 + 0.03 / 6, rel=0.1)
    assert (
        estimate_rate(observe_first_response(0), prior=prior)
        < estimate_rate(observe_first_response(0)) / 2
    )
    assert estimate_rate(observe_first_response(1), prior=prior) < estimate_rate(
        observe_first_response(1)
    )
    assert estimate_rate(observe_first_response(600), prior=prior) == 100


@given(st.floats(0, 5000), st.floats(0, 500), st.floats(0, 5000))
def test_a_rate_is_within_its_bounds_and_grows_with_what_was_found(
    new_uits: float, exposure: float, more: float
) -> None:
    estimate = estimate_rate(Observed(new_uits, exposure))
    assert SLOWEST_RATE <= estimate <= FASTEST_RATE
    if (new_uits + more < ENOUGH_UITS) == (new_uits < ENOUGH_UITS):
        assert estimate_rate(Observed(new_uits + more, exposure)) >= estimate * (1 - 1e-9)


def test_a_clock_that_went_back_teaches_only_the_uits() -> None:
    observed = observe(
        Observed(1, 1),
        new=2,
        since=MONDAY,
        until=MONDAY - HOUR,
        weekly_pattern=DEFAULT_WEEKLY_PATTERN,
    )
    assert observed == Observed(3, 1)


@given(moments)
def test_a_whole_week_is_seven_mean_days(start: datetime) -> None:
    whole = expected_share(start, start + timedelta(days=7), DEFAULT_WEEKLY_PATTERN)
    assert whole == pytest.approx(7, rel=0.02)  # the hour of a change of clocks is one in 168


@given(moments, st.floats(0, 40), st.floats(0, 40))
def test_a_span_is_the_sum_of_its_parts(start: datetime, first: float, second: float) -> None:
    middle, end = start + first * HOUR, start + (first + second) * HOUR
    parts = expected_share(start, middle, DEFAULT_WEEKLY_PATTERN) + expected_share(
        middle, end, DEFAULT_WEEKLY_PATTERN
    )
    assert expected_share(start, end, DEFAULT_WEEKLY_PATTERN) == pytest.approx(parts, abs=1e-9)


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        (datetime(2026, 11, 22, 22, 30, tzinfo=UTC), 0),  # Monday 00:30 in winter
        (datetime(2026, 7, 5, 21, 30, tzinfo=UTC), 0),  # Monday 00:30 in summer
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 6 * 24 + 3),  # 03:30, before the clocks go back
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 6 * 24 + 3),  # 03:30 again
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), 6 * 24 + 4),  # 04:30: there is no 03:30
    ],
)
def test_the_hour_of_week_is_romanias(moment: datetime, hour: int) -> None:
    assert hour_of_week(moment) == hour


def test_the_weekly_pattern_follows_the_new_uits() -> None:
    counts = [0.0] * HOURS_A_WEEK
    counts[2 * 24 + 9] = 5000.0
    pattern = weekly_pattern(counts)
    assert max(pattern) == pattern[2 * 24 + 9]
    assert sum(pattern) / HOURS_A_WEEK == pytest.approx(1)
    assert weekly_pattern([]) == list(DEFAULT_WEEKLY_PATTERN)
