"""Who is notified of alarms in turn, and how far each alarm has come (`escalation.py`)."""

from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.fields import UniqueKeyField
from caraus.core.formatting import gettext_lazy
from caraus.notifications.models.notifications import Notification, Written

MINUTES_CHOICES = (5, 15, 30)


class EscalationSettings(models.Model):
    """How long an organization waits for each person; without a row, 15 minutes."""

    ORGANIZATION_PATH = "organization"

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    minutes = models.PositiveSmallIntegerField(default=15)

    def __str__(self) -> str:
        return f"{self.organization}: {self.minutes}"


class EscalationMember(models.Model):
    """A member's place in the list; who leaves the organization leaves the list."""

    ORGANIZATION_PATH = "membership__organization"

    membership = models.OneToOneField(
        Membership, on_delete=models.CASCADE, related_name="escalation", primary_key=True
    )
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position}: {self.membership}"


class Escalation(Written):
    """An alarm of which people are notified in turn; unique by organization, kind and key, as the
    notifications about it are by person, kind and key."""

    ORGANIZATION_PATH = "organization"
    COMPANY_PATH = "company"

    class Outcome(models.TextChoices):
        OPEN = "open", gettext_lazy("așteaptă un răspuns")
        ANSWERED = "answered", gettext_lazy("cineva a răspuns")
        OVER = "over", gettext_lazy("nu a mai fost nevoie")
        UNANSWERED = "unanswered", gettext_lazy("nu a răspuns nimeni")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="escalations"
    )
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=40)
    key = UniqueKeyField(max_length=200)
    # The row that the alarm is about, of the package whose kind it is.
    subject_id = models.BigIntegerField()
    # What a notification about it is made of, for a person who has none yet.
    address = models.CharField(max_length=300)
    card = models.CharField(max_length=200, blank=True)
    is_of_day = models.BooleanField(default=False)
    matters_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When the next person is notified; None: it has ended.
    next_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint("organization", "kind", "key", name="one_escalation_per_key")
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(next_at__isnull=False),
                name="escalations_due",
            ),
            models.Index(fields=["organization", "-created_at"], name="escalation_newest"),
        ]


class EscalationStep(models.Model):
    """That a person was notified of an alarm in turn, once."""

    ORGANIZATION_PATH = "escalation__organization"
    COMPANY_PATH = "escalation__company"

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="steps")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="escalation_steps")
    # The 1st, 2nd, … who was notified of it.
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    # When the next person is notified.
    until = models.DateTimeField()
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="escalation_steps"
    )

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint("escalation", "user", name="one_step_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.escalation_id}: {self.user_id}"
