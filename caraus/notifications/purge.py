"""What was told about UITs is forgotten in time: there may be a lot of it."""

from datetime import datetime, timedelta

from django.utils import timezone

from caraus.notifications.kinds import DIGEST, registered_kinds
from caraus.notifications.models import Notification

# Longer than any UIT is valid, so that nothing forgotten can be told again.
RETENTION = timedelta(days=90)
_AT_A_TIME = 1000


def delete_expired_notifications(now: datetime | None = None) -> int:
    """Drop what was told about UITs and the digests, after 90 days, some at a time; how many."""
    codes = [kind.code for kind in registered_kinds() if kind.of_uits] + [DIGEST.code]
    old = Notification.objects.filter(
        kind__in=codes, created_at__lt=(now or timezone.now()) - RETENTION
    ).order_by()
    dropped = 0
    while keys := list(old.values_list("pk", flat=True)[:_AT_A_TIME]):
        Notification.objects.filter(pk__in=keys).delete()
        dropped += len(keys)
    return dropped
