"""Keep the schedule whole, every minute: no company left out, the plan fresh, people notified."""

from datetime import timedelta

from django.db import connection as database
from django.db.models import Q
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.authorizations.models import Authorization
from caraus.sync import notifications
from caraus.sync.limiter import permits, quotas
from caraus.sync.models import Plan, SyncState
from caraus.sync.schedule import plan
from caraus.sync.schedule.intervals import LONGEST_RETRY_AFTER_WAIT

# After so long those who chose it are notified of an outage.
LONG_OUTAGE = timedelta(hours=1)
# Pauses that follow each other within this time are one notification.
SAME_PAUSE_WITHIN = timedelta(hours=24)
# Companies that nobody has authorized for are looked at again after so long; an authorization makes
# them due at once.
UNAUTHORIZED_DELAY = timedelta(hours=1)
# No company is ever due later than this: one that is, is so by a clock that jumped.
_LATEST_DUE = LONGEST_RETRY_AFTER_WAIT + timedelta(hours=2)
_CLOCK_SLACK = timedelta(minutes=2)


def run_maintenance() -> None:
    """Repair the schedule, make the plan anew and notify of new errors, every minute."""
    add_missing_states()
    repair_due_times()
    plan.update_plan()
    notify_problems()


def add_missing_states() -> int:
    """Make companies that are new to the schedule due at once."""
    now = timezone.now()
    new = Company.objects.filter(sync_state=None, archived_at=None).values_list("pk", flat=True)
    rows = [SyncState(company_id=pk, next_sync_at=now) for pk in new]
    SyncState.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def repair_due_times() -> int:
    """Due now: what a clock that jumped and came back has put off. Asleep: what nobody can poll
    about, so that the claims need not look at it again and again."""
    now = timezone.now()
    put_off = Q(next_sync_at__gt=now + _LATEST_DUE) | Q(
        last_attempt_at__gt=now + _CLOCK_SLACK, next_sync_at__gt=now
    )
    mended = SyncState.objects.filter(put_off).update(next_sync_at=now)
    # One statement: the ORM would read the keys of the rows that are not locked first.
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_syncstate SET next_sync_at = now() + %s * interval '1 second'"
            " WHERE id IN (SELECT s.id FROM sync_syncstate s"
            " JOIN accounts_company c ON c.id = s.company_id WHERE s.next_sync_at <= now()"
            " AND NOT EXISTS (SELECT 1 FROM authorizations_authorization k"
            " WHERE k.organization_id = c.organization_id AND k.status = %s)"
            " FOR UPDATE OF s SKIP LOCKED)",
            [UNAUTHORIZED_DELAY.total_seconds(), Authorization.Status.ACTIVE],
        )
    return mended


def notify_problems() -> None:
    """Notify once of each daily limit, outage of an hour and pause that ANAF demanded."""
    quotas.notify_unannounced_limits(timezone.now())
    limiter, row = permits.read_state(), Plan.objects.order_by("pk").first()
    now = timezone.now()
    if limiter is None or row is None:
        return
    since = limiter.open_since
    # First notify, then mark: nobody is notified twice of the same outage.
    is_long = (
        since is not None and now - since >= LONG_OUTAGE and row.notified_outage_since != since
    )
    if since is not None and is_long and notifications.notify_outage(since=since):
        Plan.objects.filter(pk=row.pk).update(notified_outage_since=since)
    paused = limiter.paused_since
    notified = row.notified_pause_since
    again = paused is not None and notified is not None and paused - notified < SAME_PAUSE_WITHIN
    until = None if again else limiter.paused_until
    if paused and until and notifications.notify_pause(since=paused, until=until, now=now):
        Plan.objects.filter(pk=row.pk).update(notified_pause_since=paused)
