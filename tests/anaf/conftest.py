"""A server on a real socket that responds as a test wants."""

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from caraus.anaf import rate_limit
from caraus.anaf.http import AnafSettings
from tests.http_servers import QuietHandler, serving


@dataclass
class Reply:
    """What the server sends. `cut` promises more bytes than it sends; `hang` sends no answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hang: bool = False
    drip: bool = False


@dataclass
class Seen:
    """A request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class Server(ThreadingHTTPServer):
    """One server; `url` is its origin, `reply` its response to everything."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = Reply()
        self.seen: list[Seen] = []
        self.ended = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore it: a client that left early is what these tests are about."""


class _Handler(QuietHandler):
    server: Server

    def _respond(self) -> None:
        reply = self.server.reply
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.seen.append(Seen(self.command, self.path, dict(self.headers.items()), body))
        if reply.hang:
            self.server.ended.wait(60)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body) + 100 * reply.cut))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.drip:
            self._drip(reply.body)
            return
        self.wfile.write(reply.body)

    def _drip(self, body: bytes) -> None:
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.ended.wait(0.05):
                return

    do_GET = do_POST = _respond


@pytest.fixture(autouse=True)
def no_limiter() -> Iterator[None]:
    """Test the boundary alone: nobody counts its calls."""
    before = rate_limit.set_limiter(lambda _cui: nullcontext())
    yield
    rate_limit.set_limiter(before)


def _running() -> Iterator[Server]:
    with serving(Server()) as server:
        try:
            yield server
        finally:
            server.ended.set()


@pytest.fixture
def anaf() -> Iterator[Server]:
    """ANAF's double: the login and the API."""
    yield from _running()


@pytest.fixture
def stranger() -> Iterator[Server]:
    """Another host, which must never see a token."""
    yield from _running()


@pytest.fixture
def settings(anaf: Server) -> AnafSettings:
    """Return settings that lead to the double, with little patience."""
    return settings_for(anaf.url)


def settings_for(url: str, *, timeout: float = 5.0) -> AnafSettings:
    """Return settings that lead to `url` for both the login and the API."""
    return AnafSettings(
        client_id="client-1",
        client_secret="very-secret",
        redirect_uri="https://caraus.example/anaf/callback",
        login_url=url,
        api_url=url,
        timeout=timeout,
    )
