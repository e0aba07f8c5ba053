"""What Prometheus may know, read from the database: the same whichever process serves it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db.models import Count, QuerySet
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from caraus.authorizations.models import Authorization
from caraus.notifications.models import NotificationFailure
from caraus.sync.limiter import permits
from caraus.sync.models import Plan, SyncRun, SyncState

_QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)


def render_metrics() -> bytes:
    """Return all figures in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_MetricsCollector())
    return generate_latest(registry)


class _MetricsCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _calls()
        yield from _budget()
        yield from _schedule()
        yield _delays()
        yield _queue()
        yield _authorizations()
        yield _failed_notices()


def _calls() -> Iterator[Metric]:
    calls = CounterMetricFamily(
        "caraus_calls", "Polls of ANAF by how they ended.", labels=["outcome"]
    )
    # One statement, one moment: what is being summed is counted once; a union of two aggregates is
    # beyond the ORM. Only the rows of the last
    # hours are looked at: the others are in the totals (`runs.update_totals`).
    for outcome, number in _rows(
        "SELECT outcome, sum(calls) FROM (SELECT outcome, calls FROM sync_outcometotal"
        " UNION ALL SELECT outcome, count(*) FROM sync_syncrun WHERE id > coalesce("
        "(SELECT max(counted_to) FROM sync_outcometotal), 0)"
        " GROUP BY outcome) AS parts"
        " GROUP BY outcome ORDER BY outcome"
    ):
        calls.add_metric([outcome], float(number))
    yield calls


def _budget() -> Iterator[Metric]:
    limiter = permits.read_state()
    yield GaugeMetricFamily(
        "caraus_calls_allowed_per_minute",
        "ANAF_CALLS_PER_MINUTE.",
        value=settings.ANAF_CALLS_PER_MINUTE,
    )
    last_minute = SyncRun.objects.filter(started_at__gt=timezone.now() - timedelta(minutes=1))
    yield GaugeMetricFamily(
        "caraus_calls_last_minute",
        "Polls that began within the last minute.",
        value=last_minute.count(),
    )
    granted = CounterMetricFamily("caraus_slots", "Calls that the limiter let through.")
    granted.add_metric([], limiter.granted if limiter else 0)
    yield granted
    yield GaugeMetricFamily(
        "caraus_anaf_down",
        "1 while the circuit is open.",
        value=bool(limiter and limiter.open_since),
    )
    paused = bool(limiter and limiter.paused_until and limiter.paused_until > timezone.now())
    yield GaugeMetricFamily("caraus_anaf_paused", "1 while ANAF asks for a pause.", value=paused)


def _schedule() -> Iterator[Metric]:
    now = timezone.now()
    served = SyncState.objects.filter(
        company__archived_at=None,
        company__organization__authorizations__status=Authorization.Status.ACTIVE,
    ).distinct()
    overdue = served.filter(next_sync_at__lt=now - timedelta(minutes=1)).count()
    yield GaugeMetricFamily("caraus_companies", "Companies asked about.", value=served.count())
    yield GaugeMetricFamily(
        "caraus_companies_overdue", "Due for more than a minute and not asked.", value=overdue
    )
    plan = Plan.objects.order_by("pk").first()
    if plan is not None:
        yield GaugeMetricFamily(
            "caraus_slowest_interval_seconds", "The slowest interval.", value=plan.slowest * 60
        )
        yield GaugeMetricFamily(
            "caraus_intervals_stretched", "1: the calls do not suffice.", value=plan.stretched
        )


def _delays() -> Metric:
    """Measure how old lists were when a new response came, over the last hour."""
    delays = GaugeMetricFamily(
        "caraus_list_age_seconds",
        "Age of a company's list when the next good response came, last hour.",
        labels=["quantile"],
    )
    # The ORM has no ordered-set aggregates (percentile_disc).
    ((ages,),) = _rows(
        "SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY age) FROM sync_syncrun"
        " WHERE started_at > now() - interval '1 hour' AND age IS NOT NULL",
        [list(_QUANTILES)],
    )
    for quantile, seconds in zip(_QUANTILES, ages or [], strict=False):
        delays.add_metric([str(quantile)], seconds)
    return delays


def _queue() -> Metric:
    queue = GaugeMetricFamily("caraus_jobs", "Jobs of the queue.", labels=["status"])
    counts = _counts(ProcrastinateJob.objects.all(), "status")
    for status in ("todo", "doing", "failed"):
        queue.add_metric([status], counts.get(status, 0))
    return queue


def _authorizations() -> Metric:
    by_state = GaugeMetricFamily("caraus_authorizations", "By state.", labels=["state"])
    counts = _counts(Authorization.objects.all(), "status")
    for state in Authorization.Status.values:
        by_state.add_metric([state], counts.get(state, 0))
    return by_state


def _failed_notices() -> Metric:
    failed = CounterMetricFamily(
        "caraus_failed_notices", "What people could not be told, by notice.", labels=["notice"]
    )
    failures = NotificationFailure.objects.order_by("name")
    for name, number in failures.values_list("name", "number"):
        failed.add_metric([name], float(number))
    return failed


def _counts(rows: QuerySet[Any], field: str) -> dict[str, int]:
    """Return how many rows have each value of the field."""
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))


def _rows(query: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
