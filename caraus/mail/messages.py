"""An e-mail: what it says of itself, and how it waits sealed.

Where Python folds a long header beside words that are not ASCII, it may lose one space and double
another: „Sector 3 (B) → Ploiești (PH)” arrives as „Sector 3 (B)  →Ploiești (PH)”. So the subject of
an e-mail is encoded in one piece.
"""

import json
from datetime import datetime
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage as PythonMessage
from email.policy import EmailPolicy, Policy
from email.policy import default as default_policy
from email.utils import make_msgid, parseaddr
from typing import cast

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from caraus.core import crypto


class SubjectHeader(UniqueUnstructuredHeader):
    """Encoded in one piece, spaces and all, when it is not plain ASCII."""

    name: str  # of the class that the registry makes of this one

    def fold(self, *, policy: Policy) -> str:
        text = str(self)
        charset = "us-ascii" if text.isascii() else "utf-8"
        header = Header(text, charset, header_name=self.name)
        return f"{self.name}: {header.encode(linesep=policy.linesep)}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("subject", cast("type[BaseHeader]", SubjectHeader))


class OutgoingMessage(EmailMultiAlternatives):
    """An e-mail that says what it is, what it is about, and until when it is of use."""

    purpose: str = ""
    reference: str = ""
    expires_at: datetime | None = None

    def message(self, *, policy: Policy | None = None) -> PythonMessage:
        chosen = cast("EmailPolicy", policy or default_policy)
        return super().message(policy=chosen.clone(header_factory=HEADERS))


def seal_message(message: EmailMessage) -> str:
    """Seal the e-mail into one text that only CARAUS_TOKEN_KEYS opens."""
    return crypto.encrypt(json.dumps(_parts(message)))


def unseal_message(sealed: str, *, recipient: str) -> OutgoingMessage:
    """Return the e-mail as it was queued. Raises UnreadableTokenError when no key opens it."""
    parts = json.loads(crypto.decrypt(sealed))
    alternatives = parts.pop("alternatives")
    message = OutgoingMessage(to=[recipient], **parts)
    for content, mimetype in alternatives:
        message.attach_alternative(content, mimetype)
    return message


def _parts(message: EmailMessage) -> dict[str, object]:
    if message.attachments:
        raise ValueError("An e-mail with attachments can't be queued.")
    # The same in every attempt, so that mail programs know an e-mail that was sent twice as one.
    headers = {"Message-ID": _message_id(message.from_email)} | dict(message.extra_headers)
    alternatives = getattr(message, "alternatives", [])
    return {
        "subject": " ".join(str(message.subject).split()),
        "body": str(message.body),
        "from_email": str(message.from_email),
        "reply_to": [str(address) for address in message.reply_to],
        "headers": headers,
        "alternatives": [
            [str(alternative.content), str(alternative.mimetype)] for alternative in alternatives
        ],
    }


def _message_id(sender: str) -> str:
    domain = parseaddr(sender or settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return make_msgid(domain=domain or "localhost")
