"""What a person wants to be changed at ANAF, what was sent for it, and what ANAF said."""

from datetime import UTC
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone

from caraus.accounts.models import Company, Membership, User
from caraus.anaf.filings import MOST_NOTE, MOST_REFERENCE, Exchange
from caraus.authorizations.models import Authorization
from caraus.core import fields
from caraus.core.fields import TruncatedCharField
from caraus.filings.states import HISTORY_TRANSITIONS, OPEN_CHANGE_STATES, ChangeState, may_follow
from caraus.transports.models import Transport, TransportEvent

LONGEST_PLATE = 20


class ForbiddenTransitionError(Exception):
    """A change would come to a state that may not follow its own."""


class VehicleChange(models.Model):
    """A vehicle change as a person wants it: the whole set of plates, and since when.

    „” in a trailer's place: there is none. `moment` is the person's statement, never replaced by
    the program.
    """

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="vehicle_changes")
    # A filing outlives the UIT's row, which may be purged: evidence.
    transport = models.ForeignKey(
        Transport, on_delete=models.SET_NULL, null=True, related_name="filed_changes"
    )
    uit = models.CharField(max_length=64)
    plate = models.CharField(max_length=LONGEST_PLATE)
    trailer1 = models.CharField(max_length=LONGEST_PLATE, blank=True)
    trailer2 = models.CharField(max_length=LONGEST_PLATE, blank=True)
    moment = models.DateTimeField()
    note = models.CharField(max_length=MOST_NOTE, blank=True)
    own_reference = models.CharField(max_length=MOST_REFERENCE, blank=True)
    # Declared under the outage rule (declPostAvarie): a person ticked it.
    post_outage = models.BooleanField(default=False)
    # ANAF's test environment: the same flow, which changes nothing.
    rehearsal = models.BooleanField(default=False)

    # What the person saw: the vehicle, and how many changes ANAF listed.
    before_plate = models.TextField(blank=True)
    before_trailer1 = models.TextField(blank=True)
    before_trailer2 = models.TextField(blank=True)
    changes_before = models.PositiveIntegerField(default=0)

    state = models.CharField(max_length=20, choices=ChangeState.choices, default=ChangeState.DRAFT)
    # Why it is held, by `display.REASONS`, or what went wrong, by `anaf.errors.ERRORS`.
    reason = models.CharField(max_length=40, blank=True)
    # ANAF's own words, whole, one message a line.
    message = models.TextField(blank=True)
    state_since = models.DateTimeField(default=timezone.now)
    # When the worker does the next thing for it; none: nothing is left to do.
    next_step_at = models.DateTimeField(null=True, blank=True)
    # How often something was tried in this state.
    tries = models.PositiveIntegerField(default=0)

    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by_name = TruncatedCharField(max_length=fields.ACTOR_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When a person said that it is to be sent with this moment.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # Changes that are confirmed together.
    batch = models.UUIDField(default=uuid4, db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "company",
                "uit",
                "rehearsal",
                condition=Q(state__in=sorted(OPEN_CHANGE_STATES)),
                name="one_open_change_per_uit",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="change_newest"),
            models.Index(
                fields=["next_step_at"],
                condition=~Q(next_step_at=None),
                name="change_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uit}: {self.plate} {self.state}"

    @property
    def vehicle(self) -> tuple[str, str, str]:
        """The plates after the change."""
        return self.plate, self.trailer1, self.trailer2

    @property
    def vehicle_before(self) -> tuple[str, str, str]:
        """The plates that the person saw."""
        return self.before_plate, self.before_trailer1, self.before_trailer2

    def transition_to(self, state: ChangeState, *, by: User | None = None, **changes: Any) -> None:
        """Store a state that may follow this one, with other changed fields; the caller holds the
        row. The history of the UIT shows it, and `by` whom."""
        before = self.state
        if not may_follow(self.state, state):
            raise ForbiddenTransitionError(f"{self.pk}: {self.state} → {state}")
        self.state, self.state_since, self.tries = state, timezone.now(), 0
        self.reason = self.message = ""
        self.next_step_at = None
        for name, value in changes.items():
            setattr(self, name, value)
        self.save()
        if self.transport_id and not self.rehearsal and (before, state) in HISTORY_TRANSITIONS:
            TransportEvent.objects.create(
                transport_id=self.transport_id,
                at=self.state_since,
                kind=TransportEvent.Kind.FILING,
                by=by,
                changes={"filing": ["" if before == ChangeState.DRAFT else before, state]},
            )


class FilingAttempt(models.Model):
    """One upload: its exact bytes and our reference, stored before the socket opens."""

    ORGANIZATION_PATH = "change__company__organization"
    COMPANY_PATH = "change__company"

    change = models.ForeignKey(VehicleChange, on_delete=models.CASCADE, related_name="attempts")
    # In `refDeclarant`: ANAF gives it back in `info` and in `lista`.
    reference = models.CharField(max_length=MOST_REFERENCE, unique=True)
    xml = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    authorization = models.ForeignKey(
        Authorization, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    environment = models.CharField(max_length=10)
    # When bytes, reference and state were stored: the socket opens after it.
    sent_at = models.DateTimeField()
    index = models.CharField(max_length=40, blank=True)
    # By `anaf.filings.UploadOutcome`; "" while it is not known.
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.reference


class FilingResponse(models.Model):
    """What came back of one request about an attempt, before anybody judged it."""

    ORGANIZATION_PATH = "attempt__change__company__organization"
    COMPANY_PATH = "attempt__change__company"

    class Kind(models.TextChoices):
        UPLOAD = "upload"
        STATUS = "status"
        LIST = "list"

    attempt = models.ForeignKey(FilingAttempt, on_delete=models.CASCADE, related_name="responses")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    sent = models.BooleanField()
    status = models.PositiveIntegerField(null=True, blank=True)
    content_type = models.TextField(blank=True)
    server_date = models.TextField(blank=True)
    body = models.BinaryField()
    complete = models.BooleanField()
    error_code = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.began_at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def of(cls, attempt: FilingAttempt, kind: str, exchange: Exchange) -> "FilingResponse":
        """Make the row of an exchange, to be saved."""
        return cls(
            attempt=attempt,
            kind=kind,
            began_at=exchange.began_at,
            ended_at=exchange.ended_at,
            sent=exchange.sent,
            status=exchange.status,
            content_type=exchange.content_type.replace("\0", ""),
            server_date=exchange.server_date.replace("\0", ""),
            body=exchange.body,
            complete=exchange.complete,
            error_code=exchange.error_code,
            detail=exchange.detail.replace("\0", ""),
        )

    def exchange(self) -> Exchange:
        """Return the exchange as it is read again."""
        return Exchange(
            began_at=self.began_at.astimezone(UTC),
            ended_at=self.ended_at.astimezone(UTC),
            sent=self.sent,
            status=self.status,
            content_type=self.content_type,
            server_date=self.server_date,
            body=bytes(self.body),
            complete=self.complete,
            error_code=self.error_code,
            detail=self.detail,
        )


class FilingSwitch(models.Model):
    """Whether vehicle changes may be filed for a company; an owner turns it. No row: they may."""

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.OneToOneField(Company, on_delete=models.CASCADE, related_name="filing_switch")
    enabled = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.company}: {'da' if self.enabled else 'nu'}"


class MemberFilingSwitch(models.Model):
    """Whether a member may file; an owner turns it. No row: as the role says."""

    ORGANIZATION_PATH = "membership__organization"

    membership = models.OneToOneField(
        Membership, on_delete=models.CASCADE, related_name="filing_switch"
    )
    enabled = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.membership}: {'da' if self.enabled else 'nu'}"
