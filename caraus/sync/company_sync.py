"""Sync one company: request its list from ANAF, parse the response and store it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf import info
from caraus.anaf.errors import ERRORS, AnafError, Outcome
from caraus.authorizations import rights, token_refresh
from caraus.authorizations.anaf_errors.table import explanation
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.advisory_locks import LockSpace, lock, try_lock, unlock
from caraus.sync.limiter.permits import CallBlockedError, limited_call
from caraus.sync.limiter.quotas import (
    is_company_used_up,
    paused_authorizations,
    return_call,
    use_call,
)
from caraus.sync.models import SyncState
from caraus.sync.results import (
    ParsedResponse,
    comparable_digest,
    parse_response,
    record_failure,
    record_success,
    unexpected_error,
)
from caraus.transports.store import ResponseCounts

# The counts of a failed sync.
NO_CHANGES = ResponseCounts()
# Errors that last until a person acts: the last code is repeated as long as no request is sent.
LASTING_OUTCOMES = frozenset({Outcome.NO_RIGHTS, Outcome.REAUTHORIZE})

# After these nothing can be recorded: the company stays due.
DATABASE_LOST_ERRORS = (InterfaceError, OperationalError)

# Longer than any request to ANAF takes.
COMPANY_LOCK_TIMEOUT = "180s"


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """A request that has failed: its authorization and token, and the error."""

    authorization: Authorization
    token: str
    error: AnafError


@dataclass(frozen=True, slots=True)
class SyncAttempt:
    """A sync under way; the last of the authorizations in `used` is in use."""

    company: Company
    started_at: datetime
    now: datetime | None
    used: list[Authorization]
    person: bool = True
    paused: list[int] = field(default_factory=list)

    def choose_authorization(self) -> bool:
        """Choose the next usable authorization; return whether there is one."""
        self.paused[:] = paused_authorizations([self.company.organization_id], self.started_at)
        paused = Authorization.objects.filter(pk__in=self.paused)
        authorization = rights.authorization_for(self.company, apart_from=[*self.used, *paused])
        if authorization is not None:
            self.used.append(authorization)
        return authorization is not None


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The result of a sync; `message` is a sentence for people, also after a success."""

    cui: str
    outcome: Outcome
    message: str
    counts: ResponseCounts = NO_CHANGES
    error: AnafError | None = None


def sync_company(
    *,
    company_id: int,
    now: datetime | None = None,
    failed_attempt: FailedAttempt | None = None,
    person: bool = True,
) -> SyncResult:
    """Sync one company now. ANAF's errors and unexpected exceptions are results; only a lost
    database raises.

    A second caller for the same company waits for the first and then syncs again. Where the rate
    limiter blocks calls (a pause, an outage), nothing is sent and nothing recorded.
    `now` (UTC) replaces the clock by which the response is judged; `failed_attempt` is a request
    that the poller has sent already; `person`: a person waits, and may use the calls reserved for
    people.
    """
    company = Company.objects.select_related("organization").get(pk=company_id)
    with _company_lock(company_id):
        return _sync_locked(company, now=now, failed_attempt=failed_attempt, person=person)


def _sync_locked(
    company: Company, *, now: datetime | None, failed_attempt: FailedAttempt | None, person: bool
) -> SyncResult:
    """Sync the company, whose lock the caller holds."""
    started_at = now or timezone.now()
    attempt = SyncAttempt(
        company, started_at, now, [failed_attempt.authorization] if failed_attempt else [], person
    )
    try:
        response = _fetch_response(attempt, failed_attempt)
        counts = record_success(company, attempt.used[-1], response, started_at)
    except CallBlockedError as blocked:
        return SyncResult(company.cui, blocked.outcome, explanation(blocked.code), error=blocked)
    except AnafError as error:
        return _record_failed_attempt(attempt, error)
    except DATABASE_LOST_ERRORS:
        raise
    except Exception as error:
        return _record_failed_attempt(attempt, unexpected_error(error))
    return SyncResult(company.cui, Outcome.OK, counts.format_message(), counts)


def _record_failed_attempt(attempt: SyncAttempt, error: AnafError) -> SyncResult:
    used = attempt.used[-1] if attempt.used else None
    record_failure(attempt.company, used, error, attempt.started_at)
    return SyncResult(attempt.company.cui, error.outcome, explanation(error.code), error=error)


def sync_if_due(
    *, company_id: int, failed_attempt: FailedAttempt | None = None, person: bool = True
) -> SyncResult | None:
    """Sync the company for the timer; return None when it is no longer due, or being synced now."""
    company = Company.objects.select_related("organization").get(pk=company_id)
    with _company_lock_if_free(company_id) as free:
        if not free:
            return None
        state = SyncState.objects.filter(company_id=company_id).first()
        if state and state.next_sync_at > timezone.now():
            return None
        return _sync_locked(company, now=None, failed_attempt=failed_attempt, person=person)


@contextmanager
def _company_lock(company_id: int) -> Iterator[None]:
    """Hold the company's session lock in PostgreSQL, which ends with a killed process's connection;
    its holder may take it again. The wait raises after COMPANY_LOCK_TIMEOUT."""
    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [COMPANY_LOCK_TIMEOUT])
        try:
            lock(LockSpace.COMPANY_SYNC, company_id)
        finally:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])
    try:
        yield
    finally:
        _unlock_company(company_id)


@contextmanager
def _company_lock_if_free(company_id: int) -> Iterator[bool]:
    """Take the same lock without waiting; yield whether it was free."""
    free = try_lock(LockSpace.COMPANY_SYNC, company_id)
    try:
        yield free
    finally:
        if free:
            _unlock_company(company_id)


def _unlock_company(company_id: int) -> None:
    try:
        unlock(LockSpace.COMPANY_SYNC, company_id)
    except DATABASE_LOST_ERRORS:
        database.close()  # the end of the session releases the lock


def _fetch_response(attempt: SyncAttempt, failed_attempt: FailedAttempt | None) -> ParsedResponse:
    """Request the list with the best authorization, then with the next where ANAF refuses it.

    When none is left, raise the error of the best authorization.
    """
    company, errors = attempt.company, []
    state = SyncState.objects.filter(company=company).first()
    if state and is_company_used_up(state, attempt.started_at):
        raise AnafError("daily_limit")
    while failed_attempt or attempt.choose_authorization():
        try:
            return (
                _continue_failed_attempt(attempt, state, failed_attempt)
                if failed_attempt
                else _fetch_with_authorization(attempt, state)
            )
        except AnafError as error:
            if error.outcome not in LASTING_OUTCOMES and error.code != "token_refused_anew":
                raise
            _record_refusal(attempt.used[-1], company, error)
            errors.append(error)
        failed_attempt = None
    raise _final_error(attempt, errors)


def _final_error(attempt: SyncAttempt, errors: list[AnafError]) -> AnafError:
    """Return the error to record when no authorization is left. One that has served the company
    goes before one that never had a right: its refusal is not why the UITs stay away."""
    if any(error.outcome is not Outcome.NO_RIGHTS for error in errors):
        return errors[0]
    company = attempt.company
    served = rights.authorizations_for(company).filter(
        pk__in=CompanyRight.objects.filter(
            company=company, state=CompanyRight.State.COVERED
        ).values("authorization")
    )
    if (attempt.paused and not errors) or served.filter(pk__in=attempt.paused).exists():
        return AnafError("daily_limit")
    refused = (
        served.filter(status=Authorization.Status.REAUTHORIZE).order_by("-authorized_at").first()
    )
    if refused is not None:
        return AnafError(_lasting_code(refused.last_failure_code, otherwise="refresh_rejected"))
    return errors[0] if errors else _missing_authorization(company)


def _fetch_with_authorization(attempt: SyncAttempt, state: SyncState | None) -> ParsedResponse:
    authorization = attempt.used[-1]
    token = token_refresh.usable_access_token(authorization)
    try:
        return _send_request(attempt, state, token)
    except AnafError as error:
        if error.code != "token_refused":
            raise
    return _fetch_with_refreshed_token(attempt, state, token)


def _continue_failed_attempt(
    attempt: SyncAttempt, state: SyncState | None, failed_attempt: FailedAttempt
) -> ParsedResponse:
    """Continue after the error of the poller's request."""
    if failed_attempt.error.code != "token_refused":
        raise failed_attempt.error
    return _fetch_with_refreshed_token(attempt, state, failed_attempt.token)


def _fetch_with_refreshed_token(
    attempt: SyncAttempt, state: SyncState | None, token: str
) -> ParsedResponse:
    """Refresh a token that ANAF refuses although it should be valid, and request once more."""
    authorization = attempt.used[-1]
    fresh = token_refresh.replace_refused_token(authorization, token)
    with token_refresh.as_refused_anew():
        return _send_request(attempt, state, fresh)


def _send_request(attempt: SyncAttempt, state: SyncState | None, token: str) -> ParsedResponse:
    """Send one request, within the daily limit and the rate limit."""
    if not use_call(attempt.used[-1].pk, attempt.started_at):
        raise AnafError("daily_limit")
    try:
        with limited_call(attempt.company.cui, person=attempt.person):
            response = info.fetch_response(
                anaf_settings(), access_token=token, carrier_cui=attempt.company.cui
            )
            return parse_response(
                response, known=comparable_digest(state), access_token=token, now=attempt.now
            )
    except CallBlockedError:
        return_call(attempt.used[-1].pk, attempt.started_at)
        raise


def _record_refusal(authorization: Authorization, company: Company, error: AnafError) -> None:
    """Record that ANAF refused a right, or the authorization as such."""
    if error.outcome is Outcome.NO_RIGHTS:
        rights.record_right(authorization=authorization, company=company, covered=False)
    elif error.outcome is Outcome.REAUTHORIZE:
        token_refresh.record_authorization_failure(authorization.pk, error)


def _missing_authorization(company: Company) -> AnafError:
    """Return the error of a company without a usable authorization: ANAF's last one still holds."""
    if rights.refused_everywhere(company):
        state = SyncState.objects.filter(company=company).first()
        return AnafError(_lasting_code(state.last_code if state else "", otherwise="no_rights_cui"))
    by_status = {
        authorization.status: authorization
        for authorization in rights.authorizations_for(company).order_by("authorized_at")
    }
    if refused := by_status.get(Authorization.Status.REAUTHORIZE):
        return AnafError(_lasting_code(refused.last_failure_code, otherwise="refresh_rejected"))
    if by_status:
        return AnafError("disconnected")
    others = Authorization.objects.filter(organization_id=company.organization_id)
    return AnafError("not_for_company" if others.exists() else "never_authorized")


def _lasting_code(code: str, *, otherwise: str) -> str:
    return code if code in ERRORS and ERRORS[code].outcome in LASTING_OUTCOMES else otherwise
