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
from caraus.notifications.models import Email

log = structlog.get_logger(__name__)

MAX_PER_EMAIL = 200


def due_emails(now: datetime | None = None) -> list[int]:
    """Return the notifications whose e-mail waits and may be tried now."""
    waiting = Email.objects.filter(
        state=Email.State.WAITING, next_attempt_at__lte=now or timezone.now()
    )
    return list(waiting.order_by("next_attempt_at").values_list("pk", flat=True))


@transaction.atomic
def send_email(*, notification_id: int, now: datetime | None = None) -> bool:
    """Send it if it still waits, with what else of its kind is due about UITs; False when it does
    not wait, matters no longer, may no longer be read, or when the mail server failed."""
    now = now or timezone.now()
    email = _due(now).select_for_update(of=("self",)).filter(pk=notification_id).first()
    if email is None:
        return False
    together = _together(email, now)
    late = [email for email in together if _is_late(email, now)]
    emails = [email for email in together if email not in late]
    try:
        with transaction.atomic():  # what fails in it spoils nothing outside
            letter = compose_email([email.notification for email in emails]) if emails else None
    except Exception as trouble:  # a letter that can't be written is given up like one not sent
        log.exception("email_not_written")
        for email in emails:
            email.attempts += 1
            _put_off(email, trouble, now)
        Email.objects.bulk_update(emails, ["state", "attempts", "next_attempt_at", "problem"])
        return False
    if letter is None:
        _drop(together)
        return False
    _drop(late)
    for email in emails:
        email.attempts += 1
    try:
        mailers[DELIVERY].send_messages([letter])
    except Exception as trouble:  # whatever a letter does to the mailer, it is not tried for ever
        for email in emails:
            _put_off(email, trouble, now)
    else:
        for email in emails:
            email.state, email.sent_at, email.problem = Email.State.SENT, now, ""
    Email.objects.bulk_update(
        emails, ["state", "attempts", "next_attempt_at", "sent_at", "problem"]
    )
    return emails[0].state == Email.State.SENT


def _due(now: datetime) -> QuerySet[Email]:
    return Email.objects.select_related("notification__user", "notification__organization").filter(
        state=Email.State.WAITING, next_attempt_at__lte=now
    )


def _together(email: Email, now: datetime) -> list[Email]:
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


def _is_late(email: Email, now: datetime) -> bool:
    until = email.notification.matters_until
    return until is not None and until <= now


def _drop(emails: Sequence[Email]) -> None:
    """Drop an e-mail that is not sent: no failure of the mail server, so nobody is notified."""
    keys = [email.pk for email in emails]
    Email.objects.filter(pk__in=keys).update(state=Email.State.GIVEN_UP, problem="")


def _put_off(email: Email, trouble: Exception, now: datetime) -> None:
    """Again after a growing pause; after three days it is given up, and the app says so."""
    email.problem = failure_code(trouble)
    email.next_attempt_at = now + retry_delay(email.attempts)
    if now - email.notification.created_at >= GIVE_UP_AFTER:
        email.state = Email.State.GIVEN_UP
    log.warning("email_not_sent", problem=email.problem, attempts=email.attempts)
