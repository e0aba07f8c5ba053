"""One question to ANAF about one company, understood and written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf import info
from caraus.anaf.errors import PROBLEMS, AnafError, Outcome
from caraus.anaf.info import InfoAnswer
from caraus.connections import renewal, rights
from caraus.connections.configuration import anaf_settings
from caraus.connections.models import Connection
from caraus.transports.apply import Applied, apply_answer
from caraus.transports.models import SyncRun, SyncState
from caraus.transports.schedule import next_sync, until_tomorrow

# What a failure applies.
NOTHING = Applied()
# Troubles that last until a person acts: what ANAF said is repeated as long as it is not asked.
LASTING = frozenset({Outcome.NO_RIGHTS, Outcome.REAUTHORIZE})

log = structlog.get_logger(__name__)

# The first key of the advisory lock that keeps a company from being asked about twice at once.
LOCK_SPACE = 0x5C


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What came of it; `message` is a sentence in Romanian, also when all went well."""

    cui: str
    outcome: Outcome
    message: str
    applied: Applied = NOTHING
    error: AnafError | None = None


def sync_company(*, company_id: int, now: datetime | None = None) -> SyncResult:
    """Ask ANAF about one company now and keep what it answers. ANAF's troubles are a result.

    A second caller for the same company waits for the first one and then asks again.
    `now` (UTC) replaces the clock by which the answer is judged.
    """
    company = Company.objects.select_related("organization").get(pk=company_id)
    with _one_at_a_time(company_id):
        started_at = now or timezone.now()
        used: list[Connection] = []
        try:
            answer = _ask(company, used, now)
            applied = _keep(company, used[-1], answer, started_at)
        except AnafError as error:
            _keep_failure(company, used[-1] if used else None, error, started_at)
            return SyncResult(company.cui, error.outcome, _sentence(error), error=error)
    return SyncResult(company.cui, Outcome.OK, applied.sentence(), applied)


def sync_if_due(*, company_id: int) -> SyncResult | None:
    """As the queue does it: None when the company has been asked about since the job was made."""
    with _one_at_a_time(company_id):
        state = SyncState.objects.filter(company_id=company_id).first()
        if state and state.next_sync_at > timezone.now():
            return None
        return sync_company(company_id=company_id)


@contextmanager
def _one_at_a_time(company_id: int) -> Iterator[None]:
    """A PostgreSQL session lock: it ends with the connection of a killed process, and whoever
    holds it may take it again."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, company_id])
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, company_id])


def _ask(company: Company, used: list[Connection], now: datetime | None) -> InfoAnswer:
    """Ask with the authorization that fits; with the next one when ANAF refuses this one.

    When none is left, the trouble of the first is raised: it fitted best.
    """
    troubles: list[AnafError] = []
    while connection := rights.connection_for(company, apart_from=used):
        used.append(connection)
        try:
            return _ask_with(connection, company, now)
        except AnafError as error:
            if error.outcome not in LASTING:
                raise
            _mark(connection, company, error)
            troubles.append(error)
    raise troubles[0] if troubles else _without_connection(company)


def _ask_with(connection: Connection, company: Company, now: datetime | None) -> InfoAnswer:
    token = renewal.access_token(connection)
    try:
        return info.fetch_info(
            anaf_settings(), access_token=token, carrier_cui=company.cui, now=now
        )
    except AnafError as error:
        if error.code != "token_refused":
            raise
    # ANAF refuses a token that should be valid: renew at once, ask once more.
    fresh = renewal.after_refusal(connection, token)
    with renewal.refused_anew():
        return info.fetch_info(
            anaf_settings(), access_token=fresh, carrier_cui=company.cui, now=now
        )


def _mark(connection: Connection, company: Company, error: AnafError) -> None:
    """A right that ANAF refused, or an authorization that it refused as such."""
    if error.outcome is Outcome.NO_RIGHTS:
        rights.remember(connection=connection, company=company, covered=False)
    elif error.code != "token_refused_anew":  # the authorization itself was just proven alive
        renewal.keep_failure(connection.pk, error)


def _without_connection(company: Company) -> AnafError:
    """Nothing to ask with: what ANAF said last still stands."""
    if rights.refused_everywhere(company):
        state = SyncState.objects.filter(company=company).first()
        return AnafError(_lasting(state.last_code if state else "", otherwise="no_rights_cui"))
    died = Connection.objects.filter(
        organization_id=company.organization_id, status=Connection.Status.REAUTHORIZE
    ).first()
    if died is None:
        return AnafError("never_authorized")
    return AnafError(_lasting(died.last_failure_code, otherwise="refresh_rejected"))


def _lasting(code: str, *, otherwise: str) -> str:
    problem = PROBLEMS.get(code)
    return code if problem and problem.outcome in LASTING else otherwise


def _keep(
    company: Company, connection: Connection, answer: InfoAnswer, started_at: datetime
) -> Applied:
    with transaction.atomic():
        state = _locked_state(company, started_at)
        applied = apply_answer(company=company, answer=answer, state=state)
        state.last_attempt_at = started_at
        state.last_good_at = answer.received_at
        state.last_digest = answer.digest
        state.last_outcome, state.last_code = Outcome.OK, ""
        state.failing_since, state.failures_in_a_row = None, 0
        state.next_sync_at = _next_sync(state, started_at, None)
        state.save()
        rights.remember(connection=connection, company=company, covered=True, at=answer.received_at)
        renewal.keep_good_call(connection.pk, answer.received_at)
        SyncRun.objects.create(
            company=company,
            connection=connection,
            started_at=started_at,
            finished_at=timezone.now(),
            outcome=Outcome.OK,
            http_status=200,
            seen=applied.seen,
            new=applied.new,
            changed=applied.changed,
            missing=applied.missing,
            unreadable=applied.unreadable,
        )
    log.info("company_synced", cui=company.cui, seen=applied.seen, new=applied.new)
    return applied


def _keep_failure(
    company: Company, connection: Connection | None, error: AnafError, started_at: datetime
) -> None:
    """A failure touches the schedule and the record of questions, never a UIT."""
    with transaction.atomic():
        state = _locked_state(company, started_at)
        state.last_attempt_at = started_at
        state.last_outcome, state.last_code = error.outcome, error.code
        state.failing_since = state.failing_since or started_at
        state.failures_in_a_row += 1
        state.next_sync_at = _next_sync(state, started_at, error)
        state.save()
        SyncRun.objects.create(
            company=company,
            connection=connection,
            started_at=started_at,
            finished_at=timezone.now(),
            outcome=error.outcome,
            code=error.code,
            http_status=error.http_status,
            detail=error.detail,
        )
    log.warning("company_not_synced", cui=company.cui, code=error.code, status=error.http_status)


def _locked_state(company: Company, started_at: datetime) -> SyncState:
    SyncState.objects.get_or_create(company=company, defaults={"next_sync_at": started_at})
    return SyncState.objects.select_for_update().get(company=company)


def _next_sync(state: SyncState, asked_at: datetime, error: AnafError | None) -> datetime:
    if asked_at < state.next_sync_at <= timezone.now():
        return state.next_sync_at  # a person asked anew while ANAF was answering
    wait = error.retry_after if error else None
    retry_after = timedelta(seconds=wait) if wait else None
    if error and error.code == "daily_limit":
        retry_after = until_tomorrow(asked_at)
    return next_sync(
        asked_at=asked_at,
        interval=timedelta(seconds=settings.SYNC_INTERVAL_SECONDS),
        failures_in_a_row=state.failures_in_a_row,
        retry_after=retry_after,
    )


def _sentence(error: AnafError) -> str:
    return f"{error.sentence} {error.advice}".strip()
