"""When to ask ANAF again. Schedules are data (`SyncState.next_sync_at`): any worker, or none for
an hour, is correct. The policy is here, apart from the loop that acts on it."""

from datetime import datetime, time, timedelta

from caraus.words import BUCHAREST

# After ANAF's troubles the pause grows, so that a thousand companies do not press a fallen server.
LONGEST_PAUSE = timedelta(minutes=30)
# What ANAF asks for is honoured up to a day: a nonsensical header must not silence a company.
LONGEST_WAIT = timedelta(days=1)


def next_sync(
    *,
    asked_at: datetime,
    interval: timedelta,
    failures_in_a_row: int = 0,
    retry_after: timedelta | None = None,
) -> datetime:
    """When the company is due again, counted from when it was asked.

    A failure is retried after the plain interval, then after two, four, … up to half an hour;
    never sooner than ANAF asked for with `Retry-After` (of which a day at most is believed).
    """
    doublings = min(max(failures_in_a_row - 1, 0), 10)
    pause = min(interval * 2**doublings, max(LONGEST_PAUSE, interval))
    asked_for = min(retry_after or timedelta(), LONGEST_WAIT)
    wait: timedelta = max(pause, asked_for)
    return asked_at + wait


def until_tomorrow(moment: datetime) -> timedelta:
    """How long until five past midnight in Romania, when a daily limit of ANAF counts anew.

    ANAF blocks those who go on asking past a limit (its text on the limits of e-Factura's API).
    """
    tomorrow = moment.astimezone(BUCHAREST).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0, 5), tzinfo=BUCHAREST) - moment
