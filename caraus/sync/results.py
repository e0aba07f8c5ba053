"""Record the result of a sync: the response, the schedule and the sync run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from traceback import format_tb

import structlog
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf import info
from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.http import AnafResponse
from caraus.anaf.info import InfoResponse, body_digest
from caraus.authorizations import rights, token_refresh
from caraus.authorizations.models import Authorization
from caraus.core.formatting import bucharest_day
from caraus.ledger.entries import NewEntry, Request, recording
from caraus.sync import notifications, silence
from caraus.sync.limiter import permits, quotas
from caraus.sync.models import SyncRun, SyncState
from caraus.sync.romanian_day import until_tomorrow
from caraus.sync.schedule.intervals import FIRST_RETRY, next_due
from caraus.sync.schedule.next_sync import learn_interval
from caraus.transports.store import ResponseCounts, store_response

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ParsedResponse:
    """A good response. `info` is None when its bytes equal those of the last one."""

    received_at: datetime
    digest: str
    info: InfoResponse | None
    server_date: str = ""


def parse_response(
    response: AnafResponse, *, known: str, access_token: str, now: datetime | None
) -> ParsedResponse:
    """Parse a response, unless its digest is `known`. Raise AnafError when it is no list."""
    digest = body_digest(response.body)
    if known and digest == known:
        return ParsedResponse(now or datetime.now(UTC), digest, None, response.server_date)
    read = info.read_response(response, access_token=access_token, now=now)
    return ParsedResponse(read.received_at, digest, read, response.server_date)


def comparable_digest(state: SyncState | None) -> str:
    """Return the digest of responses that change nothing; "" when each must be parsed.

    While a UIT is missing, the next good response without it matters although it is the same.
    """
    return state.last_body_digest if state and not state.last_missing else ""


def record_success(
    company: Company, authorization: Authorization, response: ParsedResponse, started_at: datetime
) -> ResponseCounts:
    """Record a good response in one transaction that holds the company's row."""
    with recording(company.organization_id) as entries:
        state = lock_state(company, started_at)
        request = Request(started_at, response.received_at, response.server_date)
        entries.extend(silence.entries_of_response(company, state, request))
        applied = _store_if_changed(company, state, response, started_at, entries)
        good_before = state.last_good_at
        quotas.count_call(state, started_at)
        interval = learn_interval(
            state,
            seen=applied.seen,
            new=applied.new,
            started_at=started_at,
            received_at=response.received_at,
            authorization_id=authorization.pk,
        )
        state.last_attempt_at = started_at
        state.last_good_at = max(response.received_at, good_before or response.received_at)
        state.last_outcome, state.last_code = Outcome.OK, ""
        state.error_since, state.failures_in_a_row = None, 0
        state.next_sync_at = _next_after_success(state, started_at, interval)
        state.requested_at = state.claimed_until = None
        state.save()
        rights.record_right(
            authorization=authorization, company=company, covered=True, at=response.received_at
        )
        SyncRun.objects.create(
            company=company,
            authorization=authorization,
            started_at=started_at,
            finished_at=timezone.now(),
            outcome=Outcome.OK,
            http_status=200,
            seen=applied.seen,
            new=applied.new,
            changed=applied.changed,
            missing=applied.missing,
            unreadable=applied.unreadable,
            age=list_age(good_before, response.received_at),
        )
        if applied.all_missing:
            notifications.notify_all_missing(
                company, number=applied.all_missing, at=response.received_at
            )
        if applied.mass_missing:
            notifications.notify_mass_disappearance(
                company, number=applied.mass_missing, at=response.received_at
            )
    # Not in that transaction: the responses for all companies of an authorization would wait for
    # one another, and for other writes to its row.
    token_refresh.record_good_call(authorization.pk, response.received_at)
    log.info("company_synced", cui=company.cui, seen=applied.seen, new=applied.new)
    return applied


def list_age(good_before: datetime | None, received_at: datetime) -> float | None:
    """Return the age of the list in seconds when the response came; None for the first response."""
    if good_before is None:
        return None
    return max((received_at - good_before).total_seconds(), 0.0)


def _store_if_changed(
    company: Company,
    state: SyncState,
    response: ParsedResponse,
    started_at: datetime,
    entries: list[NewEntry],
) -> ResponseCounts:
    """Store what the response changed; compare nothing when its content is that of the last one."""
    read = response.info
    if read is None or _has_same_content(read, state):
        state.last_body_digest = response.digest
        return ResponseCounts(seen=state.last_seen_count, unreadable=state.last_unreadable)
    applied = store_response(
        company=company,
        response=read,
        last_good_at=state.last_good_at,
        entries=entries,
        requested_at=started_at,
    )
    if state.last_good_at and response.received_at < state.last_good_at:
        return applied
    state.last_digest, state.last_body_digest = read.digest, response.digest
    state.last_seen_count, state.last_missing = applied.seen, applied.missing
    state.last_unreadable = applied.unreadable
    state.start_days = sorted(
        {
            record.transport_date.isoformat()
            for record in read.records
            if record.transport_date
            and record.transport_date >= bucharest_day(response.received_at)
        }
    )
    return applied


def _has_same_content(read: InfoResponse, state: SyncState) -> bool:
    """Return whether the content is the same in another order, as the same parser reads it."""
    if not state.last_body_digest or state.last_missing or read.unreadable:
        return False
    if state.last_good_at is None:
        return False
    return read.digest == state.last_digest and read.received_at >= state.last_good_at


def _next_after_success(state: SyncState, started_at: datetime, interval: timedelta) -> datetime:
    if started_at < state.next_sync_at <= timezone.now():
        return state.next_sync_at  # a person requested another sync meanwhile
    return started_at + interval


def record_failure(
    company: Company, authorization: Authorization | None, error: AnafError, started_at: datetime
) -> None:
    """Record a failure: it changes the schedule and the sync runs, never a UIT."""
    with recording(company.organization_id) as entries:
        state = lock_state(company, started_at)
        if error.code == "daily_limit" and authorization is not None and error.http_status:
            quotas.record_daily_limit(
                company=company,
                state=state,
                authorization=authorization,
                error=error,
                at=started_at,
            )
        if error.http_status is not None or error.code == "unexpected":
            quotas.count_call(state, started_at)
        state.last_attempt_at = started_at
        is_new = state.error_since is None or not permits.is_same_error(state.last_code, error)
        entries.extend(silence.entries_of_failure(company, state, error, started_at, is_new=is_new))
        if is_new:
            state.error_since = started_at
        state.last_outcome, state.last_code = error.outcome, error.code
        state.failures_in_a_row += 1
        state.next_sync_at = _next_after_failure(state, started_at, error)
        state.requested_at = state.claimed_until = None
        state.save()
        SyncRun.objects.create(
            company=company,
            authorization=authorization,
            started_at=started_at,
            finished_at=timezone.now(),
            outcome=error.outcome,
            code=error.code,
            http_status=error.http_status,
            detail=error.detail,
        )
    log.warning("company_not_synced", cui=company.cui, code=error.code, status=error.http_status)


def _next_after_failure(state: SyncState, started_at: datetime, error: AnafError) -> datetime:
    if started_at < state.next_sync_at <= timezone.now():
        return state.next_sync_at
    wait = timedelta(seconds=min(error.retry_after, 10**6)) if error.retry_after else None
    if error.code == "daily_limit":
        wait = until_tomorrow(started_at)
    return next_due(
        started_at=started_at,
        pause=FIRST_RETRY,
        failures_in_a_row=state.failures_in_a_row,
        retry_after=wait,
    )


def unexpected_error(error: Exception, *, access_token: str = "") -> AnafError:
    """Return our own exception as an error like ANAF's, retried with growing delays."""
    anaf_error = AnafError(
        "unexpected", detail=f"{type(error).__name__}: {error}", secrets=(access_token,)
    )
    # The traceback without values, which may be secret.
    log.error("sync_broke_off", error=anaf_error.detail, at="".join(format_tb(error.__traceback__)))
    return anaf_error


def lock_state(company: Company, started_at: datetime) -> SyncState:
    """Return the company's sync state, locked until commit; make it when it is missing."""
    SyncState.objects.get_or_create(company=company, defaults={"next_sync_at": started_at})
    return SyncState.objects.select_for_update().get(company=company)
