"""The door to ANAF: how many may go, when, and who is held back. Pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caraus.sync.limiter.rules import (
    FAILURES_TO_OPEN,
    LATEST,
    PERSONS_SHARE,
    RESERVED,
    SLOWEST_PROBE,
    Door,
    calls_a_minute,
    enter,
    failed,
    pace,
    paused,
    probe_pause,
    succeeded,
)

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NEW = Door(NOON, NOON)


def most_in_a_minute(sent: list[datetime]) -> int:
    """The largest number of moments in any 60 seconds."""
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
    door, now, sent = NEW, NOON, []
    for pause, wanted, person, lateness in story:
        now += pause
        door, passed = enter(door, now=now, cap=cap, wanted=wanted, person=person)
        sent += [now + slot + lateness * LATEST for slot in passed.slots]
    assert most_in_a_minute(sent) <= cap


@pytest.mark.parametrize("cap", [3, 45, 100, 900, 1000])
def test_a_full_door_after_a_rest_stays_within_the_cap_whichever_calls_are_late(cap: int) -> None:
    """The worst case: a burst, no pause, and the calls before a moment as late as may be."""
    door, now, slots = NEW, NOON + 300 * SECOND, []
    while now < NOON + 440 * SECOND:
        for person in (True, False):
            door, passed = enter(door, now=now, cap=cap, wanted=60, person=person)
            slots += [now + slot for slot in passed.slots]
        now += max(passed.wait, 0.5 * SECOND)
    assert len(slots) > cap  # more than a minute's worth was to be had
    for cut in range(300, 440, 7):
        middle = NOON + cut * SECOND
        sent = [slot + LATEST if slot < middle else slot for slot in slots]
        assert most_in_a_minute(sent) <= cap


@pytest.mark.parametrize("cap", [60, 900])
def test_a_busy_timer_uses_its_share_and_no_more(cap: int) -> None:
    door, now, sent = NEW, NOON, 0
    while now < NOON + 600 * SECOND:
        door, passed = enter(door, now=now, cap=cap, wanted=50)
        sent += len(passed.slots)
        now += max(passed.wait, 0.1 * SECOND)
    assert sent / 10 == pytest.approx(calls_a_minute(cap), rel=0.03)
    assert calls_a_minute(900) > 0.83 * 900


def test_a_person_goes_at_once_while_the_timer_is_busy() -> None:
    door, now = NEW, NOON
    for _ in range(600):
        door, _ = enter(door, now=now, cap=900, wanted=50)
        now += 0.1 * SECOND
    waits = []
    for _ in range(5):
        door, passed = enter(door, now=now, cap=900, person=True)
        waits.append(passed.slots[0])
    assert max(waits) < 1.5 * SECOND
    _, refused = enter(door, now=now, cap=900, wanted=50)
    assert len(refused.slots) < 20


@pytest.mark.parametrize("cap", [60, 900])
def test_whatever_people_press_half_of_the_calls_are_the_timers(cap: int) -> None:
    """Before: with people who took every slot for 20 seconds ahead, the timer got none at all."""
    door, now = NEW, NOON
    sent = {True: 0, False: 0}
    while now < NOON + 600 * SECOND:
        for person in (True, False):
            door, passed = enter(door, now=now, cap=cap, wanted=60, person=person)
            sent[person] += len(passed.slots)
        now += 0.2 * SECOND
    whole = 10 * timedelta(minutes=1) / pace(cap)[0]
    assert sent[False] > 0.45 * whole
    assert sent[True] > 0.4 * whole
    assert sent[True] < PERSONS_SHARE * whole + pace(cap)[1] + 2


def test_people_alone_have_their_share_and_wait_for_no_slot_that_was_kept_for_others() -> None:
    door, now, waits = NEW, NOON, []
    for _ in range(2000):
        door, passed = enter(door, now=now, cap=900, person=True)
        waits += list(passed.slots)
        now += max(passed.wait, SECOND / 50)
    assert max(waits) <= 2 * SECOND


def test_persons_alone_stay_within_the_whole_and_timers_within_their_share() -> None:
    step, _ = pace(900)
    assert timedelta(minutes=1) / step * (1 - RESERVED) == calls_a_minute(900)


def test_a_clock_set_back_holds_the_door_for_a_minute_and_not_for_hours() -> None:
    door, passed = enter(NEW, now=NOON, cap=60, wanted=100)
    assert passed.slots
    hour_ago = NOON - timedelta(hours=1)
    door, passed = enter(door, now=hour_ago, cap=60)
    assert passed.why == "full"
    door, passed = enter(door, now=hour_ago + 63 * SECOND, cap=60)
    assert passed.slots


def test_a_clock_set_forward_lets_no_more_than_a_burst_through() -> None:
    door, passed = enter(NEW, now=NOON, cap=900, wanted=100)
    at_first = len(passed.slots)
    door, passed = enter(door, now=NOON + timedelta(hours=1), cap=900, wanted=900)
    assert at_first + len(passed.slots) <= 2 * (pace(900)[1] + 20)


# -- the pause that ANAF asks for ----------------------------------------------------------------


def test_429_pauses_everybody_as_long_as_anaf_asks() -> None:
    door = paused(NEW, now=NOON, retry_after=17 * SECOND)
    for person in (False, True):
        _, passed = enter(door, now=NOON + 16 * SECOND, cap=900, person=person)
        assert (passed.slots, passed.why, passed.wait) == ((), "paused", SECOND)
        _, passed = enter(door, now=NOON + 17 * SECOND, cap=900, person=person)
        assert passed.slots


def test_429_without_a_time_pauses_for_longer_and_longer() -> None:
    door, now, pauses = NEW, NOON, []
    for _ in range(7):
        door = paused(door, now=now, retry_after=None)
        assert door.paused_until
        pauses.append((door.paused_until - now) // SECOND)
        now = door.paused_until + SECOND
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    later = paused(door, now=now + timedelta(hours=1), retry_after=None)
    assert later.paused_until == now + timedelta(hours=1, seconds=60)


def test_several_429_of_one_moment_are_one_pause() -> None:
    door = paused(NEW, now=NOON, retry_after=None)
    again = paused(door, now=NOON + SECOND, retry_after=None)
    assert again == door


def test_a_nonsensical_retry_after_is_believed_for_an_hour() -> None:
    door = paused(NEW, now=NOON, retry_after=timedelta(days=9))
    assert door.paused_until == NOON + timedelta(hours=1)


# -- the circuit ---------------------------------------------------------------------------------


def broken(failures: int = FAILURES_TO_OPEN, door: Door = NEW, now: datetime = NOON) -> Door:
    for _ in range(failures):
        door = failed(door, now=now, code="timeout", probe=False, dice=0.5)
    return door


def test_repeated_failures_open_it_and_a_success_between_them_does_not() -> None:
    assert broken(FAILURES_TO_OPEN - 1).open_since is None
    assert broken(1, succeeded(broken(FAILURES_TO_OPEN - 1), now=NOON)).open_since is None
    opened = broken()
    assert (opened.open_since, opened.last_code) == (NOON, "timeout")


def of_companies(*cuis: str, companies: int) -> Door:
    door = NEW
    for cui in cuis:
        door = failed(
            door, now=NOON, code="http_5xx", probe=False, cui=cui, companies=companies, dice=0.5
        )
    return door


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
    door = succeeded(of_companies(*five[:4], companies=40), now=NOON)
    assert (door.failures, door.failing_cuis) == (0, "")


def test_where_few_companies_are_asked_about_all_of_them_open_it() -> None:
    assert of_companies(*["1"] * FAILURES_TO_OPEN, companies=1).open_since == NOON
    assert of_companies("1", "2", "1", "2", companies=2).open_since is None
    assert of_companies("1", "2", "1", "2", "1", companies=2).open_since == NOON


def test_it_is_open_since_the_first_failure() -> None:
    door = broken(1)
    door = broken(FAILURES_TO_OPEN, door, NOON + 30 * SECOND)
    assert door.open_since == NOON


def test_one_probe_goes_at_a_time() -> None:
    door = broken()
    _, passed = enter(door, now=NOON + 4 * SECOND, cap=900, wanted=50)
    assert (passed.slots, passed.why) == ((), "open")
    at = NOON + 6 * SECOND
    door, passed = enter(door, now=at, cap=900, wanted=50)
    assert (len(passed.slots), passed.probe) == (1, True)
    for person in (False, True):
        _, other = enter(door, now=at + SECOND, cap=900, person=person)
        assert (other.slots, other.why) == ((), "open")


def test_a_probe_that_never_reports_blocks_it_for_a_minute() -> None:
    door, _ = enter(broken(), now=NOON + 6 * SECOND, cap=900)
    assert not enter(door, now=NOON + 60 * SECOND, cap=900)[1].slots
    assert enter(door, now=NOON + 67 * SECOND, cap=900)[1].probe


@pytest.mark.parametrize("dice", [0.0, 0.5, 0.999])
def test_the_pauses_between_probes_grow_with_jitter(dice: float) -> None:
    door, now = broken(), NOON
    for number in range(1, 12):
        door = failed(door, now=now, code="timeout", probe=True, dice=dice)
        assert door.probe_at
        wait = door.probe_at - now
        assert wait == probe_pause(number) * (0.8 + 0.4 * dice)
        assert wait <= 1.2 * SLOWEST_PROBE
        now = door.probe_at
    assert wait > 0.79 * SLOWEST_PROBE


def test_what_was_on_its_way_when_it_opened_says_nothing_new() -> None:
    door = broken()
    assert failed(door, now=NOON + SECOND, code="timeout", probe=False) == door


def test_a_person_may_probe_sooner_than_the_grown_pause() -> None:
    door = broken()
    for _ in range(6):
        door = failed(door, now=NOON, code="timeout", probe=True, dice=0.5)
    assert not enter(door, now=NOON + 4 * SECOND, cap=900, person=True)[1].slots
    assert not enter(door, now=NOON + 6 * SECOND, cap=900)[1].slots
    assert enter(door, now=NOON + 6 * SECOND, cap=900, person=True)[1].probe


def test_after_an_outage_the_pace_grows_from_a_quarter() -> None:
    door = succeeded(replace(broken(), next_of_all=NOON, next_of_timer=NOON), now=NOON)
    assert door.open_since is None
    sent: list[datetime] = []
    now = NOON
    while now < NOON + 120 * SECOND:
        door, passed = enter(door, now=now, cap=900, wanted=50)
        sent += [now + slot for slot in passed.slots]
        now += 0.2 * SECOND

    def between(start: int, end: int) -> int:
        return sum(NOON + start * SECOND <= one < NOON + end * SECOND for one in sent)

    whole = calls_a_minute(900) / 60
    assert between(0, 30) == pytest.approx(30 * whole / 4, rel=0.35)
    assert between(32, 60) == pytest.approx(28 * whole / 2, rel=0.2)
    assert between(62, 120) == pytest.approx(58 * whole, rel=0.1)
    assert most_in_a_minute(sent) <= 900
