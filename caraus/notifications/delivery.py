"""The e-mail of a notification: once, however often workers die or the mail server is down.

The row is locked while SMTP takes the message, so that no other worker sends it too. A crash after
the server took it and before the commit sends it again: SMTP has no transaction across both. Both
copies then carry one Message-ID, by which mail servers and readers know them as one.
"""

from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

import structlog
from django.core.mail import mailers
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from caraus.core.advisory_locks import LockSpace, try_lock_until_commit
from caraus.mail.delivery import DELIVERY, GIVE_UP_AFTER, failure_code, retry_delay
from caraus.notifications.emails import compose_email
from caraus.notifications.models import NotificationEmail

log = structlog.get_logger(__name__)

MAX_PER_EMAIL = 200


def due_emails(now: datetime | None = None) -> list[int]:
    """Return the notifications whose e-mail waits and may be tried now."""
    waiting = NotificationEmail.objects.filter(
        state=NotificationEmail.State.WAITING, next_attempt_at__lte=now or timezone.now()
    )
    return list(waiting.order_by("next_attempt_at", "pk").values_list("pk", flat=True))


@transaction.atomic
def send_email(*, notification_id: int, now: datetime | None = None) -> bool:
    """Send it if it still waits, with what else of its kind is due about UITs; False when it does
    not wait, matters no longer, may no longer be read, or when the mail server failed."""
    now = now or timezone.now()
    email = _due(now).select_for_update(of=("self",)).filter(pk=notification_id).first()
    if email is None:
        return False
    batch = _lock_batch(email, now)
    late = [email for email in batch if _is_late(email, now)]
    emails = [email for email in batch if email not in late]
    try:
        with transaction.atomic():  # what fails in it spoils nothing outside
            message = compose_email([email.notification for email in emails]) if emails else None
    except Exception as error:  # an e-mail that can't be written is given up like one not sent
        log.exception("notification_email_not_composed")
        for email in emails:
            email.attempts += 1
            _schedule_retry(email, error, now)
        NotificationEmail.objects.bulk_update(
            emails, ["state", "attempts", "next_attempt_at", "error_code"]
        )
        return False
    if message is None:
        _cancel(batch)
        return False
    _cancel(late)
    for email in emails:
        email.attempts += 1
    try:
        mailers[DELIVERY].send_messages([message])
    except Exception as error:  # whatever an e-mail does to the mailer, it is not tried for ever
        for email in emails:
            _schedule_retry(email, error, now)
    else:
        for email in emails:
            email.state, email.sent_at, email.error_code = NotificationEmail.State.SENT, now, ""
    NotificationEmail.objects.bulk_update(
        emails, ["state", "attempts", "next_attempt_at", "sent_at", "error_code"]
    )
    return emails[0].state == NotificationEmail.State.SENT


def _due(now: datetime) -> QuerySet[NotificationEmail]:
    return NotificationEmail.objects.select_related(
        "notification__user", "notification__organization"
    ).filter(state=NotificationEmail.State.WAITING, next_attempt_at__lte=now)


def _lock_batch(email: NotificationEmail, now: datetime) -> list[NotificationEmail]:
    """Lock the notifications that go in one e-mail, the oldest first. Of two workers that would
    make the same e-mail at once, one leaves it to the other: they would part what belongs
    together."""
    notification = email.notification
    if not (notification.about and notification.about.of_uits):
        return [email]
    key = crc32(f"{notification.kind}:{notification.user_id}".encode()) - 2**31
    if not try_lock_until_commit(LockSpace.NOTIFICATION_EMAIL, key):
        return []
    same = _due(now).filter(
        notification__user=notification.user,
        notification__organization=notification.organization,
        notification__kind=notification.kind,
    )
    others = same.exclude(pk=email.pk).order_by("pk")[:MAX_PER_EMAIL]
    return sorted([email, *others.select_for_update(of=("self",))], key=lambda email: email.pk)


def _is_late(email: NotificationEmail, now: datetime) -> bool:
    until = email.notification.matters_until
    return until is not None and until <= now


def _cancel(emails: Sequence[NotificationEmail]) -> None:
    """Drop an e-mail that is not sent: no failure of the mail server, so nobody is notified."""
    keys = [email.pk for email in emails]
    NotificationEmail.objects.filter(pk__in=keys).update(
        state=NotificationEmail.State.GIVEN_UP, error_code=""
    )


def _schedule_retry(email: NotificationEmail, error: Exception, now: datetime) -> None:
    """Try again after a growing pause; give up after three days, which the app says."""
    email.error_code = failure_code(error)
    email.next_attempt_at = now + retry_delay(email.attempts)
    if now - email.notification.created_at >= GIVE_UP_AFTER:
        email.state = NotificationEmail.State.GIVEN_UP
    log.warning("notification_email_not_sent", error_code=email.error_code, attempts=email.attempts)
