"""The rows of this package: notifications with their e-mails and push messages, what people chose,
and the alarms of which people are notified in turn."""

from caraus.notifications.models.escalation import (
    Escalation,
    EscalationMember,
    EscalationSettings,
    EscalationStep,
)
from caraus.notifications.models.notifications import (
    ChannelPreference,
    DeliverySettings,
    Notification,
    NotificationEmail,
    NotificationFailure,
    NotificationPush,
    NotifiedUit,
    PushKey,
    PushSubscription,
    new_card,
)

__all__ = [
    "ChannelPreference",
    "DeliverySettings",
    "Escalation",
    "EscalationMember",
    "EscalationSettings",
    "EscalationStep",
    "Notification",
    "NotificationEmail",
    "NotificationFailure",
    "NotificationPush",
    "NotifiedUit",
    "PushKey",
    "PushSubscription",
    "new_card",
]
