"""When each company is asked about, what came of each question, and what all of them share."""

from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.authorizations.models import Authorization


class SyncState(models.Model):
    """When a company is to be asked about next, what is learnt about it, what came of the last
    question."""

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.OneToOneField(Company, on_delete=models.CASCADE, related_name="sync_state")
    next_sync_at = models.DateTimeField(default=timezone.now, db_index=True)
    # A worker has taken it until then; a killed worker's claim lapses.
    claimed_until = models.DateTimeField(null=True, blank=True)
    # A person waits, or looks at the page: it goes before the timer's.
    wanted_at = models.DateTimeField(null=True, blank=True)
    # The web request in which it was wanted: the log's line about the answer names it.
    wanted_request = models.CharField(max_length=64, blank=True, default="", db_default="")
    looked_at = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_good_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.CharField(max_length=20, blank=True)
    last_code = models.CharField(max_length=40, blank=True)
    # Of the content, in whatever order ANAF lists it; and of the bytes, with the parser's version.
    last_digest = models.CharField(max_length=64, blank=True)
    last_body_digest = models.CharField(max_length=80, blank=True, default="", db_default="")
    # What the last good answer held: an unchanged one holds the same.
    last_seen_count = models.PositiveIntegerField(default=0, db_default=0)
    last_missing = models.PositiveIntegerField(default=0, db_default=0)
    last_unreadable = models.PositiveIntegerField(default=0, db_default=0)
    # Since when the trouble of now lasts; how old the list is says `last_good_at`.
    failing_since = models.DateTimeField(null=True, blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)

    # Learnt (`rates.py`): UITs found and days watched, both decayed; UITs a day.
    found = models.FloatField(default=0, db_default=0)
    exposure = models.FloatField(default=0, db_default=0)
    rate = models.FloatField(default=1, db_default=1)
    # Days (ISO) on which a listed transport starts: on such a day it is asked more often.
    start_days = models.JSONField(default=list, db_default=[])

    # Calls on one day in Romania, and what ANAF said about a limit of them.
    calls_day = models.DateField(null=True, blank=True)
    calls_today = models.PositiveIntegerField(default=0, db_default=0)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.company}: {self.last_outcome or '—'}"


class AuthorizationLimit(models.Model):
    """The daily limit that ANAF told an authorization, learnt from its message."""

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


class Gate(models.Model):
    """The one door to a host of ANAF, shared by all workers (`gate.py` decides, this remembers).

    Times are the database's clock. Not a tenant's row: one for the whole installation.
    """

    host = models.CharField(max_length=255, unique=True)
    # When the next call may go, of all calls and of the timer's (GCRA's theoretical arrivals).
    next_of_all = models.DateTimeField()
    next_of_timer = models.DateTimeField()
    next_of_person = models.DateTimeField(null=True, blank=True)
    granted = models.PositiveBigIntegerField(default=0)
    # ANAF asked for a pause (HTTP 429).
    paused_until = models.DateTimeField(null=True, blank=True)
    paused_since = models.DateTimeField(null=True, blank=True)
    pauses = models.PositiveIntegerField(default=0)
    # The circuit: failures in a row, open since, the single probe.
    failures = models.PositiveIntegerField(default=0)
    failing_cuis = models.CharField(max_length=200, blank=True, default="", db_default="")
    failing_since = models.DateTimeField(null=True, blank=True)
    open_since = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveIntegerField(default=0)
    probe_at = models.DateTimeField(null=True, blank=True)
    probing_until = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    last_code = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.host


class Plan(models.Model):
    """The policy in force for the whole installation, made anew every minute (`plan.py`)."""

    made_at = models.DateTimeField()
    companies = models.PositiveIntegerField(default=0)
    budget = models.FloatField()
    multiplier = models.FloatField()
    fastest = models.FloatField()
    slowest = models.FloatField()
    stretched = models.BooleanField(default=False)
    # Authorizations with a daily limit have a policy of their own: {id: Policy's fields}.
    limited = models.JSONField(default=dict)
    # How rates are spread over all companies (`rates.GRID`'s weights): the prior of each.
    prior = models.JSONField(default=list, db_default=[])
    # UITs found in each hour of the week, decayed; up to when they are counted.
    found_by_hour = models.JSONField(default=list)
    counted_until = models.DateTimeField(null=True, blank=True)
    # The outage of which people have been told (its `open_since`).
    told_outage = models.DateTimeField(null=True, blank=True)
    told_pause = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"


class SyncRun(models.Model):
    """One question to ANAF about one company, and what came of it."""

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
    # How old the list was when this answer came: what appeared waited at most so long. Seconds.
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
    """What is left of an hour's questions about a company after a week."""

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
    """How many questions ended so, of those up to the key `counted_to` (the same in all rows):
    for a counter."""

    outcome = models.CharField(max_length=20, unique=True)
    calls = models.PositiveBigIntegerField(default=0)
    counted_to = models.PositiveBigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.outcome}: {self.calls}"


class CompanyDay(models.Model):
    """The UITs that appeared for a company on one day in Romania, and how long they had waited.

    A trigger of the database adds each question that found something. `waited`
    and `longest` are seconds: how old the list was at most, summed over the `timed` UITs whose
    wait is known. Those of a first answer are not: they may have waited for days.
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
