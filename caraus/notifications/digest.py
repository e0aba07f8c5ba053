"""The daily e-mail: what waited for it, once, at the hour that each person chose."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from caraus.notifications.delivery_settings import DIGEST_DELAY
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import DIGEST
from caraus.notifications.models import Notification, NotificationEmail


def create_due_digests(now: datetime | None = None) -> int:
    """Make the digests whose hour has come, for `delivery` to send; return how many. A digest that
    can't be made is tried again next minute. What no longer matters is left out."""
    now = now or timezone.now()
    due = Notification.objects.filter(digest_at__lte=now - DIGEST_DELAY).order_by()
    pairs = due.values_list("user", "organization").distinct()
    created: list[Notification] = []
    for user, organization in pairs:
        _make(user, organization, now, created)
    return len(created)


@isolate_failures
def _make(user_id: int, organization_id: int, now: datetime, created: list[Notification]) -> None:
    waiting = Notification.objects.filter(
        user=user_id, organization=organization_id, digest_at__lte=now - DIGEST_DELAY
    )
    keys = list(waiting.order_by("pk").select_for_update().values_list("pk", flat=True))
    waiting_rows = Notification.objects.filter(pk__in=keys)
    matter = waiting_rows.filter(Q(matters_until=None) | Q(matters_until__gt=now))
    if matter.exists():
        digest = Notification.objects.create(
            user_id=user_id,
            organization_id=organization_id,
            kind=DIGEST.code,
            key=f"{organization_id}:{now.isoformat()}",
            address=reverse("notifications:list"),
            created_at=now,
            read_at=now,
        )
        matter.update(digest=digest)
        NotificationEmail.objects.create(notification=digest, next_attempt_at=now)
        created.append(digest)
    waiting_rows.update(digest_at=None)
