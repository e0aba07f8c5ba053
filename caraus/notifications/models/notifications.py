"""What people are notified of: one row per person and event, and the e-mail that goes with it."""

from datetime import time
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Company, Organization, User
from caraus.core.fields import UniqueKeyField
from caraus.core.formatting import gettext_lazy
from caraus.notifications.kinds import DIGEST, NotificationKind, kind_of_code
from caraus.notifications.messages import Message, write_message


class Written(models.Model):
    """What is said of `facts` by the function that `message` names, in the active language."""

    message = models.CharField(max_length=60, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def write(self) -> Message:
        return write_message(self.message, self.facts) or Message("")

    @property
    def title(self) -> str:
        return self.write().title

    @property
    def text(self) -> str:
        return self.write().text

    @property
    def brief(self) -> str:
        return self.write().brief

    @property
    def row_title(self) -> str:
        return self.write().row_title or self.title


def new_card() -> str:
    """Return the card of a notification that stands alone."""
    return uuid4().hex


class Notification(Written):
    """What one person is notified of; unique by person, kind and key, so never twice."""

    ORGANIZATION_PATH = "organization"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="notifications"
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True)
    kind = models.CharField(max_length=40)
    key = UniqueKeyField(max_length=200)
    # A path of this site.
    address = models.CharField(max_length=300)
    # Notifications of one card are shown as one row.
    card = UniqueKeyField(max_length=200, default=new_card)
    created_at = models.DateTimeField(default=timezone.now)
    # Switched off for the bell, it is read from the start.
    read_at = models.DateTimeField(null=True, blank=True)
    # Many UITs as one: they are its `notified_uits`, and its text is made of them for each reader.
    is_burst = models.BooleanField(default=False, db_default=False)
    # Nobody is written to about it afterwards.
    matters_until = models.DateTimeField(null=True, blank=True)
    # It waits for the digest of that moment; then `digest` is the e-mail that holds it.
    digest_at = models.DateTimeField(null=True, blank=True)
    digest = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="parts"
    )
    # No column: its first `notified_uits`, where `rendering.py` prefetched them.
    named: "list[NotifiedUit]"

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint("user", "kind", "key", name="one_notification_per_key")
        ]
        indexes = [
            models.Index(
                fields=["user", "organization"],
                condition=models.Q(read_at=None),
                name="unread_notifications",
            ),
            models.Index(
                fields=["user", "organization", "-created_at"], name="notification_newest"
            ),
            models.Index(
                fields=["digest_at"],
                condition=models.Q(digest_at__isnull=False),
                name="notification_digest_due",
            ),
        ]

    @property
    def about(self) -> NotificationKind | None:
        return kind_of_code(self.kind)

    @property
    def title(self) -> str:
        return super().title or str((self.about or DIGEST).title)

    @property
    def action(self) -> str:
        if self.is_burst:
            return gettext("Vezi lista")
        return self.write().action or gettext("Deschide")


class NotifiedUit(Written):
    """What a person was notified of about a UIT, alone or among many: never again, by kind and
    key."""

    ORGANIZATION_PATH = "organization"
    COMPANY_PATH = "company"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    key = UniqueKeyField(max_length=200)
    address = models.CharField(max_length=300)
    # Null only within the transaction that creates both.
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, null=True, related_name="notified_uits"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint("user", "kind", "key", name="one_notified_uit_per_key")
        ]


class NotificationEmail(models.Model):
    """The e-mail of one notification. A row of its own: it is locked while SMTP takes its time."""

    ORGANIZATION_PATH = "notification__organization"

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("așteaptă")
        SENT = "sent", gettext_lazy("trimis")
        GIVEN_UP = "given_up", gettext_lazy("netrimis")

    notification = models.OneToOneField(
        Notification, on_delete=models.CASCADE, related_name="email", primary_key=True
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    # The kind of the failure, never the server's words: those may quote a password.
    error_code = models.CharField(max_length=40, blank=True)

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


class PushKey(models.Model):
    """The key by which push services know this installation (VAPID): one row, made once."""

    sealed = models.TextField()

    def __str__(self) -> str:
        return "VAPID"


class PushSubscription(models.Model):
    """A browser of a person that takes push messages. Whoever knows the address and the keys of it
    can write to that browser: they are sealed (`caraus.core.crypto`), and found by their digest."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint_digest = models.CharField(max_length=64, unique=True)
    sealed = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.created_at:%Y-%m-%d}"


class NotificationPush(models.Model):
    """A notification on its way to a browser; deleted when the push service has it."""

    ORGANIZATION_PATH = "notification__organization"

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="pushes")
    # The database does not check it: a browser that withdraws while its owner is notified may not
    # undo what is stored. What has lost its browser is purged.
    subscription = models.ForeignKey(
        PushSubscription, on_delete=models.CASCADE, related_name="pushes", db_constraint=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["next_attempt_at"], name="pushes_to_send")]

    def __str__(self) -> str:
        return f"{self.notification_id}: {self.subscription_id}"


class ChannelPreference(models.Model):
    """What one person is notified of in one organization; without a row: as the kind says."""

    ORGANIZATION_PATH = "organization"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="preferences")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE)
    kind = models.CharField(max_length=40)
    bell = models.BooleanField(default=True)
    email = models.BooleanField(default=True)
    digest = models.BooleanField(default=False, db_default=False)
    push = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", "kind", name="one_preference_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"


class DeliverySettings(models.Model):
    """When one person wants to be written to in one organization, and about which UITs.

    Hours and times are Bucharest's. Empty lists: about all.
    """

    ORGANIZATION_PATH = "organization"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delivery_settings")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    digest_hour = models.PositiveSmallIntegerField(default=7)
    quiet_from: "models.TimeField[time | None, time | None]" = models.TimeField(
        null=True, blank=True
    )
    quiet_until: "models.TimeField[time | None, time | None]" = models.TimeField(
        null=True, blank=True
    )
    # So many hours by the clock before the end of a UIT's validity, which is a midnight: 33 is
    # 15:00 of the day before the last one, 16 and 8 are 8:00 and 16:00 of the last day.
    first_hours = models.PositiveSmallIntegerField(default=33)
    day_hours = models.PositiveSmallIntegerField(default=16)
    last_hours = models.PositiveSmallIntegerField(default=8)
    # Keys of companies; declarants as typed (a CUI or a part of the name); plates, normalized.
    companies = models.JSONField(default=list, blank=True)
    declarants = models.JSONField(default=list, blank=True)
    vehicles = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", name="one_delivery_settings_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.digest_hour}:00"


class NotificationFailure(models.Model):
    """How often people could not be notified, by what it was: for a counter."""

    name = models.CharField(max_length=200, unique=True)
    number = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"
