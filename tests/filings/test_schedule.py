"""When the state of a change is requested: few requests, none left out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from caraus.filings import schedule

START = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def statuses(until: timedelta) -> list[timedelta]:
    """Return when the status is requested, since the upload, if each response says nothing."""
    polls: list[timedelta] = []
    now = START
    while True:
        now = schedule.next_status(since=START, now=now, tries=len(polls))
        if now - START > until:
            return polls
        polls.append(now - START)


def test_the_status_is_requested_at_2_3_5_8_15_and_30_seconds_then_ever_slower() -> None:
    polls = statuses(10 * DAY)
    assert [moment.total_seconds() for moment in polls[:6]] == [2, 3, 5, 8, 15, 30]
    pauses = [after - before for before, after in pairwise(polls[6:])]
    assert pauses == sorted(pauses)


def test_the_status_is_requested_less_than_100_times_on_each_day() -> None:
    polls = statuses(10 * DAY)
    for day in range(10):
        on_day = [moment for moment in polls if day * DAY <= moment < (day + 1) * DAY]
        assert 0 < len(on_day) < 60


def test_a_lost_response_is_looked_for_in_the_list_twice_in_ten_minutes() -> None:
    looks: list[timedelta] = []
    now = START
    while now - START < schedule.GIVE_UP_LOOKING:
        now = schedule.next_look(since=START, now=now, tries=len(looks))
        looks.append(now - START)
    assert [moment.total_seconds() for moment in looks] == [1, 15, 60, 180, 300, 600]
    in_list = [moment for tries, moment in enumerate(looks) if schedule.is_for_list(tries)]
    assert [moment.total_seconds() for moment in in_list] == [300, 600]


def test_what_was_not_sent_waits_ever_longer_up_to_a_minute() -> None:
    pauses = [
        (schedule.retry_at(now=START, tries=tries) - START).total_seconds() for tries in range(9)
    ]
    assert pauses == [2, 5, 10, 20, 30, 60, 60, 60, 60]


def test_the_moment_may_be_past_but_the_confirmation_may_not_be_old() -> None:
    hour = timedelta(hours=1)
    assert schedule.send_before(moment=START - hour, confirmed_at=START) == START + schedule.LATEST
    assert schedule.send_before(moment=START + hour, confirmed_at=START) == (
        START + hour + schedule.LATEST
    )


@pytest.mark.parametrize(
    ("sent", "now", "days"),
    [
        # Romania is two hours ahead of UTC in November, three in July.
        ("2026-11-30T10:00+00:00", "2026-11-30T10:05+00:00", 1),
        ("2026-11-30T21:58+00:00", "2026-11-30T22:03+00:00", 2),
        ("2026-07-30T20:58+00:00", "2026-07-30T21:03+00:00", 2),
        ("2026-11-28T10:00+00:00", "2026-11-30T10:00+00:00", 3),
        ("2026-01-01T10:00+00:00", "2026-11-30T10:00+00:00", 60),
        ("2026-11-30T22:05+00:00", "2026-11-30T21:55+00:00", 1),  # a clock that was set back
    ],
)
def test_the_list_is_requested_for_each_day_that_has_begun_since(
    sent: str, now: str, days: int
) -> None:
    sent_at, asked_at = datetime.fromisoformat(sent), datetime.fromisoformat(now)
    assert schedule.days_of_list(sent_at=sent_at, now=asked_at) == days
