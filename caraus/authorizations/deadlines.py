"""Notices before a person is needed: 30, 14, 7, 3, 1 days before, and on the day, each once.

After a time without a worker only the most urgent of those missed is sent.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from caraus.authorizations import notifications
from caraus.authorizations.models import Authorization
from caraus.core.formatting import bucharest_day

STAGES = (30, 14, 7, 3, 1, 0)


def stage(end: date, *, today: date) -> int | None:
    """Return the most urgent notice that is due: the smallest stage that the days left have
    reached."""
    left = (end - today).days
    return min((days for days in STAGES if left <= days), default=None)


def notify_of_deadlines(*, now: datetime | None = None) -> None:
    """Notify of each living authorization whose end comes near, once a stage."""
    now = now or timezone.now()
    today = bucharest_day(now)
    living = Authorization.objects.filter(status=Authorization.Status.ACTIVE)
    for authorization in living.select_related("organization", "link").iterator():
        days = stage(bucharest_day(authorization.expires_at), today=today)
        if days is not None:
            _notify(authorization.pk, days, now)
    # What the transaction that learnt of it could not notify of.
    dead = Authorization.objects.filter(
        status=Authorization.Status.REAUTHORIZE, last_failure_at__gt=now - timedelta(days=1)
    )
    for authorization in dead.select_related("organization", "link"):
        notifications.needs_authorization(authorization, now=now)


@transaction.atomic
def _notify(authorization_id: int, days: int, now: datetime) -> None:
    """Notify only if it is still as it was: a refresh or a person may have been quicker."""
    authorization = Authorization.objects.select_for_update(of=("self",), no_key=True).get(
        pk=authorization_id
    )
    if authorization.is_active:
        notifications.end_is_near(authorization, days=days, now=now)
