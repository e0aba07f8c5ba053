"""Reasons to ask sooner than the policy."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection as database
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.transports.models import SyncState

# Somebody who looks at more companies than this at once waits for none in particular.
LOOKED_AT_ONCE = 20
# A page asks for its list again every few seconds; that somebody looks is written this often.
_NOTED_EVERY = timedelta(seconds=30)
_FRESH = timedelta(minutes=1)


def is_news(states: Sequence[SyncState]) -> bool:
    """Whether `looked_at` would write anything: not where somebody has just looked."""
    able = [one for one in states if one.last_attempt_at and not one.failures_in_a_row]
    since = timezone.now() - _NOTED_EVERY
    noted = sum(one.looked_at is not None and one.looked_at >= since for one in able)
    return noted < min(len(able), LOOKED_AT_ONCE)


def looked_at(companies: Sequence[Company]) -> int:
    """Somebody looks at their list: those that were not asked about for a minute are due now.

    Of many companies, only the busiest. One in trouble keeps its pause. Gives how many are due.
    """
    now = timezone.now()
    keys = [company.pk for company in companies]
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE transports_syncstate SET looked_at = %(now)s, next_sync_at ="
            " least(next_sync_at,"
            "       greatest(%(now)s, last_attempt_at + %(fresh)s * interval '1 second'))"
            " WHERE id IN (SELECT id FROM transports_syncstate WHERE company_id = ANY(%(keys)s)"
            "   ORDER BY rate DESC, id LIMIT %(most)s FOR UPDATE SKIP LOCKED)"
            " AND (looked_at IS NULL OR looked_at < %(noted)s) AND failures_in_a_row = 0"
            " AND last_attempt_at IS NOT NULL"
            " RETURNING next_sync_at <= %(now)s",
            {
                "now": now,
                "fresh": _FRESH.total_seconds(),
                "keys": keys,
                "most": LOOKED_AT_ONCE,
                "noted": now - _NOTED_EVERY,
            },
        )
        return sum(row[0] for row in cursor.fetchall())


def changed_at_anaf(company_id: int) -> None:
    """We have just told ANAF something about the company: see at once what it shows now."""
    SyncState.objects.filter(company_id=company_id).update(
        next_sync_at=timezone.now(), wanted_at=timezone.now()
    )
