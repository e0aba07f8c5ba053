"""E-mails out of the queue: to the mail server, again after growing pauses, or given up.

The row is locked while SMTP takes the e-mail, so that no other worker sends it too. A crash after
the server took it and before the commit sends it again under the same Message-ID: SMTP has no
transaction across both.
"""

import smtplib
import ssl
from datetime import datetime, timedelta

import structlog
from django.core.mail import mailers
from django.db import transaction
from django.utils import timezone

from caraus.core.crypto import UnreadableTokenError
from caraus.mail.messages import unseal_message
from caraus.mail.models import OutgoingEmail

log = structlog.get_logger(__name__)

# The mailer that EMAIL_URL names; Django's default one is the queue.
DELIVERY = "delivery"
GIVE_UP_AFTER = timedelta(days=3)
MAX_RETRY_DELAY = timedelta(hours=2)
# For how long is shown that an e-mail was given up.
GIVEN_UP_SHOWN_FOR = timedelta(days=30)


def retry_delay(attempts: int) -> timedelta:
    """Return the delay after the n-th failed attempt: 1, 2, 4, … minutes, up to two hours."""
    doublings: int = min(attempts - 1, 10)
    return min(timedelta(minutes=2**doublings), MAX_RETRY_DELAY)


def due_messages(now: datetime | None = None) -> list[int]:
    """Return the keys of the e-mails that wait and may be tried now."""
    waiting = OutgoingEmail.objects.filter(
        gave_up_at=None, next_attempt_at__lte=now or timezone.now()
    )
    return list(waiting.order_by("next_attempt_at", "pk").values_list("pk", flat=True))


@transaction.atomic
def deliver_message(email_id: int, *, now: datetime | None = None) -> bool:
    """Send the e-mail if it still waits; False when it does not, or the mail server failed."""
    now = now or timezone.now()
    waiting = OutgoingEmail.objects.filter(gave_up_at=None, next_attempt_at__lte=now)
    email = waiting.select_for_update(skip_locked=True).filter(pk=email_id).first()
    if email is None:
        return False
    if email.expires_at is not None and email.expires_at <= now:
        _give_up(email, email.error_code or "late", now)
        return False
    email.attempts += 1
    try:
        mailers[DELIVERY].send_messages([unseal_message(email.sealed, recipient=email.recipient)])
    except UnreadableTokenError:
        _give_up(email, "key", now)
    except Exception as error:  # whatever an e-mail does to the mailer, it is not tried for ever
        if is_permanent(error) or now - email.created_at >= GIVE_UP_AFTER:
            _give_up(email, failure_code(error), now)
        else:
            email.error_code = failure_code(error)
            email.next_attempt_at = now + retry_delay(email.attempts)
            email.save()
            log.warning(
                "email_not_sent",
                purpose=email.purpose,
                error_code=email.error_code,
                attempts=email.attempts,
            )
    else:
        email.delete()
        return True
    return False


def _give_up(email: OutgoingEmail, error_code: str, now: datetime) -> None:
    """Keep only why the e-mail was not sent: its text is deleted."""
    email.error_code, email.gave_up_at, email.sealed = error_code, now, ""
    email.save()
    log.warning("email_given_up", purpose=email.purpose, error_code=error_code)


def delete_given_up(now: datetime | None = None) -> int:
    """Delete the e-mails that were given up long ago; return how many."""
    old = OutgoingEmail.objects.filter(gave_up_at__lt=(now or timezone.now()) - GIVEN_UP_SHOWN_FOR)
    return old.delete()[0]


def is_permanent(error: Exception) -> bool:
    """Return whether no later attempt can succeed: an address that the server will never take (a
    5xx; a 4xx may pass), or one that can't be written."""
    if isinstance(error, ValueError):
        return True
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    codes = [code for code, _ in error.recipients.values()]
    return bool(codes) and all(code >= 500 for code in codes)


def failure_code(error: Exception) -> str:
    """Return the kind of a mail server's failure, without its words."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (smtplib.SMTPAuthenticationError, "authentication"),
        (smtplib.SMTPRecipientsRefused, "recipient"),
        (smtplib.SMTPSenderRefused, "sender"),
        (smtplib.SMTPException, "server"),
        (ssl.SSLError, "tls"),
        (TimeoutError, "timeout"),
        (OSError, "unreachable"),
    )
    return next((word for kind, word in kinds if isinstance(error, kind)), "message")
