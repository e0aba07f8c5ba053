"""What is kept of the calls to ANAF: whole for a week, as hourly sums for a year, as totals."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from caraus.accounts.models import Company
from caraus.core.formatting import BUCHAREST
from caraus.sync import metrics, runs
from caraus.sync.models import OutcomeTotal, SyncHour, SyncRun

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def run(company: Company, at: datetime, outcome: str = "ok", **fields: Any) -> SyncRun:
    return SyncRun.objects.create(
        company=company, started_at=at, finished_at=at, outcome=outcome, **fields
    )


def test_after_a_week_polls_are_hourly_sums(company: Company) -> None:
    now = datetime(2026, 11, 24, 12, 30, tzinfo=BUCHAREST)
    old = now - 8 * DAY
    for minutes, age in ((0, 60), (10, 600), (25, 300)):
        run(company, old + minutes * MINUTE, new=2, age=age)
    run(company, old + 5 * MINUTE, "unavailable")
    run(company, old + 40 * MINUTE)
    recent = run(company, now - 6 * DAY)
    for _ in range(2):  # a repeated sum adds nothing
        runs.summarize_runs(now)
    assert SyncRun.objects.get() == recent
    sums = {
        (row.hour.astimezone(BUCHAREST).hour, row.outcome): (row.calls, row.new, row.age_max)
        for row in SyncHour.objects.all()
    }
    assert sums == {
        (12, "ok"): (3, 6, 600),
        (12, "unavailable"): (1, 0, 0),
        (13, "ok"): (1, 0, 0),
    }
    assert dict(OutcomeTotal.objects.values_list("outcome", "calls")) == {"ok": 5, "unavailable": 1}
    run(company, old, new=1, age=900)  # written late, into an hour that is summed already
    runs.summarize_runs(now)
    row = SyncHour.objects.get(calls=4)
    assert (row.new, row.age_sum, row.age_max) == (7, 1860, 900)
    assert OutcomeTotal.objects.get(outcome="ok").calls == 6


def test_sums_older_than_a_year_go(company: Company) -> None:
    SyncHour.objects.create(company=company, hour=timezone.now() - 366 * DAY, outcome="ok", calls=1)
    runs.summarize_runs()
    assert not SyncHour.objects.exists()


def test_a_scrape_looks_at_the_last_hours_only(company: Company) -> None:
    """What is in the totals is counted once; the statement is bounded by the last count."""
    now = timezone.now()

    def add_run(minutes: int, outcome: str = "ok") -> None:
        at = now - timedelta(minutes=minutes)
        SyncRun.objects.create(company=company, started_at=at, finished_at=at, outcome=outcome)

    def outcome_counts() -> dict[str, float]:
        lines = metrics.render_metrics().decode().splitlines()
        parts = [line.split() for line in lines if line.startswith("caraus_calls_total")]
        return {name.split('"')[1]: float(value) for name, value in parts}

    for minutes in (3000, 130, 61, 5):
        add_run(minutes)
    assert outcome_counts() == {"ok": 4}
    runs.update_totals(now)
    counted = OutcomeTotal.objects.get()
    assert counted.calls == 3  # the newest may have neighbours that are not committed yet
    assert outcome_counts() == {"ok": 4}
    runs.update_totals(now)
    add_run(1, "unavailable")
    assert outcome_counts() == {"ok": 4, "unavailable": 1}
    # The rows before the count are not looked at any more.
    SyncRun.objects.filter(pk__lte=counted.counted_to).update(outcome="bad_response")
    assert outcome_counts() == {"ok": 4, "unavailable": 1}
    runs.update_totals(now + timedelta(hours=3))
    assert outcome_counts() == {"ok": 4, "unavailable": 1}
