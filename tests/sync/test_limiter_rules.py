"""The rate limiter's rules: how many calls may be sent and when, and which are blocked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caraus.sync.limiter.rules import (
    FAILURES_TO_OPEN,
    LONGEST_PROBE_PAUSE,
    PERSON_MAX_SHARE,
    PERSON_RESERVED_SHARE,
    SLOT_TOLERANCE,
    LimiterState,
    after_failure,
    after_rate_limit,
    after_success,
    calls_a_minute,
    decide_permit,
    probe_pause,
    slot_interval,
)

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NEW = LimiterState(NOON, NOON)


def most_in_a_minute(sent: list[datetime]) -> int:
    """Return the largest number of moments in any 60 seconds."""
    moments = sorted(sent)
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 60 * SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most


steps = st.lists(
    st.tuples(
        st.floats(0, 40).map(lambda seconds: seconds * SECOND),
        st.integers(1, 60),
        st.booleans(),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=120,
)


@given(st.sampled_from([1, 3, 5, 30, 60, 100, 900, 1000]), steps)
def test_no_sixty_seconds_ever_see_more_calls_than_allowed(
    cap: int, story: list[tuple[timedelta, int, bool, float]]
) -> None:
    state, now, sent = NEW, NOON, []
    for pause, expected, person, lateness in story:
        now += pause
        state, permit = decide_permit(state, now=now, cap=cap, requested=expected, person=person)
        sent += [now + slot + lateness * SLOT_TOLERANCE for slot in permit.slots]
    assert most_in_a_minute(sent) <= cap


@pytest.mark.parametrize("cap", [3, 45, 100, 900, 1000])
def test_a_full_quota_after_idle_time_stays_within_the_cap_whichever_calls_are_late(
    cap: int,
) -> None:
    """The worst case: a burst, no pause, and the calls before a moment as late as may be."""
    state, now, slots = NEW, NOON + 300 * SECOND, []
    while now < NOON + 440 * SECOND:
        for person in (True, False):
            state, permit = decide_permit(state, now=now, cap=cap, requested=60, person=person)
            slots += [now + slot for slot in permit.slots]
        now += max(permit.wait, 0.5 * SECOND)
    assert len(slots) > cap  # more than a minute's worth was to be had
    for cut in range(300, 440, 7):
        middle = NOON + cut * SECOND
        sent = [slot + SLOT_TOLERANCE if slot < middle else slot for slot in slots]
        assert most_in_a_minute(sent) <= cap


@pytest.mark.parametrize("cap", [60, 900])
def test_a_busy_timer_uses_its_share_and_no_more(cap: int) -> None:
    state, now, sent = NEW, NOON, 0
    while now < NOON + 600 * SECOND:
        state, permit = decide_permit(state, now=now, cap=cap, requested=50)
        sent += len(permit.slots)
        now += max(permit.wait, 0.1 * SECOND)
    assert sent / 10 == pytest.approx(calls_a_minute(cap), rel=0.03)
    assert calls_a_minute(900) > 0.83 * 900


def test_a_person_goes_at_once_while_the_timer_is_busy() -> None:
    state, now = NEW, NOON
    for _ in range(600):
        state, _ = decide_permit(state, now=now, cap=900, requested=50)
        now += 0.1 * SECOND
    waits = []
    for _ in range(5):
        state, permit = decide_permit(state, now=now, cap=900, person=True)
        waits.append(permit.slots[0])
    assert max(waits) < 1.5 * SECOND
    _, refused = decide_permit(state, now=now, cap=900, requested=50)
    assert len(refused.slots) < 20


@pytest.mark.parametrize("cap", [60, 900])
def test_whatever_people_press_half_of_the_calls_are_the_timers(cap: int) -> None:
    """Before: with people who took every slot for 20 seconds ahead, the timer got none at all."""
    state, now = NEW, NOON
    sent = {True: 0, False: 0}
    while now < NOON + 600 * SECOND:
        for person in (True, False):
            state, permit = decide_permit(state, now=now, cap=cap, requested=60, person=person)
            sent[person] += len(permit.slots)
        now += 0.2 * SECOND
    whole = 10 * timedelta(minutes=1) / slot_interval(cap)[0]
    assert sent[False] > 0.45 * whole
    assert sent[True] > 0.4 * whole
    assert sent[True] < PERSON_MAX_SHARE * whole + slot_interval(cap)[1] + 2


def test_people_alone_have_their_share_and_wait_for_no_slot_that_was_kept_for_others() -> None:
    state, now, waits = NEW, NOON, []
    for _ in range(2000):
        state, permit = decide_permit(state, now=now, cap=900, person=True)
        waits += list(permit.slots)
        now += max(permit.wait, SECOND / 50)
    assert max(waits) <= 2 * SECOND


def test_persons_alone_stay_within_the_whole_and_timers_within_their_share() -> None:
    step, _ = slot_interval(900)
    assert timedelta(minutes=1) / step * (1 - PERSON_RESERVED_SHARE) == calls_a_minute(900)


def test_a_clock_set_back_blocks_calls_for_a_minute_and_not_for_hours() -> None:
    state, permit = decide_permit(NEW, now=NOON, cap=60, requested=100)
    assert permit.slots
    hour_ago = NOON - timedelta(hours=1)
    state, permit = decide_permit(state, now=hour_ago, cap=60)
    assert permit.reason == "full"
    state, permit = decide_permit(state, now=hour_ago + 63 * SECOND, cap=60)
    assert permit.slots


def test_a_clock_set_forward_lets_no_more_than_a_burst_through() -> None:
    state, permit = decide_permit(NEW, now=NOON, cap=900, requested=100)
    at_first = len(permit.slots)
    state, permit = decide_permit(state, now=NOON + timedelta(hours=1), cap=900, requested=900)
    assert at_first + len(permit.slots) <= 2 * (slot_interval(900)[1] + 20)


# -- the pause that ANAF asks for ----------------------------------------------------------------


def test_429_pauses_everybody_as_long_as_anaf_requires() -> None:
    state = after_rate_limit(NEW, now=NOON, retry_after=17 * SECOND)
    for person in (False, True):
        _, permit = decide_permit(state, now=NOON + 16 * SECOND, cap=900, person=person)
        assert (permit.slots, permit.reason, permit.wait) == ((), "paused", SECOND)
        _, permit = decide_permit(state, now=NOON + 17 * SECOND, cap=900, person=person)
        assert permit.slots


def test_429_without_a_time_pauses_for_longer_and_longer() -> None:
    state, now, pauses = NEW, NOON, []
    for _ in range(7):
        state = after_rate_limit(state, now=now, retry_after=None)
        assert state.paused_until
        pauses.append((state.paused_until - now) // SECOND)
        now = state.paused_until + SECOND
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    later = after_rate_limit(state, now=now + timedelta(hours=1), retry_after=None)
    assert later.paused_until == now + timedelta(hours=1, seconds=60)


def test_several_429_of_one_moment_are_one_pause() -> None:
    state = after_rate_limit(NEW, now=NOON, retry_after=None)
    second_state = after_rate_limit(state, now=NOON + SECOND, retry_after=None)
    assert second_state == state


def test_a_nonsensical_retry_after_is_believed_for_an_hour() -> None:
    state = after_rate_limit(NEW, now=NOON, retry_after=timedelta(days=9))
    assert state.paused_until == NOON + timedelta(hours=1)


# -- the circuit ---------------------------------------------------------------------------------


def broken(
    failures: int = FAILURES_TO_OPEN, state: LimiterState = NEW, now: datetime = NOON
) -> LimiterState:
    for _ in range(failures):
        state = after_failure(state, now=now, code="timeout", probe=False, jitter=0.5)
    return state


def test_repeated_failures_open_it_and_a_success_between_them_does_not() -> None:
    assert broken(FAILURES_TO_OPEN - 1).open_since is None
    assert broken(1, after_success(broken(FAILURES_TO_OPEN - 1), now=NOON)).open_since is None
    opened = broken()
    assert (opened.open_since, opened.last_code) == (NOON, "timeout")


def of_companies(*cuis: str, companies: int) -> LimiterState:
    state = NEW
    for cui in cuis:
        state = after_failure(
            state, now=NOON, code="http_5xx", probe=False, cui=cui, companies=companies, jitter=0.5
        )
    return state


@pytest.mark.parametrize("companies", [2, 5, 40])
def test_one_company_that_always_fails_opens_it_for_nobody(companies: int) -> None:
    assert of_companies(*["1"] * 50, companies=companies).open_since is None
    assert of_companies(*["1", ""] * 50, companies=max(companies, 3)).open_since is None


def test_different_companies_open_it() -> None:
    five = ["1", "2", "3", "4", "5"]
    assert of_companies(*five[:4], companies=40).open_since is None
    assert of_companies(*five, companies=40).open_since == NOON
    assert of_companies(*["1"] * 9, *five[1:], companies=40).open_since == NOON
    # A success between them: it begins anew.
    state = after_success(of_companies(*five[:4], companies=40), now=NOON)
    assert (state.failures, state.error_cuis) == (0, "")


def test_where_few_companies_are_polled_all_of_them_open_it() -> None:
    assert of_companies(*["1"] * FAILURES_TO_OPEN, companies=1).open_since == NOON
    assert of_companies("1", "2", "1", "2", companies=2).open_since is None
    assert of_companies("1", "2", "1", "2", "1", companies=2).open_since == NOON


def test_it_is_open_since_the_first_failure() -> None:
    state = broken(1)
    state = broken(FAILURES_TO_OPEN, state, NOON + 30 * SECOND)
    assert state.open_since == NOON


def test_one_probe_goes_at_a_time() -> None:
    state = broken()
    _, permit = decide_permit(state, now=NOON + 4 * SECOND, cap=900, requested=50)
    assert (permit.slots, permit.reason) == ((), "open")
    at = NOON + 6 * SECOND
    state, permit = decide_permit(state, now=at, cap=900, requested=50)
    assert (len(permit.slots), permit.probe) == (1, True)
    for person in (False, True):
        _, second_permit = decide_permit(state, now=at + SECOND, cap=900, person=person)
        assert (second_permit.slots, second_permit.reason) == ((), "open")


def test_a_probe_that_never_reports_blocks_it_for_a_minute() -> None:
    state, _ = decide_permit(broken(), now=NOON + 6 * SECOND, cap=900)
    assert not decide_permit(state, now=NOON + 60 * SECOND, cap=900)[1].slots
    assert decide_permit(state, now=NOON + 67 * SECOND, cap=900)[1].probe


@pytest.mark.parametrize("dice", [0.0, 0.5, 0.999])
def test_the_pauses_between_probes_grow_with_jitter(dice: float) -> None:
    state, now = broken(), NOON
    for number in range(1, 12):
        state = after_failure(state, now=now, code="timeout", probe=True, jitter=dice)
        assert state.probe_at
        wait = state.probe_at - now
        assert wait == probe_pause(number) * (0.8 + 0.4 * dice)
        assert wait <= 1.2 * LONGEST_PROBE_PAUSE
        now = state.probe_at
    assert wait > 0.79 * LONGEST_PROBE_PAUSE


def test_what_was_on_its_way_when_it_opened_says_nothing_new() -> None:
    state = broken()
    assert after_failure(state, now=NOON + SECOND, code="timeout", probe=False) == state


def test_a_person_may_probe_sooner_than_the_grown_pause() -> None:
    state = broken()
    for _ in range(6):
        state = after_failure(state, now=NOON, code="timeout", probe=True, jitter=0.5)
    assert not decide_permit(state, now=NOON + 4 * SECOND, cap=900, person=True)[1].slots
    assert not decide_permit(state, now=NOON + 6 * SECOND, cap=900)[1].slots
    assert decide_permit(state, now=NOON + 6 * SECOND, cap=900, person=True)[1].probe


def test_after_an_outage_the_rate_grows_from_a_quarter() -> None:
    state = after_success(replace(broken(), next_of_all=NOON, next_of_timer=NOON), now=NOON)
    assert state.open_since is None
    sent: list[datetime] = []
    now = NOON
    while now < NOON + 120 * SECOND:
        state, permit = decide_permit(state, now=now, cap=900, requested=50)
        sent += [now + slot for slot in permit.slots]
        now += 0.2 * SECOND

    def between(start: int, end: int) -> int:
        return sum(NOON + start * SECOND <= message < NOON + end * SECOND for message in sent)

    whole = calls_a_minute(900) / 60
    assert between(0, 30) == pytest.approx(30 * whole / 4, rel=0.35)
    assert between(32, 60) == pytest.approx(28 * whole / 2, rel=0.2)
    assert between(62, 120) == pytest.approx(58 * whole, rel=0.1)
    assert most_in_a_minute(sent) <= 900
