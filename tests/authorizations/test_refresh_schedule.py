"""When an authorization is refreshed next, for any history."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from caraus.authorizations.refresh_schedule import (
    DAILY,
    HOURLY,
    HOURLY_BEFORE_END,
    RefreshState,
    first_attempt_at,
    next_refresh,
)

BEFORE = timedelta(days=15)
END = datetime(2027, 2, 20, 9, 30, tzinfo=UTC)
MOST = 1.1  # a pause and its jitter
failed = st.builds(
    RefreshState,
    key=st.integers(1, 10**9),
    access_end=st.just(END),
    last_attempt=st.timedeltas(timedelta(), timedelta(days=40)).map(lambda ago: END - ago),
    failures=st.integers(1, 10_000),
)


@given(st.integers(1, 10**9), st.timedeltas(timedelta(hours=2), timedelta(days=60)))
def test_the_first_attempt_is_within_a_day_of_the_windows_opening_and_before_the_end(
    key: int, before: timedelta
) -> None:
    first = next_refresh(RefreshState(key=key, access_end=END), before=before)
    assert END - before <= first < END - before + min(DAILY, before / 2)


@given(failed)
def test_a_failure_is_never_tried_again_at_once_nor_left_for_longer_than_a_day(
    state: RefreshState,
) -> None:
    due, last = next_refresh(state, before=BEFORE), state.last_attempt
    assert last
    assert due >= last + timedelta(minutes=15)
    if last >= first_attempt_at(state, before=BEFORE):
        assert due <= last + DAILY * MOST


@given(failed)
def test_in_the_last_three_days_no_pause_is_longer_than_an_hour(state: RefreshState) -> None:
    due, last = next_refresh(state, before=BEFORE), state.last_attempt
    assert last
    if last >= END - HOURLY_BEFORE_END:
        assert due <= last + HOURLY * MOST
    elif last >= first_attempt_at(state, before=BEFORE):
        assert due <= max(
            END - HOURLY_BEFORE_END + HOURLY, last + HOURLY * MOST, last + DAILY * MOST
        )
        assert due < END - HOURLY_BEFORE_END + HOURLY * 2 or due <= last + HOURLY * MOST


@given(failed)
def test_pauses_grow_with_the_failures(state: RefreshState) -> None:
    more = RefreshState(state.key, END, state.last_attempt, state.failures + 1)
    now, then = next_refresh(state, before=BEFORE), next_refresh(more, before=BEFORE)
    assert state.last_attempt
    jitter = (then - state.last_attempt) * 0.1
    assert then >= now - jitter


@given(failed, st.timedeltas(timedelta(), timedelta(days=2)))
def test_the_wait_that_anaf_requires_is_respected(state: RefreshState, wait: timedelta) -> None:
    assert state.last_attempt
    waiting_state = RefreshState(
        state.key, END, state.last_attempt, state.failures, state.last_attempt + wait
    )
    assert next_refresh(waiting_state, before=BEFORE) >= state.last_attempt + wait


@given(st.integers(1, 10**9))
def test_against_a_fallen_anaf_it_is_tried_daily_and_then_hourly(key: int) -> None:
    last, failures, tries = None, 0, []
    while True:
        due = next_refresh(RefreshState(key, END, last, failures), before=BEFORE)
        if due >= END:
            break
        tries.append(due)
        last, failures = due, failures + 1
    far = [moment for moment in tries if moment < END - HOURLY_BEFORE_END]
    near = [moment for moment in tries if moment >= END - HOURLY_BEFORE_END]
    assert 12 <= len(far) <= 18
    assert 60 <= len(near) <= 75


def test_a_thousand_made_on_one_morning_are_not_refreshed_in_one_minute() -> None:
    states = [RefreshState(key=key, access_end=END) for key in range(1, 1001)]
    minutes = Counter(
        next_refresh(state, before=BEFORE).replace(second=0, microsecond=0) for state in states
    )
    assert max(minutes.values()) <= 8
