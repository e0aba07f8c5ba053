"""When a company is polled again: pure arithmetic."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caraus.core.formatting import BUCHAREST
from caraus.sync.romanian_day import until_tomorrow
from caraus.sync.schedule.intervals import (
    LONGEST_RETRY_AFTER_WAIT,
    LONGEST_RETRY_PAUSE,
    next_due,
)

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 5), (1, 5), (2, 10), (3, 20), (4, 30), (5, 30), (10**9, 30)]
)
def test_the_pause_doubles_with_each_failure_up_to_half_an_hour(
    failures: int, minutes: int
) -> None:
    when = next_due(started_at=NOON, pause=5 * MINUTE, failures_in_a_row=failures)
    assert when == NOON + minutes * MINUTE


def test_a_long_interval_is_not_shortened_by_failures() -> None:
    when = next_due(started_at=NOON, pause=timedelta(hours=2), failures_in_a_row=9)
    assert when == NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("demanded", "waited"),
    [
        (timedelta(seconds=1), 5 * MINUTE),
        (17 * MINUTE, 17 * MINUTE),
        (timedelta(days=365 * 31), LONGEST_RETRY_AFTER_WAIT),
        (timedelta(days=365 * 9000), LONGEST_RETRY_AFTER_WAIT),
    ],
)
def test_retry_after_is_honoured_up_to_a_day(demanded: timedelta, waited: timedelta) -> None:
    when = next_due(started_at=NOON, pause=5 * MINUTE, failures_in_a_row=1, retry_after=demanded)
    assert when == NOON + waited


@given(
    st.timedeltas(timedelta(seconds=1), timedelta(days=1)),
    st.integers(0, 10**6),
    st.none() | st.timedeltas(timedelta(), timedelta(days=10**6)),
)
def test_a_company_is_always_polled_again_and_never_before_its_interval(
    interval: timedelta, failures: int, retry_after: timedelta | None
) -> None:
    when = next_due(
        started_at=NOON, pause=interval, failures_in_a_row=failures, retry_after=retry_after
    )
    assert (
        NOON + interval
        <= when
        <= NOON + max(LONGEST_RETRY_PAUSE, interval, LONGEST_RETRY_AFTER_WAIT)
    )


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        (datetime(2026, 11, 24, 12, 5, tzinfo=BUCHAREST), 12),
        (datetime(2026, 11, 24, 22, 30, tzinfo=UTC), 23 + 35 / 60),
        (datetime(2026, 10, 24, 12, 5, tzinfo=BUCHAREST), 12),
    ],
)
def test_tomorrow_is_romanias(moment: datetime, hours: float) -> None:
    assert until_tomorrow(moment.astimezone(UTC)) == timedelta(hours=hours)
    local = (moment.astimezone(UTC) + until_tomorrow(moment.astimezone(UTC))).astimezone(BUCHAREST)
    assert (local.hour, local.minute) == (0, 5)
