"""Delete old notifications about UITs: there may be a lot of them."""

from datetime import datetime, timedelta

from django.utils import timezone

from caraus.notifications.kinds import DIGEST, registered_kinds
from caraus.notifications.models import Escalation, Notification

# Longer than any UIT is valid, so that nobody is notified again of what was deleted.
NOTIFICATION_RETENTION = timedelta(days=90)
_AT_A_TIME = 1000


def delete_expired_notifications(now: datetime | None = None) -> int:
    """Delete notifications about UITs and digests after 90 days, in batches, and the turns of
    alarms; return how many notifications."""
    codes = [kind.code for kind in registered_kinds() if kind.of_uits] + [DIGEST.code]
    old = Notification.objects.filter(
        kind__in=codes, created_at__lt=(now or timezone.now()) - NOTIFICATION_RETENTION
    ).order_by()
    deleted = 0
    while keys := list(old.values_list("pk", flat=True)[:_AT_A_TIME]):
        Notification.objects.filter(pk__in=keys).delete()
        deleted += len(keys)
    Escalation.objects.filter(
        next_at=None, created_at__lt=(now or timezone.now()) - NOTIFICATION_RETENTION
    ).delete()
    return deleted
