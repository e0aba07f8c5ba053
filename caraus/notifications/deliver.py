"""The e-mail of a notification: once, however often workers die or the mail server is down.

The row is locked while SMTP takes the message, so that no other worker sends it too. A crash after
the server took it and before the commit sends it again: SMTP has no transaction across both. Both
copies then carry one Message-ID, by which mail servers and readers know them as one.
"""

import smtplib
import ssl
from datetime import datetime, timedelta
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from caraus.notifications.models import Email, Notification
from caraus.words import in_language_of

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = timedelta(days=3)
LONGEST_PAUSE = timedelta(hours=2)


def pause(attempts: int) -> timedelta:
    """After the n-th failed attempt: 1, 2, 4, … minutes, up to two hours."""
    doublings: int = min(attempts - 1, 10)
    return min(timedelta(minutes=2**doublings), LONGEST_PAUSE)


def due(now: datetime | None = None) -> list[int]:
    """The notifications whose e-mail waits and may be tried now."""
    waiting = Email.objects.filter(
        state=Email.State.WAITING, next_attempt_at__lte=now or timezone.now()
    )
    return list(waiting.order_by("next_attempt_at").values_list("pk", flat=True))


@transaction.atomic
def send(*, notification_id: int, now: datetime | None = None) -> bool:
    """Send it if it still waits; False when it does not, or when the mail server failed."""
    now = now or timezone.now()
    email = (
        Email.objects.select_for_update(of=("self",))
        .select_related("notification__user", "notification__organization")
        .filter(pk=notification_id, state=Email.State.WAITING, next_attempt_at__lte=now)
        .first()
    )
    if email is None:
        return False
    email.attempts += 1
    try:
        message(email.notification).send()
    except (OSError, smtplib.SMTPException, ValueError) as trouble:
        _put_off(email, trouble, now)
    else:
        email.state, email.sent_at, email.problem = Email.State.SENT, now, ""
    email.save()
    return email.state == Email.State.SENT


def _put_off(email: Email, trouble: Exception, now: datetime) -> None:
    """Again after a growing pause; after three days it is given up, and the app says so."""
    email.problem = problem_of(trouble)
    email.next_attempt_at = now + pause(email.attempts)
    if now - email.notification.created_at >= GIVE_UP_AFTER:
        email.state = Email.State.GIVEN_UP
    log.warning("email_not_sent", problem=email.problem, attempts=email.attempts)


def problem_of(trouble: Exception) -> str:
    """The kind of a mail server's failure, without its words."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (smtplib.SMTPAuthenticationError, "authentication"),
        (smtplib.SMTPRecipientsRefused, "recipient"),
        (smtplib.SMTPSenderRefused, "sender"),
        (smtplib.SMTPException, "server"),
        (ssl.SSLError, "tls"),
        (TimeoutError, "timeout"),
        (OSError, "unreachable"),
    )
    return next((word for kind, word in kinds if isinstance(trouble, kind)), "message")


def message(notification: Notification) -> EmailMultiAlternatives:
    """Text and HTML, in the reader's language."""
    context = {
        "notification": notification,
        "link": f"{settings.PUBLIC_URL}{notification.address}",
        "preferences": settings.PUBLIC_URL + reverse("notifications:preferences"),
    }
    with in_language_of(notification.user):
        text = render_to_string("notifications/email.txt", context)
        html = render_to_string("notifications/email.html", context)
    letter = EmailMultiAlternatives(
        subject=" ".join(notification.title.split()),
        body=text,
        to=[notification.user.email],
        headers={"Message-ID": _message_id(notification), "Auto-Submitted": "auto-generated"},
    )
    letter.attach_alternative(html, "text/html")
    return letter


def _message_id(notification: Notification) -> str:
    """The same for every attempt."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<notification-{notification.pk}-{notification.created_at:%Y%m%d%H%M%S}@{domain}>"
