"""The rate limiter of ANAF's services: one row per host, locked for each decision of `rules.py`.

Every call goes through `limited_call`, or through `acquire_permit` for many at once.
"""

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
from caraus.ledger.entries import append
from caraus.ledger.models import INSTALLATION
from caraus.sync.limiter import rules
from caraus.sync.limiter.rules import LimiterState, Permit
from caraus.sync.models import RateLimiter, SyncState
from caraus.sync.silence import entries_of_outage

log = structlog.get_logger(__name__)

# Errors of the host that come with a response; the others are `Outcome.UNAVAILABLE`.
_HOST_CODES = frozenset({"html", "waf_rejected", "redirected"})
# Errors that are not the host's.
_OTHER_CODES = frozenset(
    {
        *("technical_error", "missing_configuration", "foreign_host", "unexpected"),
        *("token_refused_anew", "forbidden"),
    }
)
_FIELD_NAMES = [field.name for field in fields(LimiterState)]
# A company counts as polled when ANAF has responded about it within this time.
RECENTLY = timedelta(days=7)
# Seconds after which a call that waits for a permit gives up.
TIMER_WAIT_SECONDS = 5.0
PERSON_WAIT_SECONDS = rules.PERSON_PATIENCE.total_seconds()


class CallBlockedError(AnafError):
    """The rate limiter blocked the call, so it was not sent. `reason` is that of the permit; the
    code is that of the error which blocks."""

    def __init__(self, refused: Permit, state: LimiterState) -> None:
        last = state.last_code if state.last_code in ERRORS else "timeout"
        super().__init__("rate_limited" if refused.reason != "open" else last)
        self.reason = refused.reason
        self.wait = refused.wait


@contextmanager
def limited_call(cui: str = "", *, person: bool = True) -> Iterator[None]:
    """Wait for a permit, run the call about the company with this CUI, and report its result.

    A call of the timer (not `person`) is limited to its share, and to the growing pauses of an open
    circuit.
    """
    permit = wait_for_permit(person=person)
    try:
        yield
    except AnafError as error:
        report_result(error, permit=permit, cui=cui)
        raise
    report_result(None, permit=permit, cui=cui)


def anaf_host() -> str:
    """Return the host of ANAF's services, whose limit is 1,000 calls a minute."""
    return urlsplit(settings.ANAF_API_URL).netloc


def acquire_permit(*, requested: int = 1, person: bool = False) -> tuple[Permit, LimiterState]:
    """Request slots for calls to ANAF's services; see `rules.decide_permit`."""
    given: list[Permit] = []

    def decide(state: LimiterState, now: datetime) -> LimiterState:
        after, permit = rules.decide_permit(
            state, now=now, cap=settings.ANAF_CALLS_PER_MINUTE, requested=requested, person=person
        )
        given.append(permit)
        return after

    state = _update_state(decide)
    return given[0], state


def wait_for_permit(*, person: bool = True) -> Permit:
    """Wait for a permit; raise CallBlockedError when no call may be sent now.

    A missed slot (this thread slept too long) is not used: another permit is requested.
    """
    deadline = monotonic() + (PERSON_WAIT_SECONDS if person else TIMER_WAIT_SECONDS)
    while True:
        permit, state = acquire_permit(person=person)
        if not permit.slots:
            left = deadline - monotonic() if permit.reason == "full" else 0.0
            if left > 0:
                sleep(min(permit.wait.total_seconds(), left))
                continue
            raise CallBlockedError(permit, state)
        until = monotonic() + permit.slots[0].total_seconds()
        sleep(max(until - monotonic(), 0))
        if monotonic() - until < rules.SLOT_TOLERANCE.total_seconds():
            return permit


def report_result(error: AnafError | None, *, permit: Permit, cui: str = "") -> None:
    """Report the result of a permitted call about the company with this CUI. A success is written
    only where the permit says so."""
    if error is None or not (is_host_error(error) or error.code == "rate_limited"):
        if permit.report:
            _update_state(lambda state, now: rules.after_success(state, now=now))
        return
    if error.code == "rate_limited":
        seconds = error.retry_after
        wait = timedelta(seconds=min(seconds, 10**6)) if seconds else None
        _update_state(lambda state, now: rules.after_rate_limit(state, now=now, retry_after=wait))
        log.warning("anaf_asked_for_a_pause", seconds=seconds)
        return
    companies, code = _count_polled_companies(), error.code
    _update_state(
        lambda state, now: rules.after_failure(
            state, now=now, code=code, probe=permit.probe, cui=cui, companies=companies
        )
    )


def _count_polled_companies() -> int:
    """Count the companies that ANAF has responded about recently, up to FAILURES_TO_OPEN."""
    recent = SyncState.objects.filter(
        last_good_at__gt=timezone.now() - RECENTLY, company__archived_at=None
    )
    # The same company may stand in several organizations.
    cuis = recent.order_by().values_list("company__cui", flat=True)[: 10 * rules.FAILURES_TO_OPEN]
    return min(len(set(cuis)), rules.FAILURES_TO_OPEN)


def is_host_error(error: AnafError) -> bool:
    """Return whether the error is the host's (or the network's), not one company's."""
    return error.code not in _OTHER_CODES and (
        error.outcome is Outcome.UNAVAILABLE or error.code in _HOST_CODES
    )


def is_same_error(before: str, now: AnafError) -> bool:
    """Return whether an error continues; all errors of an outage count as the same."""
    return before == now.code or (
        before in ERRORS and is_host_error(AnafError(before)) and is_host_error(now)
    )


def is_anaf_blocked() -> bool:
    """Return whether no call may be sent now, without requesting a permit."""
    state = read_state()
    return state is not None and rules.is_blocked(state, now=timezone.now())


def read_state() -> LimiterState | None:
    """Return the limiter's state; None before the first call."""
    row = RateLimiter.objects.filter(host=anaf_host()).values(*_FIELD_NAMES).first()
    return LimiterState(**row) if row else None


def _update_state(decide: Callable[[LimiterState, datetime], LimiterState]) -> LimiterState:
    """Lock the row, decide by the database's clock, write. The commit does not wait for the disk:
    the rules allow for what a crash loses."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        state = _lock_row() or _create_row(cursor)
        cursor.execute("SELECT clock_timestamp()")  # after the lock was granted
        after = decide(state, cursor.fetchone()[0])
        if after != state:
            RateLimiter.objects.filter(host=anaf_host()).update(**asdict(after))
        append(INSTALLATION, entries_of_outage(anaf_host(), state, after))
    _log_change(state, after)
    return after


def _lock_row() -> LimiterState | None:
    row = (
        RateLimiter.objects.select_for_update()
        .filter(host=anaf_host())
        .values(*_FIELD_NAMES)
        .first()
    )
    return LimiterState(**row) if row else None


def _create_row(cursor: Any) -> LimiterState:
    """Create the row before the first call; another process may be doing so at this moment."""
    cursor.execute("SELECT clock_timestamp()")
    now = cursor.fetchone()[0]
    limiter = RateLimiter(host=anaf_host(), **asdict(LimiterState(now, now)))
    RateLimiter.objects.bulk_create([limiter], ignore_conflicts=True)
    return _lock_row() or LimiterState(now, now)


def _log_change(before: LimiterState, after: LimiterState) -> None:
    if before.open_since is None and after.open_since is not None:
        log.warning("anaf_unresponsive", since=after.open_since, code=after.last_code)
    if before.open_since is not None and after.open_since is None:
        log.info("anaf_responds_again", since=before.open_since)
