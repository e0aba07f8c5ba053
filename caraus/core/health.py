"""What says whether an installation works: for `caraus doctor`, /readyz and „Starea aplicației”."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils import timezone
from procrastinate.contrib.django.models import (
    ProcrastinateJob,
    ProcrastinatePeriodicDefer,
    ProcrastinateWorker,
)

from caraus.core.queues import queue_groups

# A worker reports every 10 seconds that it lives.
HEARTBEAT = timedelta(seconds=60)
# A job that waits for longer waits too long.
LATE = timedelta(minutes=15)


def database_version() -> str:
    """Return the version of the PostgreSQL server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return str(version)


def database_bytes() -> int:
    """Return the size of the database on the server's disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
    return int(size)


def living_workers() -> int:
    """Return how many worker processes live."""
    rows = ProcrastinateWorker.objects.filter(last_heartbeat__gt=timezone.now() - HEARTBEAT)
    return -(-rows.count() // len(queue_groups(1)))  # a process has one row for each group


def worker_last_ran_at() -> datetime | None:
    """Return when a worker last ran. The row of one that was stopped is gone; the periodic jobs say
    the minute in which one enqueued them."""
    heartbeat = ProcrastinateWorker.objects.aggregate(last=Max("last_heartbeat"))["last"]
    seconds = ProcrastinatePeriodicDefer.objects.aggregate(last=Max("defer_timestamp"))["last"]
    moments = [heartbeat, seconds and datetime.fromtimestamp(seconds, UTC)]
    return max(filter(None, moments), default=None)


def late_jobs() -> int:
    """Return how many jobs wait too long."""
    due = timezone.now() - LATE
    return ProcrastinateJob.objects.filter(status="todo", scheduled_at__lt=due).count()


def mail_host() -> str:
    """Return the mail server of EMAIL_URL; "" when e-mails are sent to nobody."""
    return str(settings.MAILERS["delivery"].get("OPTIONS", {}).get("host", ""))
