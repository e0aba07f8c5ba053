"""The one door to ANAF: who may ask now, whom to hold back. Pure decisions over a `Door`.

Strictness. Let `cap` be the calls allowed in a minute. Slots are handed out by GCRA: one every
`WINDOW / k` seconds, `b` of them at once at most, so that no WINDOW holds more than k + b slots.
A call is sent within `LATEST` of its slot or not at all (`gatekeeper.py`), so that no 60 seconds
at ANAF's side see more than one WINDOW = 60 + LATEST (+ a margin for the network) of slots.
k = cap - 2b: the second b is for a clock set forward, or a PostgreSQL that lost its last moment.
"""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)
LATEST = 1.5 * SECOND
WINDOW = 62 * SECOND
# Of all calls, what only a person's may use, and the most that people's may take: whatever is
# pressed, the rest is the timer's.
RESERVED = 0.1
PERSONS_SHARE = 0.5
# How far ahead slots are given: a timer's question may as well stay due; a person waits.
TIMER_PATIENCE = 1 * SECOND
PERSON_PATIENCE = 20 * SECOND

FAILURES_TO_OPEN = 5
FIRST_PROBE = 5 * SECOND
SLOWEST_PROBE = 300 * SECOND
# A person may probe again this long after the last probe, whatever the growing pause says.
PERSON_PROBE = 5 * SECOND
# A probe that never reports (a killed worker) blocks the door no longer than this.
PROBE_LIFE = 60 * SECOND
# After an outage the pace grows from a quarter to a half to the whole.
RAMP = ((30 * SECOND, 4), (60 * SECOND, 2))

FIRST_PAUSE = 60 * SECOND
LONGEST_PAUSE = 900 * SECOND
# What Retry-After asks for is believed up to an hour for the whole installation.
LONGEST_RETRY_AFTER = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Door:
    """What all workers share about one host. Times are the database's clock."""

    next_of_all: datetime
    next_of_timer: datetime
    granted: int = 0
    paused_until: datetime | None = None
    paused_since: datetime | None = None
    pauses: int = 0
    failures: int = 0
    # The CUIs of the companies that these failures were about, separated by commas.
    failing_cuis: str = ""
    failing_since: datetime | None = None
    open_since: datetime | None = None
    probes: int = 0
    probe_at: datetime | None = None
    probing_until: datetime | None = None
    closed_at: datetime | None = None
    last_code: str = ""
    next_of_person: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """Seconds from now at which each call may go; none: ask again after `wait`.

    `report` says that the door wants to hear of a success too; `probe`, that this is the one call
    of an open circuit; `why` is "" or what holds the door shut: "paused", "open", "full".
    """

    slots: tuple[timedelta, ...] = ()
    wait: timedelta = timedelta()
    why: str = ""
    report: bool = False
    probe: bool = False


def enter(
    door: Door, *, now: datetime, cap: int, wanted: int = 1, person: bool = False
) -> tuple[Door, Pass]:
    """Up to `wanted` slots, and the door as it is then."""
    if door.paused_until and door.paused_until > now:
        return door, Pass(wait=door.paused_until - now, why="paused")
    if door.open_since is not None:
        return _probe(door, now=now, person=person)
    return _grant(door, now=now, cap=cap, wanted=wanted, person=person)


def is_shut(door: Door, *, now: datetime) -> bool:
    """Paused, or open with no probe due."""
    if door.paused_until and door.paused_until > now:
        return True
    if door.open_since is None:
        return False
    waits = (door.probing_until, door.probe_at)
    return any(one and now < one < now + 2 * SLOWEST_PROBE for one in waits)


def _probe(door: Door, *, now: datetime, person: bool) -> tuple[Door, Pass]:
    if door.probing_until and now < door.probing_until < now + 2 * PROBE_LIFE:
        return door, Pass(wait=door.probing_until - now, why="open")
    earliest = door.probe_at or now
    if person:
        last = earliest - probe_pause(door.probes)
        earliest = min(earliest, last + PERSON_PROBE)
    if now < earliest <= now + 2 * SLOWEST_PROBE:
        return door, Pass(wait=earliest - now, why="open")
    probing = replace(door, probing_until=now + PROBE_LIFE, granted=door.granted + 1)
    return probing, Pass((timedelta(),), report=True, probe=True)


def _grant(door: Door, *, now: datetime, cap: int, wanted: int, person: bool) -> tuple[Door, Pass]:
    step, burst = pace(cap)
    step *= _ramp(door, now)
    timer_step, person_step = step / (1 - RESERVED), step / PERSONS_SHARE
    # A clock that was set back must not hold the door for hours, nor open it at once.
    ahead = now + WINDOW + PERSON_PATIENCE
    of_all, of_timer, of_person = (
        min(at, ahead) if at <= ahead else now + WINDOW
        for at in (door.next_of_all, door.next_of_timer, door.next_of_person or now - WINDOW)
    )
    patience = PERSON_PATIENCE if person else TIMER_PATIENCE
    of_all = max(of_all, now - burst * step)
    of_timer = max(of_timer, now - burst * timer_step)
    of_person = max(of_person, now - burst * person_step)
    slots: list[timedelta] = []
    for _ in range(wanted):
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
        door,
        next_of_all=of_all,
        next_of_timer=of_timer,
        next_of_person=of_person,
        granted=door.granted + len(slots),
    )
    return after, Pass(tuple(slots), wait, "" if slots else "full", report=door.failures > 0)


def pace(cap: int) -> tuple[timedelta, int]:
    """Between two slots, and how many may go at once."""
    burst = cap // 45
    return WINDOW / max(cap - 2 * burst, 1), burst


def calls_a_minute(cap: int) -> float:
    """What the timer's questions may use in the long run: the policy's budget."""
    return timedelta(minutes=1) / pace(cap)[0] * (1 - RESERVED)


def _ramp(door: Door, now: datetime) -> int:
    if door.closed_at is None or door.closed_at > now:
        return 1
    return next((factor for until, factor in RAMP if now - door.closed_at < until), 1)


def succeeded(door: Door, *, now: datetime) -> Door:
    """ANAF answers: the circuit closes, and the pace grows from a quarter."""
    if door.open_since is None:
        return replace(door, failures=0, failing_cuis="", failing_since=None)
    return replace(
        door,
        failures=0,
        failing_cuis="",
        failing_since=None,
        open_since=None,
        probes=0,
        probe_at=None,
        probing_until=None,
        closed_at=now,
        last_code="",
    )


def failed(
    door: Door,
    *,
    now: datetime,
    code: str,
    probe: bool,
    cui: str = "",
    companies: int = 1,
    dice: float | None = None,
) -> Door:
    """ANAF does not answer. `dice` in [0, 1) replaces the die of the jitter.

    The circuit opens when calls about different companies have failed in a row: FAILURES_TO_OPEN of
    them, or all where no more `companies` are asked about. One company that ANAF always fails about
    says nothing of the others. `cui` is the company's of this call.
    A failure of a call that was on its way when the circuit opened says nothing new.
    """
    since = door.failing_since or now
    if door.open_since is not None and not probe:
        return door
    cuis = {*filter(None, door.failing_cuis.split(",")), cui or "-"}
    door = replace(door, failing_cuis=",".join(sorted(cuis)[:FAILURES_TO_OPEN]))
    is_general = len(cuis) >= min(FAILURES_TO_OPEN, companies)
    if door.open_since is None and not (door.failures + 1 >= FAILURES_TO_OPEN and is_general):
        return replace(door, failures=door.failures + 1, failing_since=since, last_code=code)
    probes = door.probes + 1 if door.open_since is not None else 0
    jitter = 0.8 + 0.4 * (random.random() if dice is None else dice)  # noqa: S311
    return replace(
        door,
        failures=door.failures + 1,
        failing_since=since,
        open_since=door.open_since or since,
        probes=probes,
        probe_at=now + probe_pause(probes) * jitter,
        probing_until=None,
        last_code=code,
    )


def probe_pause(probes: int) -> timedelta:
    longer: int = 2 ** min(probes, 20)
    return min(FIRST_PROBE * longer, SLOWEST_PROBE)


def paused(door: Door, *, now: datetime, retry_after: timedelta | None) -> Door:
    """HTTP 429: nobody asks until ANAF said, or for a minute, two, four … up to a quarter hour.

    Calls that were on their way when the first 429 came do not make the pause longer.
    """
    if door.paused_until and door.paused_until > now:
        until = now + min(retry_after or timedelta(), LONGEST_RETRY_AFTER)
        return replace(door, paused_until=max(door.paused_until, until))
    again = door.paused_until is not None and now - door.paused_until < 10 * 60 * SECOND
    pauses = door.pauses + 1 if again else 1
    own = min(FIRST_PAUSE * 2 ** min(pauses - 1, 10), LONGEST_PAUSE)
    asked = min(retry_after, LONGEST_RETRY_AFTER) if retry_after else own
    return replace(
        door,
        paused_since=now,
        paused_until=now + max(asked, SECOND),
        pauses=pauses,
        closed_at=None,
        probing_until=None,
    )
