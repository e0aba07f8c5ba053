"""E-mails into the queue: whoever causes one neither waits for the mail server nor fails with it.

Django's `default` mailer is this queue (`QueueBackend`), so that libraries use it too; the worker
hands the e-mails to the mailer `delivery`, which is what EMAIL_URL says.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet

from caraus.mail.messages import seal_message
from caraus.mail.models import OutgoingEmail
from caraus.mail.tasks import enqueue_delivery


class QueueBackend(BaseEmailBackend):
    """Django's `default` mailer."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            enqueue_message(
                message,
                purpose=getattr(message, "purpose", ""),
                reference=getattr(message, "reference", ""),
                expires_at=getattr(message, "expires_at", None),
            )
        return len(email_messages)


@transaction.atomic
def enqueue_message(
    message: EmailMessage,
    *,
    purpose: str = "",
    reference: str = "",
    expires_at: datetime | None = None,
) -> list[OutgoingEmail]:
    """Queue the e-mail for each of its recipients; within the transaction of what it is about."""
    sealed = seal_message(message)
    emails = []
    for recipient in message.recipients():
        email = OutgoingEmail.objects.create(
            recipient=recipient,
            purpose=purpose,
            reference=reference,
            sealed=sealed,
            expires_at=expires_at,
        )
        enqueue_delivery(email.pk)
        emails.append(email)
    return emails


def withdraw_messages(*, reference: str) -> None:
    """Take back what was not sent yet: its link opens nothing any more."""
    _delete_waiting(OutgoingEmail.objects.filter(reference=reference))


def delete_messages_to(email: str) -> None:
    """Drop what waits for somebody who is erased."""
    _delete_waiting(OutgoingEmail.objects.filter(recipient__iexact=email))


@transaction.atomic
def _delete_waiting(emails: QuerySet[OutgoingEmail]) -> None:
    """Delete without waiting for the e-mail that the mail server is just taking."""
    free = emails.select_for_update(skip_locked=True).values_list("pk", flat=True)
    OutgoingEmail.objects.filter(pk__in=list(free)).delete()


def delivery_failures(references: Collection[str]) -> dict[str, OutgoingEmail]:
    """Return, of the e-mails about these things, those that the mail server did not take so far."""
    failed = OutgoingEmail.objects.filter(reference__in=references).exclude(error_code="")
    return {email.reference: email for email in failed.order_by("pk")}
