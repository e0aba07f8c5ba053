"""When to ask ANAF again. Schedules are data (`SyncState.next_sync_at`): any worker, or none for
an hour, is correct. The policy is here, apart from the loop that acts on it."""

from datetime import datetime, timedelta

# After ANAF's troubles the pause grows, so that a thousand companies do not press a fallen server.
LONGEST_PAUSE = timedelta(minutes=30)


def next_sync(
    *,
    asked_at: datetime,
    interval: timedelta,
    failures_in_a_row: int = 0,
    retry_after: timedelta | None = None,
) -> datetime:
    """When the company is due again, counted from when it was asked.

    A failure is retried after the plain interval, then after two, four, … up to half an hour;
    never sooner than ANAF asked for with `Retry-After`.
    """
    doublings = min(max(failures_in_a_row - 1, 0), 10)
    pause = min(interval * 2**doublings, max(LONGEST_PAUSE, interval))
    wait: timedelta = max(pause, retry_after or timedelta())
    return asked_at + wait
