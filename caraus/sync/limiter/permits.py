"""The door's memory in PostgreSQL: one row per host, locked for each decision of `gate.py`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from caraus.anaf.errors import ERRORS, AnafError, Outcome
from caraus.sync.limiter import rules
from caraus.sync.limiter.rules import Door, Pass
from caraus.sync.models import Gate, SyncState

log = structlog.get_logger(__name__)

# Signs of a host in trouble that come with an answer; the others are `Outcome.UNAVAILABLE`.
_HOST_CODES = frozenset({"html", "waf_rejected", "redirected"})
# No answer of any use either, but for other reasons.
_NOT_THE_HOSTS = frozenset(
    {
        *("technical_error", "missing_configuration", "foreign_host", "unexpected"),
        *("token_refused_anew", "forbidden"),
    }
)
_NAMES = [one.name for one in fields(Door)]
# Companies about which ANAF has answered within this time are those that are asked about.
LATELY = timedelta(days=7)
# A call that waits for a place of its own gives up after so many seconds.
TIMERS_WAIT = 5.0
PERSONS_WAIT = rules.PERSON_PATIENCE.total_seconds()


class ShutDoorError(AnafError):
    """ANAF may not be asked now, and was not. `why` is "paused", "open" or "full"; as an error it
    is the trouble that shut the door."""

    def __init__(self, refused: Pass, door: Door) -> None:
        last = door.last_code if door.last_code in ERRORS else "timeout"
        super().__init__("rate_limited" if refused.why != "open" else last)
        self.why = refused.why
        self.wait = refused.wait


@contextmanager
def passing(cui: str = "", *, person: bool = True) -> Iterator[None]:
    """A call about the company with this CUI through the door: wait for its turn, and tell the door
    what came of it.

    The timer's keeps to its share, and to the growing pauses of an open circuit.
    """
    passed = pass_the_door(person=person)
    try:
        yield
    except AnafError as error:
        report(error, passed=passed, cui=cui)
        raise
    report(None, passed=passed, cui=cui)


def host() -> str:
    """The host of ANAF's services, the one whose limit is 1000 calls a minute."""
    return urlsplit(settings.ANAF_API_URL).netloc


def enter(*, wanted: int = 1, person: bool = False) -> tuple[Pass, Door]:
    """Slots for calls to ANAF's services; see `gate.enter`."""
    given: list[Pass] = []

    def decide(door: Door, now: datetime) -> Door:
        after, answer = rules.enter(
            door, now=now, cap=settings.ANAF_CALLS_PER_MINUTE, wanted=wanted, person=person
        )
        given.append(answer)
        return after

    door = _change(decide)
    return given[0], door


def pass_the_door(*, person: bool = True) -> Pass:
    """Wait for the call's turn; raises ShutDoorError when ANAF may not be asked now.

    A slot that is missed (this thread slept too long) is not used: another one is taken.
    """
    given_up = monotonic() + (PERSONS_WAIT if person else TIMERS_WAIT)
    while True:
        passed, door = enter(person=person)
        if not passed.slots:
            left = given_up - monotonic() if passed.why == "full" else 0.0
            if left > 0:
                sleep(min(passed.wait.total_seconds(), left))
                continue
            raise ShutDoorError(passed, door)
        until = monotonic() + passed.slots[0].total_seconds()
        sleep(max(until - monotonic(), 0))
        if monotonic() - until < rules.LATEST.total_seconds():
            return passed


def report(error: AnafError | None, *, passed: Pass, cui: str = "") -> None:
    """What came of a call about a company that went through the door. A success is told only where
    it matters."""
    if error is None or not (is_hosts(error) or error.code == "rate_limited"):
        if passed.report:
            _change(lambda door, now: rules.succeeded(door, now=now))
        return
    if error.code == "rate_limited":
        seconds = error.retry_after
        wait = timedelta(seconds=min(seconds, 10**6)) if seconds else None
        _change(lambda door, now: rules.paused(door, now=now, retry_after=wait))
        log.warning("anaf_asked_for_a_pause", seconds=seconds)
        return
    companies, code = _companies_asked_about(), error.code
    _change(
        lambda door, now: rules.failed(
            door, now=now, code=code, probe=passed.probe, cui=cui, companies=companies
        )
    )


def _companies_asked_about() -> int:
    """How many companies ANAF has answered about lately; counted no further than matters."""
    lately = SyncState.objects.filter(
        last_good_at__gt=timezone.now() - LATELY, company__archived_at=None
    )
    # The same company may stand in several organizations.
    cuis = lately.order_by().values_list("company__cui", flat=True)[: 10 * rules.FAILURES_TO_OPEN]
    return min(len(set(cuis)), rules.FAILURES_TO_OPEN)


def is_hosts(error: AnafError) -> bool:
    """Whether this trouble is the host's (or our way to it), not one company's or certificate's."""
    return error.code not in _NOT_THE_HOSTS and (
        error.outcome is Outcome.UNAVAILABLE or error.code in _HOST_CODES
    )


def is_same_trouble(before: str, now: AnafError) -> bool:
    """Whether a trouble goes on; an outage is one, in whichever way each question met it."""
    return before == now.code or (
        before in ERRORS and is_hosts(AnafError(before)) and is_hosts(now)
    )


def is_shut() -> bool:
    """Whether nobody may ask now, without asking for a place."""
    door = look()
    return door is not None and rules.is_shut(door, now=timezone.now())


def look() -> Door | None:
    """The door as it stands; None when nobody has gone through it yet."""
    row = Gate.objects.filter(host=host()).values(*_NAMES).first()
    return Door(**row) if row else None


def _change(decide: Callable[[Door, datetime], Door]) -> Door:
    """Lock the row, decide by the database's clock, write. Not waiting for the disk: what a crash
    loses of it is within the limiter's slack."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        door = _locked() or _first(cursor)
        cursor.execute("SELECT clock_timestamp()")  # after the lock was granted
        after = decide(door, cursor.fetchone()[0])
        if after != door:
            Gate.objects.filter(host=host()).update(**asdict(after))
    _tell(door, after)
    return after


def _locked() -> Door | None:
    row = Gate.objects.select_for_update().filter(host=host()).values(*_NAMES).first()
    return Door(**row) if row else None


def _first(cursor: Any) -> Door:
    """Nobody has gone through it before; another may be making the row this moment."""
    cursor.execute("SELECT clock_timestamp()")
    now = cursor.fetchone()[0]
    made = Gate(host=host(), **asdict(Door(now, now)))
    Gate.objects.bulk_create([made], ignore_conflicts=True)
    return _locked() or Door(now, now)


def _tell(before: Door, after: Door) -> None:
    if before.open_since is None and after.open_since is not None:
        log.warning("anaf_does_not_answer", since=after.open_since, code=after.last_code)
    if before.open_since is not None and after.open_since is None:
        log.info("anaf_answers_again", since=before.open_since)
