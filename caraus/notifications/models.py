"""What people are told: one row per person and fact, and the e-mail that goes with it."""

from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.notifications.kinds import KINDS, Kind
from caraus.words import lazily


class Notification(models.Model):
    """One fact told to one person; unique by person, kind and key, so nothing is told twice."""

    ORGANIZATION_PATH = "organization"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="notifications"
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    text = models.TextField()
    # A path of this site, and the words of the button that leads there.
    address = models.CharField(max_length=300)
    action = models.CharField(max_length=80, default="Deschide")
    created_at = models.DateTimeField(default=timezone.now)
    # Switched off for the bell, it is read from the start.
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint("user", "kind", "key", name="nothing_is_told_twice")]
        indexes = [
            models.Index(
                fields=["user", "organization"],
                condition=models.Q(read_at=None),
                name="unread_notifications",
            ),
            models.Index(fields=["user", "organization", "-created_at"], name="the_list"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def about(self) -> Kind | None:
        return KINDS.get(self.kind)


class Email(models.Model):
    """The e-mail of one notification. A row of its own: it is locked while SMTP takes its time."""

    ORGANIZATION_PATH = "notification__organization"

    class State(models.TextChoices):
        WAITING = "waiting", lazily("așteaptă")
        SENT = "sent", lazily("trimis")
        GIVEN_UP = "given_up", lazily("netrimis")

    notification = models.OneToOneField(
        Notification, on_delete=models.CASCADE, related_name="email", primary_key=True
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    # The kind of the failure, never the server's words: those may quote a password.
    problem = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="emails_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"{self.notification} ({self.get_state_display()})"


class Preference(models.Model):
    """What one person wants to hear of in one organization; without a row: all of it."""

    ORGANIZATION_PATH = "organization"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="preferences")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE)
    kind = models.CharField(max_length=40)
    bell = models.BooleanField(default=True)
    email = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", "kind", name="one_preference_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"
