"""The schedule and the sync runs of each company, and the state that all workers share."""

from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.authorizations.models import Authorization


class SyncState(models.Model):
    """When a company is due, what is learnt about it, and the result of its last sync."""

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.OneToOneField(Company, on_delete=models.CASCADE, related_name="sync_state")
    next_sync_at = models.DateTimeField(default=timezone.now, db_index=True)
    # A worker has claimed it until then; the claim of a killed worker expires.
    claimed_until = models.DateTimeField(null=True, blank=True)
    # A person requested a sync: the company goes before the timer's.
    requested_at = models.DateTimeField(null=True, blank=True)
    # The id of that web request, for the log.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    # A person last viewed the company's list.
    viewed_at = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_good_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.CharField(max_length=20, blank=True)
    last_code = models.CharField(max_length=40, blank=True)
    # Of the content, in whatever order ANAF lists it; and of the bytes, with the parser's version.
    last_digest = models.CharField(max_length=64, blank=True)
    last_body_digest = models.CharField(max_length=80, blank=True, default="", db_default="")
    # The counts of the last good response: an unchanged one holds the same.
    last_seen_count = models.PositiveIntegerField(default=0, db_default=0)
    last_missing = models.PositiveIntegerField(default=0, db_default=0)
    last_unreadable = models.PositiveIntegerField(default=0, db_default=0)
    # Since when the present error lasts; `last_good_at` says how old the list is.
    error_since = models.DateTimeField(null=True, blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)

    # Learnt (`schedule/rates.py`): new UITs and observed days, both decayed; UITs a day.
    new_uits = models.FloatField(default=0, db_default=0)
    exposure = models.FloatField(default=0, db_default=0)
    rate = models.FloatField(default=1, db_default=1)
    # Days (ISO) on which a listed transport starts: then the company is polled more often.
    start_days = models.JSONField(default=list, db_default=[])

    # Calls on one day in Romania, and the limit that ANAF named.
    calls_day = models.DateField(null=True, blank=True)
    calls_today = models.PositiveIntegerField(default=0, db_default=0)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.company}: {self.last_outcome or '—'}"


class AuthorizationLimit(models.Model):
    """The daily limit of an authorization, learnt from ANAF's message."""

    ORGANIZATION_PATH = "authorization__organization"

    authorization = models.OneToOneField(
        Authorization, on_delete=models.CASCADE, related_name="learnt_limit"
    )
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    learnt_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    # Counted only where there is a limit, by the day in Romania.
    calls_day = models.DateField(null=True, blank=True)
    calls_today = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.authorization}: {self.daily_limit or '?'} pe zi"


class RateLimiter(models.Model):
    """The rate limiter's state for a host of ANAF, shared by all workers.

    Times are the database's clock. One row for the whole installation, not a tenant's.
    """

    host = models.CharField(max_length=255, unique=True)
    # When the next call may be sent, of all, of the timer's, of people's (GCRA's arrival times).
    next_of_all = models.DateTimeField()
    next_of_timer = models.DateTimeField()
    next_of_person = models.DateTimeField(null=True, blank=True)
    granted = models.PositiveBigIntegerField(default=0)
    # ANAF demanded a pause (HTTP 429).
    paused_until = models.DateTimeField(null=True, blank=True)
    paused_since = models.DateTimeField(null=True, blank=True)
    pauses = models.PositiveIntegerField(default=0)
    # The circuit breaker: failures in a row, open since, the single probe.
    failures = models.PositiveIntegerField(default=0)
    error_cuis = models.CharField(max_length=200, blank=True, default="", db_default="")
    error_since = models.DateTimeField(null=True, blank=True)
    open_since = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveIntegerField(default=0)
    probe_at = models.DateTimeField(null=True, blank=True)
    probing_until = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    last_code = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.host


class Plan(models.Model):
    """The polling policy of the whole installation, made anew every minute (`schedule/plan.py`)."""

    made_at = models.DateTimeField()
    companies = models.PositiveIntegerField(default=0)
    budget = models.FloatField()
    multiplier = models.FloatField()
    fastest = models.FloatField()
    slowest = models.FloatField()
    stretched = models.BooleanField(default=False)
    # Authorizations with a daily limit have intervals of their own: {id: fields of
    # PollingIntervals}.
    limited_intervals = models.JSONField(default=dict)
    # How rates are spread over all companies (weights of `rates.RATE_GRID`): the prior of each.
    prior = models.JSONField(default=list, db_default=[])
    # New UITs in each hour of the week, decayed; up to when they are counted.
    new_uits_by_hour = models.JSONField(default=list)
    counted_until = models.DateTimeField(null=True, blank=True)
    # The last outage and pause that people were notified of, by their start.
    notified_outage_since = models.DateTimeField(null=True, blank=True)
    notified_pause_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"


class SyncRun(models.Model):
    """One sync of a company, and its result."""

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="sync_runs")
    authorization = models.ForeignKey(
        Authorization, on_delete=models.SET_NULL, null=True, related_name="sync_runs"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    outcome = models.CharField(max_length=20)
    code = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveIntegerField(null=True, blank=True)
    # A short diagnostic without secrets.
    detail = models.TextField(blank=True)
    seen = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    # Seconds since the last good response when this one came: a new UIT waited at most so long.
    age = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["company", "-started_at"], name="run_by_company"),
            models.Index(fields=["authorization", "started_at"], name="run_by_authorization"),
            models.Index(fields=["started_at"], name="run_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.outcome} {self.started_at:%Y-%m-%d %H:%M}"


class SyncHour(models.Model):
    """The sums of an hour's sync runs of a company, which replace them after a week."""

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="sync_hours")
    hour = models.DateTimeField()
    outcome = models.CharField(max_length=20)
    calls = models.PositiveIntegerField()
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    age_sum = models.FloatField(default=0)
    age_max = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("company", "hour", "outcome", name="one_row_per_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.outcome} {self.hour:%Y-%m-%d %H}"


class OutcomeTotal(models.Model):
    """The number of syncs with an outcome, up to the key `counted_to` (the same in all rows)."""

    outcome = models.CharField(max_length=20, unique=True)
    calls = models.PositiveBigIntegerField(default=0)
    counted_to = models.PositiveBigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.outcome}: {self.calls}"


class CompanyDay(models.Model):
    """The new UITs of a company on one day in Romania, and how long they had waited.

    A trigger of the database adds each sync run with new UITs. `waited` and `longest` are seconds:
    the age of the list, summed over the `timed` UITs whose wait is known. The wait of a first
    response's UITs is not known: they may have waited for days.
    """

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, related_name="days", db_index=False
    )
    day = models.DateField()
    appeared = models.PositiveIntegerField(default=0)
    timed = models.PositiveIntegerField(default=0)
    waited = models.FloatField(default=0)
    longest = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("company", "day", name="one_row_per_company_day")]

    def __str__(self) -> str:
        return f"{self.company_id}: {self.day:%Y-%m-%d}"
