"""The learnt polling schedule behind one function, `learn_interval`.

Schedules are data (`SyncState.next_sync_at`), so any number of workers, or none for an hour, is
correct. `rates.py` and `intervals.py` are pure; `plan.py` solves the intervals of all companies.
"""

from datetime import datetime, timedelta

from caraus.core.formatting import bucharest_day
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncState
from caraus.sync.romanian_day import until_tomorrow
from caraus.sync.schedule import plan, rates
from caraus.sync.schedule.intervals import company_interval

# A person who viewed the list within this time is waiting for new UITs.
VIEWED_RECENTLY = timedelta(minutes=2)
VIEWED_INTERVAL = timedelta(minutes=1)
# On the day on which a transport starts, corrections matter most.
START_DAY_INTERVAL = timedelta(minutes=5)


def learn_interval(
    state: SyncState,
    *,
    seen: int,
    new: int,
    started_at: datetime,
    received_at: datetime,
    authorization_id: int,
) -> timedelta:
    """Learn the company's rate from a good response; return the time until its next sync.

    The response listed `seen` UITs, of which `new` were not in the one before. The caller has
    counted the call, sets `last_good_at` afterwards and saves `state`.
    """
    _learn_rate(state, seen=seen, new=new, received_at=received_at)
    return next_interval(state, started_at, authorization_id)


def _learn_rate(state: SyncState, *, seen: int, new: int, received_at: datetime) -> None:
    current = plan.current_plan()
    if state.last_good_at is None:
        observed = rates.observe_first_response(seen)
    else:
        observed = rates.observe(
            rates.Observed(state.new_uits, state.exposure),
            new=new,
            since=state.last_good_at,
            until=received_at,
            weekly_pattern=current.weekly_pattern,
        )
    state.new_uits, state.exposure = observed.new_uits, observed.exposure
    state.rate = rates.estimate_rate(observed, prior=current.prior)


def next_interval(state: SyncState, at: datetime, authorization_id: int) -> timedelta:
    """Return the time until the company's next sync, after a good response at `at`."""
    if quotas.is_company_used_up(state, at):
        return until_tomorrow(at)
    current = plan.current_plan()
    at_most: timedelta | None = None
    if state.viewed_at and timedelta() <= at - state.viewed_at < VIEWED_RECENTLY:
        at_most = VIEWED_INTERVAL
    elif bucharest_day(at).isoformat() in state.start_days and not current.intervals.stretched:
        at_most = START_DAY_INTERVAL
    interval = company_interval(
        current.intervals,
        rate=state.rate,
        at=at,
        calls_a_day=quotas.company_daily_limit(state),
        calls_left=quotas.company_calls_left(state, at),
        at_most=at_most,
    )
    limited_intervals = current.limited_intervals.get(authorization_id)
    if limited_intervals is None:
        return interval
    return max(interval, company_interval(limited_intervals, rate=state.rate, at=at))
