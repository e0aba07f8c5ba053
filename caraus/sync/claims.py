"""Which companies a worker asks about next: claimed, locked, and with all that the call needs."""

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
from caraus.sync.company_sync import LOCK_SPACE
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncState

# Claims lapse after so many seconds. (Those of a killed worker are found before: `free_orphans`.)
LEASE_SECONDS = 90
# Of the session that holds the locks. It speaks every few seconds while its worker lives.
_SESSION = {"idle_session_timeout": "60s", "lock_timeout": "10s"}
# Due companies that somebody has authorized for, in two queues that take turns: those that a person
# wants, and the timer's; so presses go first and never hold up the timer. In each queue the
# organizations take turns, the company with the most UITs to expect first: one with hundreds of
# companies can't hold up the others. What this worker has under way for an organization counts as
# turns that it has had, and more than `share` it can't have at once. Every worker's rows are its
# own: locked ones are skipped.
_CLAIM = """
WITH ready AS (
    SELECT s.id, c.organization_id AS organization, s.wanted_at IS NOT NULL AS wanted,
        (s.rate + 1) * extract(epoch FROM now() - s.next_sync_at) AS urgency
    FROM sync_syncstate s JOIN accounts_company c ON c.id = s.company_id
    WHERE s.next_sync_at <= now() AND c.archived_at IS NULL
      AND (s.claimed_until IS NULL OR s.claimed_until <= now()
           OR s.claimed_until > now() + interval '1 day')
      AND s.company_id <> ALL(%(resting)s::bigint[])
      AND EXISTS (SELECT 1 FROM authorizations_authorization k
                  WHERE k.organization_id = c.organization_id AND k.status = 'active')
), placed AS (
    SELECT ready.*, coalesce(busy.number, 0) + row_number() OVER (
        PARTITION BY organization, wanted ORDER BY urgency DESC, id) AS place
    FROM ready LEFT JOIN unnest(%(busy)s::bigint[], %(numbers)s::int[]) AS busy(owner, number)
        ON busy.owner = ready.organization
), queued AS (
    SELECT placed.*, row_number() OVER (
        PARTITION BY wanted ORDER BY place, urgency DESC, id) AS turn
    FROM placed WHERE place <= %(share)s
), due AS (
    SELECT s.id, queued.turn FROM sync_syncstate s JOIN queued ON queued.id = s.id
    WHERE s.next_sync_at <= now()
      AND (s.claimed_until IS NULL OR s.claimed_until <= now()
           OR s.claimed_until > now() + interval '1 day')
    ORDER BY queued.turn, queued.wanted DESC
    LIMIT %(most)s FOR UPDATE OF s SKIP LOCKED)
UPDATE sync_syncstate s SET claimed_until = now() + %(lease)s * interval '1 second'
FROM due WHERE s.id = due.id
RETURNING s.company_id, pg_try_advisory_lock(%(space)s, s.company_id::int), due.turn,
    s.wanted_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """With whose authorization to ask: one that ANAF has accepted for the company before."""

    authorization: Authorization
    token: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One company to ask about. `ready` is None when the call needs another step first."""

    state: SyncState
    ready: Ready | None
    # The PostgreSQL session that holds the company's lock.
    session: int = 0

    @property
    def company(self) -> Company:
        return self.state.company

    @property
    def company_id(self) -> int:
        return self.state.company_id


def claim(
    most: int,
    *,
    busy: Mapping[int, int] | None = None,
    share: int | None = None,
    resting: Collection[int] = (),
) -> list[Claim]:
    """Up to `most` due companies, whose turn it is first; this session holds their locks.

    `busy`: how many of each organization this worker has under way; `share`: how many one
    organization may have (default: any number); `resting`: companies that are left out.
    """
    busy = busy or {}
    values: dict[str, Any] = {
        "most": most,
        "lease": LEASE_SECONDS,
        "space": LOCK_SPACE,
        "busy": list(busy.keys()),
        "numbers": list(busy.values()),
        "share": 2**31 - 1 if share is None else share,
        "resting": list(resting),
    }
    with database.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        rows = cursor.fetchall()
    # One whose lock is taken is being asked about this moment, for a person.
    locked = sorted((row for row in rows if row[1]), key=lambda row: (row[2], not row[3]))
    free_again([row[0] for row in rows if not row[1]])
    return _whole([row[0] for row in locked])


def _whole(company_ids: Sequence[int]) -> list[Claim]:
    if not company_ids:
        return []
    states = {
        state.company_id: state
        for state in SyncState.objects.filter(company__in=company_ids).select_related(
            "company__organization"
        )
    }
    now = timezone.now()
    fitting = _fitting(company_ids)
    organizations = {state.company.organization_id for state in states.values()}
    resting = quotas.paused_authorizations(list(organizations), now)
    return [
        _claim(states[key], [one for one in fitting.get(key, []) if one.pk not in resting], now)
        for key in company_ids
        if key in states
    ]


def _fitting(company_ids: Sequence[int]) -> dict[int, list[Authorization]]:
    """The authorizations that `rights.connection_for` would choose first: those that ANAF accepted
    for the company, the newest first. Where there is none, a question needs more than one step."""
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
    found: dict[int, list[Authorization]] = {}
    for row in rows:
        found.setdefault(row.company_id, []).append(row.authorization)
    return found


def _claim(state: SyncState, fitting: Sequence[Authorization], now: datetime) -> Claim:
    if not fitting:
        return Claim(state, None, session())
    token = _token(state, fitting[0], now)
    return Claim(state, Ready(fitting[0], token) if token else None, session())


def _token(state: SyncState, authorization: Authorization, now: datetime) -> str:
    """The access token, when one call is all that is needed."""
    if authorization.access_expires_at <= now or quotas.is_spent(state, now):
        return ""
    try:
        return token_refresh.unseal(authorization.access_token_sealed)
    except AnafError:
        return ""


def free_again(company_ids: Sequence[int]) -> None:
    """Claims that nothing came of: the companies stay due, for anybody. Waits for nobody: who
    writes an answer into the row frees it by that."""
    if company_ids:
        with database.cursor() as cursor:
            cursor.execute(
                "UPDATE sync_syncstate SET claimed_until = NULL WHERE id IN"
                " (SELECT id FROM sync_syncstate WHERE company_id = ANY(%s)"
                "  FOR UPDATE SKIP LOCKED)",
                [list(company_ids)],
            )


def free_orphans() -> int:
    """Claims whose lock nobody holds: their worker was killed, or lost its database. Gives how
    many companies are free again."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_syncstate SET claimed_until = NULL WHERE id IN"
            " (SELECT s.id FROM sync_syncstate s"
            "  WHERE s.next_sync_at <= now() AND s.claimed_until > now() AND NOT EXISTS"
            "  (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %s"
            "   AND l.objid = s.company_id::oid AND l.granted AND l.database ="
            "   (SELECT oid FROM pg_database WHERE datname = current_database()))"
            "  FOR UPDATE SKIP LOCKED)",
            [LOCK_SPACE],
        )
        return int(cursor.rowcount)


def session() -> int:
    """The PostgreSQL session of this thread, whose end ends its locks."""
    database.ensure_connection()
    return int(database.connection.info.backend_pid)


def watch_session(known: int) -> int:
    """Return this thread's session; set a new one (other than `known`) so that it can't keep locks
    without a worker: PostgreSQL ends it once a host that has gone says nothing for a minute."""
    now = session()
    if now != known:
        with database.cursor() as cursor:
            for name, value in _SESSION.items():
                cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    return now


def end_session() -> None:
    """Let go of every lock of this thread: what failed may have left some."""
    database.close()


def unlock_claims(claims: Sequence[Claim]) -> None:
    """Let go of the locks of these claims, as far as this session took them: one that ended took
    its locks along, and the same company may be locked anew."""
    now = session() if claims else 0
    unlock([claim.company_id for claim in claims if claim.session == now])


def unlock(company_ids: Sequence[int]) -> None:
    """By the session that claimed them."""
    if company_ids:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(%s, one) FROM unnest(%s::int[]) AS one",
                [LOCK_SPACE, list(company_ids)],
            )
