"""Notify people: the bell and the e-mail, written in the transaction of what happened."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from caraus.accounts import access
from caraus.accounts.models import Company, Organization, User
from caraus.core.organization_paths import without_organization
from caraus.notifications.delivery_settings import (
    delivery_settings_of,
    next_digest_at,
    quiet_hours_end,
)
from caraus.notifications.enqueue import enqueue_email, enqueue_push
from caraus.notifications.escalation import NewEscalation, people_on_list, start_escalations
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.messages import Facts, MessageKind
from caraus.notifications.models import (
    DeliverySettings,
    Notification,
    NotificationEmail,
    NotificationPush,
    PushSubscription,
)
from caraus.notifications.preferences import Channels, channels_of, without_email_and_push

# Notifications about UITs within this time of each other go in one e-mail.
EMAIL_WINDOW = timedelta(minutes=5)
# No e-mail waits longer than quiet hours.
_LONGEST_WAIT = timedelta(days=1)


@transaction.atomic
def notify(
    *,
    organization: Organization,
    users: Iterable[User],
    kind: NotificationKind,
    key: str,
    message: MessageKind,
    facts: Facts,
    address: str,
    company: Company | None = None,
    alarm_about: int | None = None,
    now: datetime | None = None,
) -> list[Notification]:
    """Notify each user once; return the notifications that are new. `key` names what happened
    within its kind; `message` writes it of the facts for each reader; `address` is a path of this
    site. An alarm names the row that it is about (`alarm_about`): the people of the list are
    notified of it in turn."""
    created = []
    now = now or timezone.now()
    # In one order: two that notify at once wait for each other and never in a circle.
    people = sorted((user for user in users if user.is_active), key=lambda user: user.pk)
    if company is not None:
        people = access.users_who_see(people, company)
    channels_by_user = channels_of(users=people, organization=organization, kind=kind)
    settings_by_user = delivery_settings_of(people, organization)
    in_turn: set[int] = set()
    if alarm_about is not None and kind.push:
        in_turn = {member.user_id for member in people_on_list(organization)}
    if alarm_about is not None and in_turn:
        escalation = NewEscalation(alarm_about, key, message, facts, address, company)
        start_escalations(organization, kind, [escalation], now)
    for user in people:
        channels, delivery_settings = channels_by_user[user.pk], settings_by_user[user.pk]
        if user.pk in in_turn:
            channels = without_email_and_push(channels)
        notification, is_new = Notification.objects.get_or_create(
            user=user,
            kind=kind.code,
            key=key,
            defaults={
                "message": message.code,
                "facts": facts,
                "organization": organization,
                "company": company,
                "address": without_organization(address),
                "created_at": now,
                "read_at": None if channels.bell else now,
                "digest_at": next_digest_at(delivery_settings, now) if channels.digest else None,
            },
        )
        if is_new:
            schedule_email(notification, kind, channels, delivery_settings, now)
            schedule_push(notification, kind, channels, now)
            created.append(notification)
    return created


def schedule_email(
    notification: Notification,
    kind: NotificationKind,
    channels: Channels,
    delivery_settings: DeliverySettings,
    now: datetime,
) -> None:
    """Schedule the e-mail that goes at once: after the quiet hours, unless it can't wait."""
    if not channels.email:
        return
    at_once = min(now, timezone.now())
    goes_at = _gathered_until(notification, now) if kind.of_uits else at_once
    if not (kind.essential or kind.urgent):
        goes_at = max(goes_at, quiet_hours_end(delivery_settings, now) or goes_at)
    NotificationEmail.objects.create(notification=notification, next_attempt_at=goes_at)
    if goes_at <= now:
        enqueue_email(notification.pk)


def schedule_push(
    notification: Notification, kind: NotificationKind, channels: Channels, now: datetime
) -> None:
    """Schedule the push messages to the person's browsers: at once, for no kind with `push` can
    wait. What joins a notification later is pushed again."""
    if not (channels.push and kind.push):
        return
    subscriptions = PushSubscription.objects.filter(user=notification.user_id)
    pushes = NotificationPush.objects.bulk_create(
        NotificationPush(
            notification=notification,
            subscription=subscription,
            created_at=now,
            next_attempt_at=min(now, timezone.now()),
        )
        for subscription in subscriptions
    )
    for push in pushes:
        enqueue_push(push.pk)


def _gathered_until(notification: Notification, now: datetime) -> datetime:
    """Return when the e-mail goes. The first of a kind goes now; what comes in the five minutes
    after an e-mail goes together at their end, and with what waits already."""
    last: datetime | None = NotificationEmail.objects.filter(
        notification__user=notification.user_id,
        notification__organization=notification.organization_id,
        notification__kind=notification.kind,
        notification__created_at__gt=now - _LONGEST_WAIT,
    ).aggregate(last=Max("next_attempt_at"))["last"]
    if last is None or last <= now - EMAIL_WINDOW:
        return now
    return min(last if last > now else last + EMAIL_WINDOW, now + EMAIL_WINDOW)
