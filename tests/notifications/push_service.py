"""A browser's push service over real HTTP: keeps what it is sent, and the browser opens it."""

import base64
import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

import http_ece
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from caraus.notifications.push_keys import Browser
from tests.http_servers import QuietHandler, serving


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Answers with `status`; a redirect leads to `location`."""

    status: int = 201
    location: str = ""
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> "PushService":
        service = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.received.append(Received(self.path, dict(self.headers), body))
                self.send_response(service.status)
                if service.location:
                    self.send_header("Location", service.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._stack = ExitStack()
        self._server = self._stack.enter_context(
            serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"


@dataclass
class Subscriber:
    """A browser that subscribed: its private key stays with it."""

    service: PushService
    name: str = "one"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = b"0123456789abcdef"

    @property
    def browser(self) -> Browser:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return Browser(
            f"{self.service.origin}/send/{self.name}", encoded(point), encoded(self.secret)
        )

    def messages(self) -> list[dict[str, Any]]:
        """Return what the browser shows, in order."""
        return [
            json.loads(
                http_ece.decrypt(
                    received.body,
                    private_key=self.key,
                    auth_secret=self.secret,
                    version="aes128gcm",
                )
            )
            for received in self.service.received
            if received.path == f"/send/{self.name}"
        ]


def claims_of(received: Received, origin: str) -> tuple[dict[str, Any], str]:
    """Return what the sender signs, checked with the key that it names (RFC 8292); and that key."""
    scheme, _, rest = received.headers["Authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts["k"]))
    return jwt.decode(parts["t"], key, algorithms=["ES256"], audience=origin), parts["k"]
