"""People and whom they work for: User, Organization (the tenant), Membership, Company (a CUI)."""

from itertools import chain, count
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language

from caraus.accounts.cui import validate_cui
from caraus.accounts.name_fields import NameField
from caraus.core import fields
from caraus.core.fields import TruncatedCharField
from caraus.core.formatting import gettext_lazy

# Of an organization's name in addresses.
SLUG_LENGTH = 50


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password the account can't sign in until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person; signs in by e-mail address, kept in lower case."""

    email = models.EmailField("e-mail", unique=True)
    name = NameField("nume", max_length=fields.PERSON_NAME_LENGTH, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # "" until chosen: pages follow the browser then, e-mails are in Romanian.
    language = models.CharField(max_length=8, blank=True, default="", db_default="")

    # Where the next sign-in opens.
    last_organization = models.ForeignKey(
        "Organization", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_lower_unique")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.email


class Organization(models.Model):
    """The tenant: one carrier, or an accountant with many clients."""

    ORGANIZATION_PATH = "pk"

    name = NameField("denumire", max_length=fields.COMPANY_NAME_LENGTH)
    # In addresses, /o/<slug>/…: made from the first name and kept, so that links live on.
    slug = models.SlugField(max_length=SLUG_LENGTH, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    require_two_factors = models.BooleanField(default=False, db_default=False)
    # How long closed UITs are kept after their last valid day; none: for ever.
    keep_transports_months = models.PositiveSmallIntegerField(null=True, blank=True)
    # Set while the deletion waits; on this moment everything goes.
    delete_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new organization gets the first free slug of its name."""
        if self.slug:
            super().save(*args, **kwargs)
        while not self.slug:
            self.slug = _free_slug(self.name)
            try:
                with transaction.atomic():
                    super().save(*args, **kwargs)
            except IntegrityError:  # perhaps another of this name was made at the same time
                if not Organization.objects.filter(slug=self.slug).exists():
                    raise
                self.slug = ""


def _free_slug(name: str) -> str:
    """Return „trans-test”, or „trans-test-2” when it is taken."""
    base = slugify(name)[:SLUG_LENGTH].strip("-_") or "organizatie"
    taken = set(
        Organization.objects.values_list("slug", flat=True).filter(slug__startswith=base[:40])
    )
    numbered = (f"{base[: SLUG_LENGTH - len(f'-{n}')]}-{n}" for n in count(2))
    return next(slug for slug in chain([base], numbered) if slug not in taken)


class Role(models.TextChoices):
    """What a member may do: a role may also do all that the roles after it may."""

    OWNER = "owner", gettext_lazy("proprietar")
    ADMIN = "admin", gettext_lazy("administrator")
    DISPATCHER = "dispatcher", gettext_lazy("dispecer")
    VIEWER = "viewer", gettext_lazy("cititor")


class Membership(models.Model):
    """A user's place in an organization."""

    ORGANIZATION_PATH = "organization"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.DISPATCHER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # A dispatcher or viewer may be kept to some companies (a client sees only its own firm).
    only_some_companies = models.BooleanField(default=False, db_default=False)
    companies: "models.ManyToManyField[Company, models.Model]" = models.ManyToManyField(
        "Company", blank=True, related_name="memberships"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", name="one_membership_per_organization")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} ({self.get_role_display()})"


# Of a company's note, in characters.
NOTE_LENGTH = 1000


class Company(models.Model):
    """A carrier's CUI inside an organization; `cui` is digits only, without RO."""

    ORGANIZATION_PATH = "organization"
    COMPANY_PATH = "pk"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="companies"
    )
    cui = models.CharField("CUI", max_length=10, validators=[validate_cui])
    name = NameField("denumire", max_length=fields.COMPANY_NAME_LENGTH, blank=True)
    # A name typed by a person is never replaced by the one that ANAF gives.
    name_typed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # What the team knows about the client.
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="", db_default="")
    # An archived company is polled no more; what was collected stays.
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "cui"]
        constraints = [
            models.UniqueConstraint("organization", "cui", name="one_company_per_cui"),
        ]

    def __str__(self) -> str:
        return self.name or f"CUI {self.cui}"


class Invitation(models.Model):
    """A place in an organization, offered to an e-mail address for seven days.

    Only the SHA-256 of the link's secret is kept; a resent invitation has a new one.
    """

    ORGANIZATION_PATH = "organization"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField("e-mail")
    role = models.CharField("rol", max_length=20, choices=Role.choices, default=Role.DISPATCHER)
    only_some_companies = models.BooleanField(default=False)
    companies: "models.ManyToManyField[Company, models.Model]" = models.ManyToManyField(
        Company, blank=True, related_name="invitations"
    )
    secret_digest = models.CharField(max_length=64, unique=True)
    # The present link was shown to the inviter, so it proves nobody's address.
    link_shown = models.BooleanField(default=False, db_default=False)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.organization}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.revoked_at is None

    @property
    def is_usable(self) -> bool:
        return self.is_open and self.expires_at > timezone.now()


class Session(models.Model):
    """A session of a browser, as `sessions.py` keeps it: no cookie and no data can be read here."""

    key_digest = models.CharField(max_length=64, primary_key=True)
    sealed = models.TextField()
    expires_at = models.DateTimeField(db_index=True)
    # No foreign key: a session saved while its person is erased is nobody's, not an error.
    user_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    def __str__(self) -> str:
        return self.key_digest[:8]


class AuditLogEntry(models.Model):
    """Who did what and when. The database refuses every change of a row, and every deletion
    before three years (see the migration's trigger).

    Neither organization nor person is a foreign key: what was done stays when they are gone.
    """

    ORGANIZATION_PATH = "organization_id"
    OUTLIVES_ORGANIZATION = True

    at = models.DateTimeField(default=timezone.now)
    # None: an act of a person outside any organization (a sign-in).
    organization_id = models.BigIntegerField(null=True, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    # Name and e-mail at that moment; „Cărăuș” when the program acted by itself.
    actor = TruncatedCharField(max_length=fields.ACTOR_LENGTH)
    action = models.CharField(max_length=60)
    # A sentence in Romanian; in other languages among the details.
    text = models.TextField()
    details = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["organization_id", "-at", "-id"], name="audit_log_newest"),
            models.Index(fields=["actor_id", "-at"], name="audit_log_of_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.text}"

    @property
    def localized_text(self) -> str:
        """Return the sentence in the active language; in Romanian without a translation."""
        translated: str | None = self.details.get("translations", {}).get(get_language())
        return translated or self.text


class RateCount(models.Model):
    """How often a thing was done in the window that ends at `ends_at` (see `rate_limits.py`)."""

    # SHA-256 of the action, its rate and who it is about.
    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%Y-%m-%d %H:%M}"
