"""The record of polls: whole for a week, then as hourly sums, which are kept for a year."""

from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from caraus.core.advisory_locks import LockSpace, lock_until_commit
from caraus.sync.models import OutcomeTotal, SyncHour, SyncRun

RUNS_RETENTION = timedelta(days=7)
SUMS_RETENTION = timedelta(days=365)
# Summed in one transaction: so much of the past at once.
_PORTION = timedelta(hours=1)

# One statement: a row is deleted exactly when it is summed, whatever breaks, and by whomever. The
# ORM has neither DELETE … RETURNING nor an upsert that adds.
_SUMMARIZE = """
WITH old AS (
    DELETE FROM sync_syncrun WHERE started_at < %(until)s
    RETURNING company_id, date_trunc('hour', started_at) AS hour, outcome, new, changed, age
)
    INSERT INTO sync_synchour AS h
        (company_id, hour, outcome, calls, new, changed, age_sum, age_max)
    SELECT company_id, hour, outcome, count(*), sum(new), sum(changed), coalesce(sum(age), 0),
           coalesce(max(age), 0)
    FROM old GROUP BY 1, 2, 3
    ON CONFLICT (company_id, hour, outcome) DO UPDATE SET
        calls = h.calls + excluded.calls, new = h.new + excluded.new,
        changed = h.changed + excluded.changed, age_sum = h.age_sum + excluded.age_sum,
        age_max = greatest(h.age_max, excluded.age_max)
"""

# Of the rows above the key that is counted already up to another one.
_COUNT = """
INSERT INTO sync_outcometotal AS t (outcome, calls)
SELECT outcome, count(*) FROM sync_syncrun WHERE id > %(after)s AND id <= %(to)s
GROUP BY outcome
ON CONFLICT (outcome) DO UPDATE SET calls = t.calls + excluded.calls
"""


def summarize_runs(now: datetime | None = None) -> None:
    """Sum what is older than a week, hour by hour, and let go of sums older than a year."""
    now = now or timezone.now()
    update_totals(now)
    last = (now - RUNS_RETENTION).replace(minute=0, second=0, microsecond=0)
    while (oldest := _oldest_run()) is not None and oldest < last:
        until = oldest.replace(minute=0, second=0, microsecond=0) + _PORTION
        with transaction.atomic(), database.cursor() as cursor:
            lock_until_commit(LockSpace.SYNC_SUMS)
            cursor.execute(_SUMMARIZE, {"until": min(until, last)})
    SyncHour.objects.filter(hour__lt=now - SUMS_RETENTION).delete()


def update_totals(now: datetime | None = None) -> None:
    """Add to the totals by outcome what is not in them yet. The last hour waits: the row of a
    poll with a smaller key may not be committed yet."""
    recent = SyncRun.objects.filter(started_at__gte=(now or timezone.now()) - timedelta(hours=1))
    with transaction.atomic(), database.cursor() as cursor:
        lock_until_commit(LockSpace.SYNC_SUMS)
        first = recent.aggregate(first=Min("pk"))["first"]
        last = SyncRun.objects.aggregate(last=Max("pk"))["last"] or 0
        to = last if first is None else first - 1
        after = OutcomeTotal.objects.aggregate(after=Max("counted_to"))["after"] or 0
        if to > after:
            cursor.execute(_COUNT, {"after": after, "to": to})
            OutcomeTotal.objects.update(counted_to=to)


def _oldest_run() -> datetime | None:
    """Return the start of the oldest run."""
    oldest: datetime | None = SyncRun.objects.aggregate(oldest=Min("started_at"))["oldest"]
    return oldest
