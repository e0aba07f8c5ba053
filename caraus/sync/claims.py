"""Claim due companies for a worker: locked, and with what the call needs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db.models import F, Q
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf.errors import AnafError
from caraus.authorizations import token_refresh
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.advisory_locks import LockSpace
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncState

# Seconds after which a claim expires; `release_orphans` finds those of killed workers sooner.
LEASE_SECONDS = 90
# Settings of the session that holds the locks; it runs a statement every few seconds.
_SESSION_SETTINGS = {"idle_session_timeout": "60s", "lock_timeout": "10s"}
# Due companies of organizations with an active authorization, in two queues that alternate: those
# that a person requested, and the timer's; so requests go first and never hold up the timer. In
# each queue the organizations take turns, the company with the most expected UITs first: one with
# hundreds of companies cannot hold up the others. The syncs that this worker has under way for an
# organization count as turns; more than `organization_limit` at once are not claimed. Rows that
# another worker has locked are skipped. Written by hand: the ORM has no UPDATE … RETURNING of rows
# that a query with SKIP LOCKED chose, and no advisory lock in it.
_CLAIM = """
WITH candidate AS (
    SELECT s.id, c.organization_id AS organization, s.requested_at IS NOT NULL AS by_person,
        (s.rate + 1) * extract(epoch FROM now() - s.next_sync_at) AS urgency
    FROM sync_syncstate s JOIN accounts_company c ON c.id = s.company_id
    WHERE s.next_sync_at <= now() AND c.archived_at IS NULL
      AND (s.claimed_until IS NULL OR s.claimed_until <= now()
           OR s.claimed_until > now() + interval '1 day')
      AND s.company_id <> ALL(%(delayed)s::bigint[])
      AND EXISTS (SELECT 1 FROM authorizations_authorization k
                  WHERE k.organization_id = c.organization_id AND k.status = 'active')
), placed AS (
    SELECT candidate.*, coalesce(under_way.number, 0) + row_number() OVER (
        PARTITION BY organization, by_person ORDER BY urgency DESC, id) AS place
    FROM candidate
    LEFT JOIN unnest(%(organizations)s::bigint[], %(numbers)s::int[]) AS under_way(owner, number)
        ON under_way.owner = candidate.organization
), queued AS (
    SELECT placed.*, row_number() OVER (
        PARTITION BY by_person ORDER BY place, urgency DESC, id) AS turn
    FROM placed WHERE place <= %(organization_limit)s
), due AS (
    SELECT s.id, queued.turn FROM sync_syncstate s JOIN queued ON queued.id = s.id
    WHERE s.next_sync_at <= now()
      AND (s.claimed_until IS NULL OR s.claimed_until <= now()
           OR s.claimed_until > now() + interval '1 day')
    ORDER BY queued.turn, queued.by_person DESC
    LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED)
UPDATE sync_syncstate s SET claimed_until = now() + %(lease)s * interval '1 second'
FROM due WHERE s.id = due.id
RETURNING s.company_id, pg_try_advisory_lock(%(space)s, s.company_id::int), due.turn,
    s.requested_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class CallCredentials:
    """An authorization that ANAF has accepted for the company before, and its access token."""

    authorization: Authorization
    token: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed company. `credentials` is None when the call needs another step first."""

    state: SyncState
    credentials: CallCredentials | None
    # The PostgreSQL session that holds the company's lock.
    session_pid: int = 0

    @property
    def company(self) -> Company:
        return self.state.company

    @property
    def company_id(self) -> int:
        return self.state.company_id


def claim_due(
    limit: int,
    *,
    under_way: Mapping[int, int] | None = None,
    organization_limit: int | None = None,
    delayed_company_ids: Collection[int] = (),
) -> list[Claim]:
    """Claim up to `limit` due companies in order of their turn; this session holds their locks.

    `under_way` maps organizations to the number of their companies that this worker is syncing;
    `organization_limit` is how many one organization may have (default: any number);
    `delayed_company_ids` are left out.
    """
    under_way = under_way or {}
    values: dict[str, Any] = {
        "limit": limit,
        "lease": LEASE_SECONDS,
        "space": int(LockSpace.COMPANY_SYNC),
        "organizations": list(under_way.keys()),
        "numbers": list(under_way.values()),
        "organization_limit": 2**31 - 1 if organization_limit is None else organization_limit,
        "delayed": list(delayed_company_ids),
    }
    with database.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows = cursor.fetchall()
    # A company whose lock is taken is being synced at this moment for a person.
    locked = sorted((row for row in rows if row[1]), key=lambda row: (row[2], not row[3]))
    release_claims([row[0] for row in rows if not row[1]])
    return _load_claims([row[0] for row in locked])


def _load_claims(company_ids: Sequence[int]) -> list[Claim]:
    if not company_ids:
        return []
    states = {
        state.company_id: state
        for state in SyncState.objects.filter(company__in=company_ids).select_related(
            "company__organization"
        )
    }
    now = timezone.now()
    accepted = _accepted_authorizations(company_ids)
    organizations = {state.company.organization_id for state in states.values()}
    paused_ids = quotas.paused_authorizations(list(organizations), now)
    return [
        _build_claim(
            states[company_id],
            [
                authorization
                for authorization in accepted.get(company_id, [])
                if authorization.pk not in paused_ids
            ],
            now,
        )
        for company_id in company_ids
        if company_id in states
    ]


def _accepted_authorizations(company_ids: Sequence[int]) -> dict[int, list[Authorization]]:
    """Return, by company, the authorizations that ANAF accepted for it, the newest first, as
    `rights.authorization_for` chooses them. Without one a sync needs more than one step."""
    allowed = Q(authorization__link=None) | Q(authorization__link__for_all=True)
    allowed |= Q(authorization__link__companies=F("company"))
    rows = (
        CompanyRight.objects.filter(
            allowed,
            company__in=company_ids,
            state=CompanyRight.State.COVERED,
            authorization__status=Authorization.Status.ACTIVE,
        )
        .select_related("authorization")
        .order_by("-authorization__authorized_at", "-authorization_id")
    )
    authorizations: dict[int, list[Authorization]] = {}
    for row in rows:
        authorizations.setdefault(row.company_id, []).append(row.authorization)
    return authorizations


def _build_claim(state: SyncState, accepted: Sequence[Authorization], now: datetime) -> Claim:
    if not accepted:
        return Claim(state, None, session_pid())
    token = _usable_token(state, accepted[0], now)
    return Claim(state, CallCredentials(accepted[0], token) if token else None, session_pid())


def _usable_token(state: SyncState, authorization: Authorization, now: datetime) -> str:
    """Return the access token when one call suffices, else an empty string."""
    if authorization.access_expires_at <= now or quotas.is_company_used_up(state, now):
        return ""
    try:
        return token_refresh.decrypt_token(authorization.access_token_sealed)
    except AnafError:
        return ""


def release_claims(company_ids: Sequence[int]) -> None:
    """Release claims that led to no result: the companies stay due for any worker. Rows locked by
    the write of a response are skipped: that write releases them. (The ORM would read the keys
    first and write in a second statement.)"""
    if company_ids:
        with database.cursor() as cursor:
            cursor.execute(
                "UPDATE sync_syncstate SET claimed_until = NULL WHERE id IN"
                " (SELECT id FROM sync_syncstate WHERE company_id = ANY(%s)"
                "  FOR UPDATE SKIP LOCKED)",
                [list(company_ids)],
            )


def release_orphans() -> int:
    """Release claims whose lock no session holds, because their worker was killed or lost its
    database connection; return their number. (`pg_locks` has no model.)"""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_syncstate SET claimed_until = NULL WHERE id IN"
            " (SELECT s.id FROM sync_syncstate s"
            "  WHERE s.next_sync_at <= now() AND s.claimed_until > now() AND NOT EXISTS"
            "  (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %s"
            "   AND l.objid = s.company_id::oid AND l.granted AND l.database ="
            "   (SELECT oid FROM pg_database WHERE datname = current_database()))"
            "  FOR UPDATE SKIP LOCKED)",
            [int(LockSpace.COMPANY_SYNC)],
        )
        return int(cursor.rowcount)


def session_pid() -> int:
    """Return the process id of this thread's PostgreSQL session, which holds its locks."""
    database.ensure_connection()
    return int(database.connection.info.backend_pid)


def configure_session(known: int) -> int:
    """Return this thread's session; configure a new one (other than `known`) so that PostgreSQL
    ends it, and its locks, after a minute without a statement (its host may have vanished)."""
    now = session_pid()
    if now != known:
        with database.cursor() as cursor:
            for name, value in _SESSION_SETTINGS.items():
                cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    return now


def close_session() -> None:
    """Close this thread's session, and with it every lock that a failure may have left."""
    database.close()


def unlock_claims(claims: Sequence[Claim]) -> None:
    """Release the locks of the claims that this session took: an ended session has lost its locks,
    and another may have locked the same company since."""
    now = session_pid() if claims else 0
    unlock_companies([claim.company_id for claim in claims if claim.session_pid == now])


def unlock_companies(company_ids: Sequence[int]) -> None:
    """Release the companies' locks, held by this session."""
    if company_ids:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(%s, company_id) FROM unnest(%s::int[]) AS company_id",
                [int(LockSpace.COMPANY_SYNC), list(company_ids)],
            )
