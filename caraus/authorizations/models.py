"""The SPV authorization: who gave it, until when it lives, for which companies it has rights."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.anaf.tokens import ACCESS_LIFE
from caraus.authorizations.other_rights import KnownRight
from caraus.core.fields import PERSON_LABEL_LENGTH, TruncatedCharField
from caraus.core.formatting import gettext_lazy

CONSENT_LIFETIME = timedelta(minutes=10)
LINK_LIFETIME = timedelta(hours=24)
LONG_LINK_LIFETIME = timedelta(days=7)


def months_later(moment: datetime, months: int) -> datetime:
    """Return the same day and hour so many months later; the month's last day where it has no such
    day."""
    years, month = divmod(moment.month - 1 + months, 12)
    first_of_next = date(moment.year + years + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=moment.year + years, month=month + 1, day=min(moment.day, last))


class ExternalLink(models.Model):
    """An invitation to authorize, for a certificate's holder without an account here.

    It serves one authorization, for a day or a week, and is revocable. An authorization whose
    certificate has no right for any of the companies leaves it usable.
    """

    ORGANIZATION_PATH = "organization"

    class State(models.TextChoices):
        SENT = "sent", gettext_lazy("nedeschis încă")
        OPENED = "opened", gettext_lazy("deschis")
        NO_RIGHT = "no_right", gettext_lazy("fără drept")
        AUTHORIZED = "authorized", gettext_lazy("autorizat")
        EXPIRED = "expired", gettext_lazy("expirat")
        REVOKED = "revoked", gettext_lazy("retras")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="external_links"
    )
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Kept apart from the user, so that the holder still sees who requested it.
    sender_name = TruncatedCharField(max_length=PERSON_LABEL_LENGTH)
    # `for_all`: every company of the organization, also those added later.
    companies: "models.ManyToManyField[Company, models.Model]" = models.ManyToManyField(
        Company, blank=True, related_name="external_links"
    )
    for_all = models.BooleanField(default=True)
    email = models.EmailField(blank=True)
    # Reminders go to the address until somebody authorizes, each once.
    reminders = models.BooleanField(default=True, db_default=True)
    first_reminder_at = models.DateTimeField(null=True, blank=True)
    last_reminder_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    # ANAF refused every company with the last certificate.
    no_right_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.sender_name} · {self.created_at:%Y-%m-%d %H:%M}"

    def is_usable(self, now: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and now < self.expires_at

    def state(self, now: datetime) -> State:
        """Return how far the link has come."""
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.used_at is not None:
            return self.State.AUTHORIZED
        if self.no_right_at is not None:
            return self.State.NO_RIGHT
        if now >= self.expires_at:
            return self.State.EXPIRED
        return self.State.SENT if self.opened_at is None else self.State.OPENED


class LinkSecret(models.Model):
    """A secret that opens a link; only its SHA-256 is kept, so each e-mail carries a new one."""

    ORGANIZATION_PATH = "link__organization"

    link = models.ForeignKey(ExternalLink, on_delete=models.CASCADE, related_name="secrets")
    secret_digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return str(self.link)


class Authorization(models.Model):
    """One certificate holder's authorization; serves every company its certificate has rights for.

    The tokens are sealed (`caraus.core.crypto`) and leave this row only toward ANAF. All times are
    UTC.
    """

    ORGANIZATION_PATH = "organization"

    class Status(models.TextChoices):
        ACTIVE = "active", gettext_lazy("activă")
        REAUTHORIZE = "reauthorize", gettext_lazy("trebuie refăcută")
        REPLACED = "replaced", gettext_lazy("înlocuită")
        DISCONNECTED = "disconnected", gettext_lazy("deconectată")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="authorizations"
    )
    authorized_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="authorizations"
    )
    # Kept apart from the user, so that the history stays when an account goes.
    person_name = TruncatedCharField(max_length=PERSON_LABEL_LENGTH)
    # The link by which somebody without an account authorized; it may name the companies.
    link = models.ForeignKey(
        ExternalLink,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="authorizations",
    )
    # The authorization that takes this one's place. While this one is still active, it waits for
    # the new one to cover all of its companies.
    replaced_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="predecessors"
    )
    authorized_at = models.DateTimeField(default=timezone.now)
    certificate_serial = TruncatedCharField(max_length=100, blank=True)
    # Only where ANAF's token names them; the person above may act with somebody else's certificate.
    certificate_holder = TruncatedCharField(
        max_length=PERSON_LABEL_LENGTH, blank=True, default="", db_default=""
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)

    access_token_sealed = models.TextField()
    refresh_token_sealed = models.TextField()
    access_expires_at = models.DateTimeField()
    # From the issue of the access token to its end, as ANAF gave it.
    access_life = models.DurationField(default=ACCESS_LIFE, db_default=ACCESS_LIFE)
    access_expiry_estimated = models.BooleanField(default=False)
    refresh_expires_at = models.DateTimeField()
    refresh_expiry_estimated = models.BooleanField(default=False)

    last_refreshed_at = models.DateTimeField(null=True, blank=True)
    last_refresh_attempt_at = models.DateTimeField(null=True, blank=True)
    # Failed refreshes since the last good one; never before that moment (ANAF's Retry-After).
    refresh_failures = models.PositiveIntegerField(default=0, db_default=0)
    refresh_not_before = models.DateTimeField(null=True, blank=True)
    last_good_call_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure_code = models.CharField(max_length=40, blank=True)
    # What ANAF said, masked by the boundary: for diagnosis.
    last_failure_detail = TruncatedCharField(max_length=500, blank=True, default="", db_default="")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-authorized_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person_name} · {self.authorized_at:%Y-%m-%d}"

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def expires_at(self) -> datetime:
        """The moment at which ANAF will insist on a person: the earlier of the refresh token's end
        and the rule of about two years."""
        return min(self.refresh_expires_at, self.rule_ends_at)

    @property
    def rule_ends_at(self) -> datetime:
        """About two years after a person's authorization (a vendor's observation: a setting)."""
        return months_later(self.authorized_at, settings.AUTHORIZATION_MONTHS)

    @property
    def expiry_estimated(self) -> bool:
        return self.ends_by_rule or self.refresh_expiry_estimated

    @property
    def ends_by_rule(self) -> bool:
        """Nothing that ANAF gave says so: the rule of two years comes first."""
        return self.rule_ends_at < self.refresh_expires_at

    @property
    def holder_name(self) -> str:
        """The certificate's holder where ANAF's token names them, else who authorized."""
        return self.certificate_holder or self.person_name

    @property
    def short_serial(self) -> str:
        """The certificate's serial, shortened to its ends."""
        serial = self.certificate_serial
        return serial if len(serial) <= 12 else f"{serial[:4]}…{serial[-6:]}"


class CompanyRight(models.Model):
    """What ANAF said about one company when polled with one authorization."""

    ORGANIZATION_PATH = "authorization__organization"
    COMPANY_PATH = "company"

    class State(models.TextChoices):
        UNKNOWN = "unknown", gettext_lazy("necunoscut")
        COVERED = "covered", gettext_lazy("autorizată")
        NO_RIGHT = "no_right", gettext_lazy("fără drept în SPV")

    authorization = models.ForeignKey(
        Authorization, on_delete=models.CASCADE, related_name="rights"
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="rights")
    state = models.CharField(max_length=20, choices=State.choices, default=State.UNKNOWN)
    checked_at = models.DateTimeField(null=True, blank=True)
    # The last time that ANAF responded with it, and the refusals since.
    covered_at = models.DateTimeField(null=True, blank=True)
    refusals = models.PositiveIntegerField(default=0, db_default=0)
    # A refused company is left in peace until then.
    retry_at = models.DateTimeField(null=True, blank=True)
    # No column: what upper packages know, where `authorization_cards.py` looked it up.
    others: list[KnownRight]

    class Meta:
        constraints = [
            models.UniqueConstraint("authorization", "company", name="one_right_per_company")
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.get_state_display()}"


class ConsentRequest(models.Model):
    """A started authorization: the one-time `state`, bound to the browser that began it, to a user,
    or to the holder of an external link, and to an organization.

    Only the SHA-256 of the state and of the browser's secret are kept. It lives 10 minutes and is
    used once.
    """

    ORGANIZATION_PATH = "organization"

    state_digest = models.CharField(max_length=64, unique=True)
    # Of the secret in the session of the browser in which the button was pressed.
    browser_digest = models.CharField(max_length=64, default="", db_default="")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE)
    link = models.ForeignKey(ExternalLink, on_delete=models.CASCADE, null=True, blank=True)
    person_name = TruncatedCharField(max_length=PERSON_LABEL_LENGTH, default="", db_default="")
    # The authorization that the new one takes over from, when the person said which.
    replaces = models.ForeignKey(Authorization, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    # What came of it: empty while open, "ok", or the code of the problem.
    result = models.CharField(max_length=40, blank=True)
    authorization = models.ForeignKey(
        Authorization, on_delete=models.SET_NULL, null=True, blank=True, related_name="consents"
    )

    def __str__(self) -> str:
        return f"{self.person_name} · {self.created_at:%Y-%m-%d %H:%M}"


class AuthorizationCheck(models.Model):
    """„Testează conexiunea”: TestOauth, then one real request for each company.

    `responses`: one `{"company", "code", "detail", "seen", "requested"}` per company so far; the
    code is an error's, or empty for a good response.
    """

    ORGANIZATION_PATH = "authorization__organization"

    authorization = models.ForeignKey(
        Authorization, on_delete=models.CASCADE, related_name="checks"
    )
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # What TestOauth said: empty for good.
    hello_code = models.CharField(max_length=40, blank=True)
    hello_at = models.DateTimeField(null=True, blank=True)
    responses = models.JSONField(default=list)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "authorization", condition=models.Q(finished_at=None), name="one_check_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.authorization} · {self.requested_at:%Y-%m-%d %H:%M}"
