"""„Sincronizări”: the polls of one company, hour by hour or day by day, as a small chart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.anaf.errors import Outcome
from caraus.core.formatting import BUCHAREST, axis_day
from caraus.sync.models import SyncHour, SyncRun

WIDTH, HEIGHT = 720, 150
_AXIS = 18
# Who is responsible for an outcome, for its colour and its word.
_ANAF = {Outcome.UNAVAILABLE, Outcome.BAD_RESPONSE, Outcome.RATE_LIMITED}


# Start of an hour or a day, outcome, how many, the oldest list in seconds.
type CallCount = tuple[datetime, str, int, float | None]


@dataclass(slots=True)
class Bucket:
    """An hour or a day: the numbers of good syncs, ANAF's errors and ours; the oldest list."""

    start: datetime
    good: int = 0
    anaf: int = 0
    ours: int = 0
    oldest_minutes: float = 0.0

    @property
    def calls(self) -> int:
        return self.good + self.anaf + self.ours

    def add(self, outcome: str, calls: int, oldest: float | None) -> None:
        """Count `calls` polls with this outcome; `oldest` is the age of the oldest list in
        seconds."""
        if outcome == Outcome.OK:
            self.good += calls
            self.oldest_minutes = max(self.oldest_minutes, (oldest or 0) / 60)
        elif outcome in _ANAF:
            self.anaf += calls
        else:
            self.ours += calls


@dataclass(frozen=True, slots=True)
class HistoryBar:
    """A rectangle of the chart."""

    x: str
    y: str
    width: str
    height: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of a company's polls, in SVG units."""

    bars: tuple[HistoryBar, ...]
    # The oldest list in each bucket: the line's points.
    points: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    most_calls: int
    most_minutes: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def line(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self.points)


def by_hour(company: Company, *, now: datetime | None = None) -> list[Bucket]:
    """Return the last 24 hours, the oldest first."""
    now = now or timezone.now()
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    buckets = {
        first + timedelta(hours=number): Bucket(first + timedelta(hours=number))
        for number in range(24)
    }
    _fill(buckets, _runs(company, first, TruncHour("started_at", tzinfo=UTC)))
    return list(buckets.values())


def by_day(company: Company, *, now: datetime | None = None, days: int = 30) -> list[Bucket]:
    """Return the last `days` days in Romania, the oldest first."""
    today = (
        (now or timezone.now())
        .astimezone(BUCHAREST)
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    starts = [today - timedelta(days=number) for number in reversed(range(days))]
    buckets = {start: Bucket(start) for start in starts}
    _fill(buckets, _runs(company, starts[0], TruncDay("started_at", tzinfo=BUCHAREST)))
    sums = SyncHour.objects.filter(company=company, hour__gte=starts[0])
    _fill(
        buckets,
        sums.annotate(start=TruncDay("hour", tzinfo=BUCHAREST))
        .values_list("start", "outcome")
        .annotate(Sum("calls"), Max("age_max"))
        .order_by(),
    )
    return list(buckets.values())


def _runs(company: Company, since: datetime, start: TruncHour | TruncDay) -> Iterable[CallCount]:
    return (
        SyncRun.objects.filter(company=company, started_at__gte=since)
        .annotate(start=start)
        .values_list("start", "outcome")
        .annotate(Count("pk"), Max("age"))
        .order_by()
    )


def _fill(buckets: dict[datetime, Bucket], rows: Iterable[CallCount]) -> None:
    for start, outcome, calls, oldest in rows:
        if start in buckets:
            buckets[start].add(outcome, calls, oldest)


def chart(buckets: list[Bucket], *, hourly: bool) -> Chart:
    """Draw polls by outcome as bars and the age of the list as a line, in SVG attributes."""
    most = max([bucket.calls for bucket in buckets] + [1])
    oldest = max([bucket.oldest_minutes for bucket in buckets] + [1.0])
    step, plot_height = WIDTH / len(buckets), HEIGHT - _AXIS
    bars: list[HistoryBar] = []
    points, labels = [], []
    for number, bucket in enumerate(buckets):
        x, y = number * step, float(plot_height)
        for tone, calls in (("good", bucket.good), ("warn", bucket.anaf), ("bad", bucket.ours)):
            if calls:
                height = calls / most * (plot_height - 8)
                y -= height
                bars.append(
                    HistoryBar(
                        _r(x + step * 0.15),
                        _r(y),
                        _r(step * 0.7),
                        _r(height),
                        tone,
                        _title(bucket, hourly=hourly),
                    )
                )
        if bucket.good:
            height = bucket.oldest_minutes / oldest * (plot_height - 8)
            points.append((_r(x + step / 2), _r(plot_height - height)))
        if number % (4 if hourly else 5) == 0:
            labels.append((_r(x + 2), _when(bucket.start, hourly=hourly)))
    return Chart(tuple(bars), tuple(points), tuple(labels), most, round(oldest + 0.5))


def _r(value: float) -> str:
    """Format a number as SVG reads it, whatever the language."""
    return f"{value:.1f}"


def _when(start: datetime, *, hourly: bool) -> str:
    local = start.astimezone(BUCHAREST)
    return f"{local:%H:%M}" if hourly else axis_day(local.date())


def _title(bucket: Bucket, *, hourly: bool) -> str:
    parts = [gettext("{good} reușite").format(good=bucket.good)]
    if bucket.anaf:
        parts.append(gettext("{anaf} fără un răspuns bun").format(anaf=bucket.anaf))
    if bucket.ours:
        parts.append(gettext("{ours} cu probleme de autorizare sau drept").format(ours=bucket.ours))
    oldest = (
        gettext("; lista cea mai veche: {minutes} min").format(
            minutes=f"{bucket.oldest_minutes:.0f}"
        )
        if bucket.good
        else ""
    )
    return f"{_when(bucket.start, hourly=hourly)}: {', '.join(parts)}{oldest}"
