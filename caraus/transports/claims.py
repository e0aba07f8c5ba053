"""Which companies a worker asks about next: claimed, locked, and with all that the call needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db.models import Prefetch
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf.errors import AnafError
from caraus.connections import renewal
from caraus.connections.models import CompanyRight, Connection
from caraus.connections.rights import RETRY_REFUSED_AFTER
from caraus.transports import limits
from caraus.transports.models import SyncState
from caraus.transports.sync import LOCK_SPACE

# A killed worker's companies are free again after so many seconds.
LEASE_SECONDS = 90
# Due companies that somebody has authorized for: those that a person wants first, then those with
# the most UITs to expect. Every worker's rows are its own: locked ones are skipped.
_CLAIM = """
WITH due AS (
    SELECT s.id FROM transports_syncstate s JOIN accounts_company c ON c.id = s.company_id
    WHERE s.next_sync_at <= now() AND c.archived_at IS NULL
      AND (s.claimed_until IS NULL OR s.claimed_until <= now()
           OR s.claimed_until > now() + interval '1 day')
      AND EXISTS (SELECT 1 FROM connections_connection k
                  WHERE k.organization_id = c.organization_id AND k.status = 'active')
    ORDER BY s.wanted_at IS NULL, (s.rate + 1) * (now() - s.next_sync_at) DESC
    LIMIT %(most)s FOR UPDATE OF s SKIP LOCKED)
UPDATE transports_syncstate s SET claimed_until = now() + %(lease)s * interval '1 second'
FROM due WHERE s.id = due.id
RETURNING s.company_id, pg_try_advisory_lock(%(space)s, s.company_id::int),
          s.wanted_at IS NOT NULL, (s.rate + 1) * extract(epoch FROM now() - s.next_sync_at)
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """With whose authorization to ask; `covered`: ANAF has accepted it for the company before."""

    connection: Connection
    token: str
    covered: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One company to ask about. `ready` is None when the call needs another step first."""

    state: SyncState
    ready: Ready | None

    @property
    def company(self) -> Company:
        return self.state.company

    @property
    def company_id(self) -> int:
        return self.state.company_id


def claim(most: int) -> list[Claim]:
    """Up to `most` due companies, the most urgent first; this session holds their locks."""
    with database.cursor() as cursor:
        cursor.execute(_CLAIM, {"most": most, "lease": LEASE_SECONDS, "space": LOCK_SPACE})
        rows = cursor.fetchall()
    # One whose lock is taken is being asked about this moment, for a person.
    locked = sorted((r for r in rows if r[1]), key=lambda r: (not r[2], -r[3]))
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
    organizations = {state.company.organization_id for state in states.values()}
    now = timezone.now()
    resting = limits.paused_authorizations(list(organizations), now)
    usable: dict[int, list[Connection]] = {}
    for connection in _connections(organizations, company_ids):
        if connection.pk not in resting:
            usable.setdefault(connection.organization_id, []).append(connection)
    return [
        _claim(states[key], usable.get(states[key].company.organization_id, []), now)
        for key in company_ids
        if key in states
    ]


def _connections(organizations: Iterable[int], company_ids: Sequence[int]) -> list[Connection]:
    """The active authorizations, the newest first, each with what ANAF said of the companies."""
    asked = CompanyRight.objects.filter(company__in=company_ids)
    return list(
        Connection.objects.filter(
            organization_id__in=organizations, status=Connection.Status.ACTIVE
        )
        .prefetch_related(Prefetch("rights", queryset=asked, to_attr="asked"))
        .order_by("-authorized_at", "-pk")
    )


def _claim(state: SyncState, usable: Sequence[Connection], now: datetime) -> Claim:
    ranked = [(_rank(connection, state.company_id, now), connection) for connection in usable]
    fitting = sorted(
        (pair for pair in ranked if pair[0] is not None), key=lambda pair: pair[0] or 0
    )
    if not fitting:
        return Claim(state, None)
    rank, connection = fitting[0]
    token = _token(state, connection, now)
    return Claim(state, Ready(connection, token, covered=rank == 0) if token else None)


def _rank(connection: Any, company_id: int, now: datetime) -> int | None:
    """As `rights.connection_for` ranks: covering, untried; None: refused within a day."""
    right = next((one for one in connection.asked if one.company_id == company_id), None)
    if right is None:
        return 1
    if right.state == CompanyRight.State.COVERED:
        return 0
    if right.state == CompanyRight.State.NO_RIGHT and right.checked_at is not None:
        return None if right.checked_at > now - RETRY_REFUSED_AFTER else 1
    return 1


def _token(state: SyncState, connection: Connection, now: datetime) -> str:
    """The access token, when one call is all that is needed."""
    if connection.access_expires_at <= now or limits.is_spent(state, now):
        return ""
    try:
        token = renewal.unseal(connection.access_token_sealed)
    except AnafError:
        return ""
    return token if limits.spend(connection.pk, now) else ""


def free_again(company_ids: Sequence[int]) -> None:
    """Claims that nothing came of: the companies stay due, for anybody."""
    if company_ids:
        SyncState.objects.filter(company__in=company_ids).update(claimed_until=None)


def unlock(company_ids: Sequence[int]) -> None:
    """By the session that claimed them."""
    if company_ids:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_unlock(%s, one) FROM unnest(%s::int[]) AS one",
                [LOCK_SPACE, list(company_ids)],
            )
