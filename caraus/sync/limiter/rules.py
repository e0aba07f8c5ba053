"""The rate limiter's rules: quota, pause and circuit breaker. Pure functions of a `LimiterState`.

Strictness. Let `cap` be the calls allowed in a minute. GCRA (generic cell rate algorithm) grants
slots: one every `WINDOW / k` seconds, `b` of them at once at most, so that no WINDOW holds more
than k + b slots. A call is sent within `SLOT_TOLERANCE` of its slot or not at all (`permits.py`),
so that no 60 seconds at ANAF see more slots than one WINDOW = 60 s + SLOT_TOLERANCE + a margin for
the network. k = cap - 2b: the second b is for a clock set forward, or a PostgreSQL that lost its
last moment.
"""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)
SLOT_TOLERANCE = 1.5 * SECOND
WINDOW = 62 * SECOND
# The share of all calls that only persons' requests may use, and the most that they may take: the
# rest is the timer's.
PERSON_RESERVED_SHARE = 0.1
PERSON_MAX_SHARE = 0.5
# How far ahead a slot is granted: the timer's request may as well stay due; a person waits.
TIMER_PATIENCE = 1 * SECOND
PERSON_PATIENCE = 20 * SECOND

FAILURES_TO_OPEN = 5
FIRST_PROBE_PAUSE = 5 * SECOND
LONGEST_PROBE_PAUSE = 300 * SECOND
# A person may probe again this long after the last probe, whatever the growing pause says.
PERSON_PROBE_PAUSE = 5 * SECOND
# A probe without a result (its worker was killed) blocks other calls no longer than this.
PROBE_TIMEOUT = 60 * SECOND
# For so long after an outage, slots are so many times as far apart.
RECOVERY_FACTORS = ((30 * SECOND, 4), (60 * SECOND, 2))

FIRST_RATE_LIMIT_PAUSE = 60 * SECOND
LONGEST_RATE_LIMIT_PAUSE = 900 * SECOND
# Retry-After is obeyed for an hour at most, as it stops the whole installation.
LONGEST_RETRY_AFTER = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The limiter's state for one host, shared by all workers. Times are the database's clock."""

    next_of_all: datetime
    next_of_timer: datetime
    granted: int = 0
    paused_until: datetime | None = None
    paused_since: datetime | None = None
    pauses: int = 0
    failures: int = 0
    # The CUIs of the companies that these failures were about, separated by commas.
    error_cuis: str = ""
    error_since: datetime | None = None
    open_since: datetime | None = None
    probes: int = 0
    probe_at: datetime | None = None
    probing_until: datetime | None = None
    closed_at: datetime | None = None
    last_code: str = ""
    next_of_person: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """The delays from now after which calls may be sent; without any, try again after `wait`.

    `reason` says why no call may be sent: "paused" (HTTP 429), "open" (circuit breaker), "full"
    (quota), else "". `report`: a success must be reported too; `probe`: this is the single call of
    an open circuit.
    """

    slots: tuple[timedelta, ...] = ()
    wait: timedelta = timedelta()
    reason: str = ""
    report: bool = False
    probe: bool = False


def decide_permit(
    state: LimiterState, *, now: datetime, cap: int, requested: int = 1, person: bool = False
) -> tuple[LimiterState, Permit]:
    """Return the state after granting up to `requested` slots, and the permit."""
    if state.paused_until and state.paused_until > now:
        return state, Permit(wait=state.paused_until - now, reason="paused")
    if state.open_since is not None:
        return _decide_probe(state, now=now, person=person)
    return _grant_slots(state, now=now, cap=cap, requested=requested, person=person)


def is_blocked(state: LimiterState, *, now: datetime) -> bool:
    """Return whether the host is paused, or its circuit is open with no probe due."""
    if state.paused_until and state.paused_until > now:
        return True
    if state.open_since is None:
        return False
    waits = (state.probing_until, state.probe_at)
    return any(until and now < until < now + 2 * LONGEST_PROBE_PAUSE for until in waits)


def _decide_probe(
    state: LimiterState, *, now: datetime, person: bool
) -> tuple[LimiterState, Permit]:
    if state.probing_until and now < state.probing_until < now + 2 * PROBE_TIMEOUT:
        return state, Permit(wait=state.probing_until - now, reason="open")
    earliest = state.probe_at or now
    if person:
        last = earliest - probe_pause(state.probes)
        earliest = min(earliest, last + PERSON_PROBE_PAUSE)
    if now < earliest <= now + 2 * LONGEST_PROBE_PAUSE:
        return state, Permit(wait=earliest - now, reason="open")
    probing = replace(state, probing_until=now + PROBE_TIMEOUT, granted=state.granted + 1)
    return probing, Permit((timedelta(),), report=True, probe=True)


def _grant_slots(
    state: LimiterState, *, now: datetime, cap: int, requested: int, person: bool
) -> tuple[LimiterState, Permit]:
    step, burst = slot_interval(cap)
    step *= _recovery_factor(state, now)
    timer_step, person_step = step / (1 - PERSON_RESERVED_SHARE), step / PERSON_MAX_SHARE
    # A clock that was set back must neither block calls for hours nor allow them at once.
    ahead = now + WINDOW + PERSON_PATIENCE
    of_all, of_timer, of_person = (
        min(at, ahead) if at <= ahead else now + WINDOW
        for at in (state.next_of_all, state.next_of_timer, state.next_of_person or now - WINDOW)
    )
    patience = PERSON_PATIENCE if person else TIMER_PATIENCE
    of_all = max(of_all, now - burst * step)
    of_timer = max(of_timer, now - burst * timer_step)
    of_person = max(of_person, now - burst * person_step)
    slots: list[timedelta] = []
    for _ in range(requested):
        # A person's call takes the next slot of all, but none while people's share is used up:
        # slots kept for later would hold up the timer until then.
        first = of_all if person else max(of_all, of_timer)
        if first > now + patience or (person and of_person > now):
            break
        slots.append(max(first - now, timedelta()))
        of_all = max(of_all, now - burst * step) + step if person else first + step
        if person:
            of_person += person_step
        else:
            of_timer = max(of_timer, first) + timer_step
    next_slot = max(of_all - patience, of_person) if person else max(of_all, of_timer)
    wait = timedelta() if slots else max(next_slot - now, SECOND / 50)
    after = replace(
        state,
        next_of_all=of_all,
        next_of_timer=of_timer,
        next_of_person=of_person,
        granted=state.granted + len(slots),
    )
    return after, Permit(tuple(slots), wait, "" if slots else "full", report=state.failures > 0)


def slot_interval(cap: int) -> tuple[timedelta, int]:
    """Return the time between two slots, and how many calls may be sent at once."""
    burst = cap // 45
    return WINDOW / max(cap - 2 * burst, 1), burst


def calls_a_minute(cap: int) -> float:
    """Return the calls a minute that the timer may use in the long run: the plan's budget."""
    return timedelta(minutes=1) / slot_interval(cap)[0] * (1 - PERSON_RESERVED_SHARE)


def _recovery_factor(state: LimiterState, now: datetime) -> int:
    if state.closed_at is None or state.closed_at > now:
        return 1
    return next((factor for until, factor in RECOVERY_FACTORS if now - state.closed_at < until), 1)


def after_success(state: LimiterState, *, now: datetime) -> LimiterState:
    """Return the state after a success: the circuit closes, and slots get closer step by step."""
    if state.open_since is None:
        return replace(state, failures=0, error_cuis="", error_since=None)
    return replace(
        state,
        failures=0,
        error_cuis="",
        error_since=None,
        open_since=None,
        probes=0,
        probe_at=None,
        probing_until=None,
        closed_at=now,
        last_code="",
    )


def after_failure(
    state: LimiterState,
    *,
    now: datetime,
    code: str,
    probe: bool,
    cui: str = "",
    companies: int = 1,
    jitter: float | None = None,
) -> LimiterState:
    """Return the state after a call to which ANAF did not respond.

    The circuit opens when calls about different companies have failed in a row: FAILURES_TO_OPEN of
    them, or all where no more `companies` are polled. One company that ANAF always fails about
    says nothing of the others. `cui` is the company of this call. A failure of a call that was on
    its way when the circuit opened changes nothing. `jitter` in [0, 1) replaces the random number.
    """
    since = state.error_since or now
    if state.open_since is not None and not probe:
        return state
    cuis = {*filter(None, state.error_cuis.split(",")), cui or "-"}
    state = replace(state, error_cuis=",".join(sorted(cuis)[:FAILURES_TO_OPEN]))
    is_general = len(cuis) >= min(FAILURES_TO_OPEN, companies)
    if state.open_since is None and not (state.failures + 1 >= FAILURES_TO_OPEN and is_general):
        return replace(state, failures=state.failures + 1, error_since=since, last_code=code)
    probes = state.probes + 1 if state.open_since is not None else 0
    factor = 0.8 + 0.4 * (random.random() if jitter is None else jitter)  # noqa: S311
    return replace(
        state,
        failures=state.failures + 1,
        error_since=since,
        open_since=state.open_since or since,
        probes=probes,
        probe_at=now + probe_pause(probes) * factor,
        probing_until=None,
        last_code=code,
    )


def probe_pause(probes: int) -> timedelta:
    """Return the pause before the next probe of an open circuit: it doubles up to 15 minutes."""
    longer: int = 2 ** min(probes, 20)
    return min(FIRST_PROBE_PAUSE * longer, LONGEST_PROBE_PAUSE)


def after_rate_limit(
    state: LimiterState, *, now: datetime, retry_after: timedelta | None
) -> LimiterState:
    """Return the state after HTTP 429: no calls until Retry-After, or for 1, 2, 4 … 15 minutes.

    Calls that were on their way when the first 429 came do not make the pause longer.
    """
    if state.paused_until and state.paused_until > now:
        until = now + min(retry_after or timedelta(), LONGEST_RETRY_AFTER)
        return replace(state, paused_until=max(state.paused_until, until))
    again = state.paused_until is not None and now - state.paused_until < 10 * 60 * SECOND
    pauses = state.pauses + 1 if again else 1
    default = min(FIRST_RATE_LIMIT_PAUSE * 2 ** min(pauses - 1, 10), LONGEST_RATE_LIMIT_PAUSE)
    pause = min(retry_after, LONGEST_RETRY_AFTER) if retry_after else default
    return replace(
        state,
        paused_since=now,
        paused_until=now + max(pause, SECOND),
        pauses=pauses,
        closed_at=None,
        probing_until=None,
    )
