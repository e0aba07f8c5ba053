"""A letter: what it says of itself, and how it waits sealed."""

import json
from datetime import datetime
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from caraus import crypto


class Letter(EmailMultiAlternatives):
    """A letter that says what it is, what it is about, and until when it is of use."""

    purpose: str = ""
    reference: str = ""
    expires_at: datetime | None = None


def seal(message: EmailMessage) -> str:
    """The letter as one text that only CARAUS_TOKEN_KEYS opens."""
    return crypto.encrypt(json.dumps(_parts(message)))


def unseal(sealed: str, *, recipient: str) -> EmailMultiAlternatives:
    """The letter as it was queued. Raises UnreadableTokenError when no key opens it."""
    parts = json.loads(crypto.decrypt(sealed))
    alternatives = parts.pop("alternatives")
    message = EmailMultiAlternatives(to=[recipient], **parts)
    for content, mimetype in alternatives:
        message.attach_alternative(content, mimetype)
    return message


def _parts(message: EmailMessage) -> dict[str, object]:
    if message.attachments:
        raise ValueError("A letter with attachments can't be queued.")
    # The same in every attempt, so that mail programs know a letter that was sent twice as one.
    headers = {"Message-ID": _message_id(message.from_email)} | dict(message.extra_headers)
    alternatives = getattr(message, "alternatives", [])
    return {
        "subject": " ".join(str(message.subject).split()),
        "body": str(message.body),
        "from_email": str(message.from_email),
        "reply_to": [str(address) for address in message.reply_to],
        "headers": headers,
        "alternatives": [[str(one.content), str(one.mimetype)] for one in alternatives],
    }


def _message_id(sender: str) -> str:
    domain = parseaddr(sender or settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return make_msgid(domain=domain or "localhost")
