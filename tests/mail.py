"""A real SMTP server for tests, and what it received."""

import email
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from caraus.commands.ports import free_ports


class _Handler:
    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            content = cast("bytes", envelope.content)
            self.messages.append(email.message_from_bytes(content, policy=default))
        return self.answer


class MailServer:
    """Use as a context manager; `options` are a mailer's, for Django's MAILERS."""

    def __init__(self) -> None:
        self._handler = _Handler()
        # The controller knocks at its own port to see that it stands: it must know it.
        self.port = free_ports(1)[0]
        self._controller = Controller(self._handler, hostname="127.0.0.1", port=self.port)

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
        return self._handler.messages

    def refuse(self, answer: str) -> None:
        """Answer every message so, e.g. „451 try later”."""
        self._handler.answer = answer

    def accept(self) -> None:
        self._handler.answer = "250 OK"


def mailers(port: int) -> dict[str, Any]:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    return {
        "default": {
            "BACKEND": backend,
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5},
        }
    }
