"""People and whom they work for: User, Organization (the tenant), Membership, Company (a CUI)."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from caraus.accounts.cui import validate_cui


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
    name = models.CharField("nume", max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

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

    name = models.CharField("denumire", max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", "proprietar"
    ADMIN = "admin", "administrator"
    DISPATCHER = "dispatcher", "dispecer"
    VIEWER = "viewer", "cititor"


class Membership(models.Model):
    """A user's place in an organization."""

    ORGANIZATION_PATH = "organization"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.DISPATCHER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", name="one_membership_per_organization")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} ({self.get_role_display()})"


class Company(models.Model):
    """A carrier's CUI inside an organization; `cui` is digits only, without RO."""

    ORGANIZATION_PATH = "organization"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="companies"
    )
    cui = models.CharField("CUI", max_length=10, validators=[validate_cui])
    name = models.CharField("denumire", max_length=200, blank=True)
    # A name typed by a person is never replaced by the one that ANAF gives.
    name_typed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "cui"]
        constraints = [
            models.UniqueConstraint("organization", "cui", name="one_company_per_cui"),
        ]

    def __str__(self) -> str:
        return self.name or f"CUI {self.cui}"
