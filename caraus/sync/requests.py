"""Reasons to poll sooner than the learnt interval."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.core.formatting import bucharest_day
from caraus.core.logs import job_origin
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncState

log = structlog.get_logger(__name__)

# Somebody who looks at more companies than this at once waits for none in particular.
MOST_VIEWED_COMPANIES = 20
# A page loads its list again every few seconds; that somebody views it is written this often.
_VIEW_RECORD_INTERVAL = timedelta(seconds=30)
_FRESH = timedelta(minutes=1)

# Makes companies due now. A row that a running response holds is left alone: whoever wants a sync
# never waits for ANAF. Companies that have no row yet get one. A worker that synchronizes one of
# them between the two writes its own response, which is newer still. One statement, as the next
# two: the ORM would need three round trips, and the rows would stay locked between them.
_REQUEST = """
WITH chosen AS (
    SELECT id FROM sync_syncstate WHERE company_id = ANY(%(keys)s::bigint[])
    ORDER BY id {locking}
), due AS (
    UPDATE sync_syncstate s SET next_sync_at = %(now)s,
        requested_at = CASE WHEN %(by_person)s THEN %(now)s ELSE s.requested_at END,
        request_id = CASE WHEN %(by_person)s THEN %(request)s ELSE s.request_id END
    FROM chosen WHERE s.id = chosen.id RETURNING s.company_id
), made AS (
    {insert}
)
SELECT company_id FROM due UNION ALL SELECT company_id FROM made
"""
_INSERT = """
    INSERT INTO sync_syncstate (company_id, next_sync_at, requested_at, request_id,
        last_outcome, last_code, last_digest, failures_in_a_row)
    SELECT c.id, %(now)s, CASE WHEN %(by_person)s THEN %(now)s END, %(request)s, '', '', '', 0
    FROM accounts_company c
    WHERE c.id = ANY(%(keys)s::bigint[])
      AND NOT EXISTS (SELECT FROM sync_syncstate s WHERE s.company_id = c.id)
    ON CONFLICT (company_id) DO NOTHING RETURNING company_id
"""
# What a person's press may do for each company, and the companies for which it may, made due; those
# that were polled a moment ago are due when their moment is over.
_SYNC_NOW = """
WITH seen AS (
    SELECT s.id, s.company_id, CASE
        WHEN s.claimed_until > %(now)s AND s.claimed_until < %(now)s + interval '1 day'
             OR s.requested_at IS NOT NULL AND s.next_sync_at <= %(now)s THEN 'under_way'
        WHEN s.paused_until > %(now)s OR s.calls_day = %(day)s
             AND least(nullif(%(company_limit)s, 0), s.daily_limit) * (1 - %(held)s)
                 <= s.calls_today THEN 'limited'
        WHEN EXISTS (SELECT FROM sync_authorizationlimit a
             JOIN authorizations_companyright r ON r.authorization_id = a.authorization_id
             WHERE r.company_id = s.company_id AND r.state = 'covered'
               AND (a.paused_until > %(now)s OR a.calls_day = %(day)s
                    AND least(nullif(%(authorization_limit)s, 0), a.daily_limit) * (1 - %(held)s)
                        <= a.calls_today)) THEN 'limited'
        WHEN s.last_attempt_at > %(now)s - %(fresh)s * interval '1 second'
             AND s.last_attempt_at <= %(now)s THEN 'just_synced'
        ELSE 'requested' END AS verdict
    FROM sync_syncstate s WHERE s.company_id = ANY(%(keys)s::bigint[])
    ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
), due AS (
    UPDATE sync_syncstate s SET requested_at = %(now)s, request_id = %(request)s,
        next_sync_at = CASE seen.verdict WHEN 'requested' THEN %(now)s
            ELSE least(s.next_sync_at, s.last_attempt_at + %(fresh)s * interval '1 second') END
    FROM seen WHERE s.id = seen.id AND seen.verdict IN ('requested', 'just_synced')
), made AS (
    {insert}
)
SELECT company_id, verdict FROM seen UNION ALL SELECT company_id, 'requested' FROM made
"""


@dataclass(frozen=True, slots=True)
class SyncNowResult:
    """The result of „Sincronizează acum”: the companies that are synced now, and how many are not,
    because a sync is under way, has just ended, or a daily limit is near.
    """

    requested: tuple[int, ...]
    under_way: int = 0
    just_synced: int = 0
    limited: int = 0


def request_sync(
    company_ids: Collection[int], *, by_person: bool = True, wait_for_responses: bool = False
) -> set[int]:
    """Make the companies due now, in one statement for any number of them; the poller finds them
    within half a second. Return those that were made due: not the ones whose response is being
    written this moment, unless the caller waits for that.

    `by_person`: a person waits, so they go before the timer's.
    """
    locking = "FOR UPDATE" if wait_for_responses else "FOR UPDATE SKIP LOCKED"
    statement = _REQUEST.format(insert=_INSERT, locking=locking)
    request = _request_id() if by_person else ""
    values: dict[str, Any] = {
        "keys": list(company_ids),
        "now": timezone.now(),
        "by_person": by_person,
        "request": request,
    }
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        companies = {company_id for (company_id,) in cursor.fetchall()}
    log.info("syncs_requested", number=len(companies))
    return companies


def request_sync_now(company_ids: Collection[int]) -> SyncNowResult:
    """Sync these companies now because a person requests it: one statement for any number of them.

    A company whose sync is under way is left alone, and so is one of whose calls of the day only
    those are left that the timer needs until midnight. A company synced within the last minute
    (`CARAUS_SYNC_NOW_SECONDS`) is synced again when that minute is over.
    """
    now = timezone.now()
    values: dict[str, Any] = {
        "keys": list(company_ids),
        "now": now,
        "by_person": True,
        "request": _request_id(),
        "fresh": settings.SYNC_NOW_SECONDS,
        "day": bucharest_day(now),
        "held": quotas.timer_share(now),
        "company_limit": settings.ANAF_CALLS_PER_DAY_PER_COMPANY,
        "authorization_limit": settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION,
    }
    with database.cursor() as cursor:
        cursor.execute(_SYNC_NOW.format(insert=_INSERT), values)
        verdicts = dict(cursor.fetchall())
    requested = tuple(key for key, verdict in verdicts.items() if verdict == "requested")
    numbers = Counter(verdicts.values())
    locked = len(set(company_ids)) - len(verdicts)  # their responses are being written
    result = SyncNowResult(
        requested, numbers["under_way"] + locked, numbers["just_synced"], numbers["limited"]
    )
    log.info(
        "sync_now",
        requested=len(requested),
        under_way=result.under_way,
        just_synced=result.just_synced,
        limited=result.limited,
    )
    return result


def _request_id() -> str:
    return job_origin().get("request_id", "")[:64]


def should_record_view(states: Sequence[SyncState]) -> bool:
    """Return whether `record_view` would write anything: not where somebody has just looked."""
    without_failures = [
        state for state in states if state.last_attempt_at and not state.failures_in_a_row
    ]
    since = timezone.now() - _VIEW_RECORD_INTERVAL
    viewed = sum(
        state.viewed_at is not None and state.viewed_at >= since for state in without_failures
    )
    return viewed < min(len(without_failures), MOST_VIEWED_COMPANIES)


def record_view(companies: Sequence[Company]) -> int:
    """Record that somebody views the list: companies not synced for a minute are due now.

    Of many companies, only the busiest. A company with errors keeps its pause. Return how many are
    due.
    """
    now = timezone.now()
    keys = [company.pk for company in companies]
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_syncstate SET viewed_at = %(now)s, next_sync_at ="
            " least(next_sync_at,"
            "       greatest(%(now)s, last_attempt_at + %(fresh)s * interval '1 second'))"
            " WHERE id IN (SELECT id FROM sync_syncstate WHERE company_id = ANY(%(keys)s)"
            "   ORDER BY rate DESC, id LIMIT %(most)s FOR UPDATE SKIP LOCKED)"
            " AND (viewed_at IS NULL OR viewed_at < %(noted)s) AND failures_in_a_row = 0"
            " AND last_attempt_at IS NOT NULL"
            " RETURNING next_sync_at <= %(now)s",
            {
                "now": now,
                "fresh": _FRESH.total_seconds(),
                "keys": keys,
                "most": MOST_VIEWED_COMPANIES,
                "noted": now - _VIEW_RECORD_INTERVAL,
            },
        )
        return sum(row[0] for row in cursor.fetchall())
