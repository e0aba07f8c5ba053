"""The polling intervals in force: solved anew every minute from aggregates, read by all workers
from one row."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.advisory_locks import LockSpace, lock_until_commit
from caraus.core.formatting import BUCHAREST
from caraus.sync.limiter import rules
from caraus.sync.models import AuthorizationLimit, Plan, SyncRun
from caraus.sync.schedule.intervals import (
    HELD_SHARE,
    MINUTES_A_DAY,
    PLANNED_SHARE,
    Bounds,
    PollingIntervals,
    solve_intervals,
)
from caraus.sync.schedule.rates import (
    DEFAULT_PRIOR,
    DEFAULT_WEEKLY_PATTERN,
    ENOUGH_UITS,
    HOURS_A_WEEK,
    RATE_GRID,
    Observed,
    hour_of_week,
    improve_prior,
    weekly_pattern,
)

# How long a process believes the row that it has read.
PLAN_CACHE_SECONDS = 20.0
# Rates that differ by less than this are one for the solver: 20,000 companies become 200 numbers.
_ROUNDING = 0.05
# What an hour of the week has learnt counts half after four weeks.
_WEEKLY_DECAY = 0.5 ** (1 / 4)
# Companies that can be polled: somebody has authorized for them. Written by hand, as the next
# one: the groups are rounded logarithms, which in the ORM would be longer than the statement.
_RATES = """
SELECT exp(round(ln(greatest(s.rate, 0.001)) / %(rounding)s) * %(rounding)s) AS rate, count(*)
FROM sync_syncstate s JOIN accounts_company c ON c.id = s.company_id
WHERE c.archived_at IS NULL AND EXISTS (SELECT 1 FROM authorizations_authorization k
              WHERE k.organization_id = c.organization_id AND k.status = 'active')
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class CurrentPlan:
    """The plan as the poller uses it."""

    intervals: PollingIntervals
    weekly_pattern: Sequence[float] = DEFAULT_WEEKLY_PATTERN
    prior: Sequence[float] = DEFAULT_PRIOR
    limited_intervals: Mapping[int, PollingIntervals] = field(default_factory=dict)


_OBSERVED = """
SELECT CASE WHEN new_uits < %(plenty)s THEN round(new_uits * 4) / 4
            ELSE exp(round(ln(new_uits) * 10) / 10) END,
       exp(round(ln(greatest(exposure, 0.01)) * 10) / 10), count(*)
FROM sync_syncstate WHERE last_good_at IS NOT NULL GROUP BY 1, 2
"""


class _PlanCache:
    """What this process last read, and when."""

    read_at: float = -math.inf
    plan: CurrentPlan


@cache
def _plan_cache() -> _PlanCache:
    return _PlanCache()


def current_plan() -> CurrentPlan:
    """Return the plan, at most `PLAN_CACHE_SECONDS` old; a first one where no row exists."""
    memory = _plan_cache()
    if monotonic() - memory.read_at > PLAN_CACHE_SECONDS:
        row = Plan.objects.order_by("pk").first()
        memory.plan = _from_row(row) if row else CurrentPlan(_first_intervals())
        memory.read_at = monotonic()
    return memory.plan


def clear_plan_cache() -> None:
    """Read the row again at the next poll."""
    _plan_cache.cache_clear()


def _from_row(row: Plan) -> CurrentPlan:
    return CurrentPlan(
        intervals=PollingIntervals(row.multiplier, row.fastest, row.slowest, row.stretched),
        weekly_pattern=weekly_pattern(row.new_uits_by_hour),
        prior=row.prior if len(row.prior) == len(RATE_GRID) else DEFAULT_PRIOR,
        limited_intervals={
            int(key): PollingIntervals(**value) for key, value in row.limited_intervals.items()
        },
    )


def interval_bounds() -> Bounds:
    """Return the bounds of the settings."""
    fastest = float(settings.SYNC_FASTEST_MINUTES)
    slowest = max(float(settings.SYNC_SLOWEST_MINUTES), fastest)
    of_many = max(float(settings.SYNC_SLOWEST_OF_MANY_MINUTES), slowest)
    # A little less than promised: a company that is due waits for its turn.
    return Bounds(fastest, slowest, max(of_many * HELD_SHARE, slowest))


def calls_budget() -> float:
    """Return the calls a minute with which the timer's polls may be planned."""
    return rules.calls_a_minute(settings.ANAF_CALLS_PER_MINUTE) * PLANNED_SHARE


def _first_intervals() -> PollingIntervals:
    """Return the intervals before anything is known: somewhere in the middle."""
    middle = math.sqrt(interval_bounds().fastest * interval_bounds().slowest)
    return PollingIntervals(middle, interval_bounds().fastest, interval_bounds().slowest)


def update_plan(now: datetime | None = None) -> Plan:
    """Aggregate, solve, write the one row. Two at once do it one after the other, to one effect."""
    now = now or timezone.now()
    with transaction.atomic():
        lock_until_commit(LockSpace.SCHEDULE_PLAN)
        row = Plan.objects.select_for_update().order_by("pk").first() or Plan(
            made_at=now, budget=0, multiplier=0, fastest=0, slowest=0, counted_until=now
        )
        rates = _rates(_RATES, {"rounding": _ROUNDING})
        intervals = solve_intervals(rates, budget=calls_budget(), bounds=interval_bounds())
        number = sum(rates.values())
        row.made_at, row.companies, row.budget = now, number, calls_budget()
        row.multiplier, row.stretched = intervals.multiplier, intervals.stretched
        row.fastest, row.slowest = intervals.fastest, intervals.slowest
        row.limited_intervals = {
            str(key): asdict(value) for key, value in _limited_intervals(now).items()
        }
        row.prior = list(improve_prior(row.prior, _all_observed()))
        _count_new_uits(row, now)
        row.save()
    clear_plan_cache()
    return row


def _rates(query: str, values: dict[str, Any]) -> dict[float, int]:
    with database.cursor() as cursor:
        cursor.execute(query, values)
        return {float(rate): int(count) for rate, count in cursor.fetchall()}


def _all_observed() -> dict[Observed, int]:
    """Return what is learnt about all companies, alike ones counted together."""
    with database.cursor() as cursor:
        cursor.execute(_OBSERVED, {"plenty": ENOUGH_UITS})
        return {
            Observed(float(new_uits), float(exposure)): int(count)
            for new_uits, exposure, count in cursor.fetchall()
        }


def _limited_intervals(now: datetime) -> dict[int, PollingIntervals]:
    """Return the intervals of each authorization with a daily limit, over the companies that it
    serves: what the limit allows, and what is left of this day, where people have spent more of
    it."""
    daily_limit = settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION or None
    counts = {row.authorization_id: row for row in AuthorizationLimit.objects.all()}
    learnt = {key: row.daily_limit for key, row in counts.items() if row.daily_limit}
    today = now.astimezone(BUCHAREST)
    minutes_left = max(MINUTES_A_DAY - today.hour * 60 - today.minute, 1)
    served = CompanyRight.objects.filter(
        authorization__status=Authorization.Status.ACTIVE, state=CompanyRight.State.COVERED
    )
    if daily_limit is None:
        served = served.filter(authorization__in=learnt)
    rates: dict[int, Counter[float]] = {}
    for authorization_id, rate in served.values_list(
        "authorization_id", "company__sync_state__rate"
    ):
        rates.setdefault(authorization_id, Counter())[rate or 1.0] += 1
    intervals_by_authorization = {}
    for authorization_id, companies in rates.items():
        limit = min(limit for limit in (daily_limit, learnt.get(authorization_id)) if limit)
        count = counts.get(authorization_id)
        spent = count.calls_today if count and count.calls_day == today.date() else 0
        calls_a_minute = 0.95 * min(limit / MINUTES_A_DAY, max(limit - spent, 0) / minutes_left)
        intervals_by_authorization[authorization_id] = solve_intervals(
            companies, budget=calls_a_minute, bounds=interval_bounds()
        )
    return intervals_by_authorization


def _count_new_uits(row: Plan, now: datetime) -> None:
    """Add the UITs that are new since the last time to their hours of the week."""
    since = max(row.counted_until or now, now - timedelta(days=2))
    counts = list(row.new_uits_by_hour) if row.new_uits_by_hour else [0.0] * HOURS_A_WEEK
    runs = SyncRun.objects.filter(
        started_at__gte=since, started_at__lt=now, new__gt=0, age__isnull=False
    ).order_by()
    by_hour = runs.values(hour=TruncHour("started_at", tzinfo=UTC)).annotate(new_uits=Sum("new"))
    for hour, new_uits in by_hour.values_list("hour", "new_uits"):
        counts[hour_of_week(hour)] += float(new_uits)
    if hour_of_week(now) < hour_of_week(since):  # a new week has begun
        counts = [count * _WEEKLY_DECAY for count in counts]
    row.new_uits_by_hour, row.counted_until = counts, now
