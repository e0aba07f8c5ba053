"""A real SMTP server for tests, and what it received; what waits in the queue, delivered."""

import email
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core import mail

from caraus.commands.ports import free_ports
from caraus.mail import delivery
from tests.email_checks import faults


class _Handler:
    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.reply = self.recipient_reply = "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.reply.startswith("250"):
            content = cast("bytes", envelope.content)
            self.messages.append(email.message_from_bytes(content, policy=default))
        return self.reply


class MailServer:
    """Use as a context manager; `options` are a mailer's, for Django's MAILERS."""

    def __init__(self) -> None:
        self._handler = _Handler()
        # The controller knocks at its own port to see that it stands: it must know it.
        self.port = free_ports(1)[0]
        # Its name is given: to look the machine's up may take longer than a client waits.
        self._controller = Controller(
            self._handler, hostname="127.0.0.1", port=self.port, server_hostname="localhost"
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mailers(self) -> dict[str, Any]:
        return mailers(self.port)

    @property
    def messages(self) -> list[EmailMessage]:
        """What was received, proof-read: no test may take in an e-mail that can't be read."""
        for message in self._handler.messages:
            parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
            problems = faults(str(message["Subject"]), parts[0], "".join(parts[1:]))
            assert not problems, f"{problems} in {parts[0]}"
        return self._handler.messages

    def refuse(self, reply: str) -> None:
        """Answer every message so, e.g. „451 try later”."""
        self._handler.reply = reply

    def refuse_recipients(self, reply: str) -> None:
        """Answer every recipient so, e.g. „550 no such mailbox”."""
        self._handler.recipient_reply = reply

    def accept(self) -> None:
        self._handler.reply = self._handler.recipient_reply = "250 OK"


QUEUE = {"BACKEND": "caraus.mail.queue.QueueBackend"}


def mailers(port: int) -> dict[str, Any]:
    """Return the product's mailers, delivering to a server at this port."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    options = {"host": "127.0.0.1", "port": port, "timeout": 5}
    return {"default": QUEUE, "delivery": {"BACKEND": backend, "OPTIONS": options}}


def delivered() -> list[Any]:
    """Deliver what is queued and due, as the worker does; return the e-mails of this test (where no
    SMTP server is set)."""
    for letter_id in delivery.due_messages():
        delivery.deliver_message(letter_id)
    return mail.outbox
