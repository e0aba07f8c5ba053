"""The SPV authorization: who gave it, until when it lives, for which companies it has rights."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User

CONSENT_LIFETIME = timedelta(minutes=10)


class Connection(models.Model):
    """One certificate holder's authorization; serves every company its certificate has rights for.

    The tokens are encrypted (`crypto.py`) and leave this row only toward ANAF. All times are UTC.
    """

    ORGANIZATION_PATH = "organization"

    class Status(models.TextChoices):
        ACTIVE = "active", "activă"
        REAUTHORIZE = "reauthorize", "trebuie refăcută"
        REPLACED = "replaced", "înlocuită"
        DISCONNECTED = "disconnected", "deconectată"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="connections"
    )
    authorized_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="connections"
    )
    # Kept apart from the user, so that the history stays when an account goes.
    person_name = models.CharField(max_length=200)
    authorized_at = models.DateTimeField(default=timezone.now)
    certificate_serial = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)

    access_token_sealed = models.TextField()
    refresh_token_sealed = models.TextField()
    access_expires_at = models.DateTimeField()
    access_expiry_estimated = models.BooleanField(default=False)
    refresh_expires_at = models.DateTimeField()
    refresh_expiry_estimated = models.BooleanField(default=False)

    last_renewed_at = models.DateTimeField(null=True, blank=True)
    last_renewal_attempt_at = models.DateTimeField(null=True, blank=True)
    last_good_call_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure_code = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-authorized_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person_name} · {self.authorized_at:%Y-%m-%d}"

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def expires_at(self) -> datetime:
        """The day on which ANAF will insist on a person: the end of the refresh token."""
        return self.refresh_expires_at

    @property
    def expiry_estimated(self) -> bool:
        return self.refresh_expiry_estimated

    @property
    def short_serial(self) -> str:
        """The certificate's serial, shortened to its ends."""
        serial = self.certificate_serial
        return serial if len(serial) <= 12 else f"{serial[:4]}…{serial[-6:]}"


class CompanyRight(models.Model):
    """What ANAF answered about one company when asked with one authorization."""

    ORGANIZATION_PATH = "connection__organization"
    COMPANY_PATH = "company"

    class State(models.TextChoices):
        UNKNOWN = "unknown", "necunoscut"
        COVERED = "covered", "acoperită"
        NO_RIGHT = "no_right", "fără drept în SPV"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="rights")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="rights")
    state = models.CharField(max_length=20, choices=State.choices, default=State.UNKNOWN)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "company", name="one_right_per_company")
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.get_state_display()}"


class ConsentRequest(models.Model):
    """A started authorization: the one-time `state`, bound to a user and an organization.

    Only the SHA-256 of the state is kept. It lives 10 minutes and is used once.
    """

    ORGANIZATION_PATH = "organization"

    state_digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    # What came of it: empty while open, "ok", or the code of the problem.
    result = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.user} · {self.created_at:%Y-%m-%d %H:%M}"
