"""The web server by itself, over real sockets: time limits, many clients, smuggling, the end."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import pytest

from caraus.commands import web_server
from tests import plain_http

BIG = 30_000_000


class Application:
    """/wait holds its thread until `go`; /big is long; anything else says how it was requested."""

    def __init__(self) -> None:
        self.go, self.waiting, self.streamed = threading.Event(), 0, threading.Event()
        self.counting = threading.Lock()

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/wait":
            with self.counting:
                self.waiting += 1
            self.go.wait(60)
        if environ["PATH_INFO"] == "/big":
            start("200 OK", [("Content-Length", str(BIG))])
            return self._big()
        body = environ["wsgi.input"].read()  # type: ignore[attr-defined]
        text = f"{environ['REQUEST_METHOD']} {len(body)}".encode()
        start("200 OK", [("Content-Length", str(len(text)))])
        return [text]

    def _big(self) -> Iterator[bytes]:
        for _ in range(BIG // 1_000_000):
            yield bytes(1_000_000)
        self.streamed.set()


class Running:
    def __init__(self) -> None:
        self.application = Application()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server = web_server.Server(self.application, self.listener)
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()
        self.clients = contextlib.ExitStack()

    def connect(self, data: str = "") -> socket.socket:
        """Open a connection and send `data`; it is closed with the server at the latest."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.clients.enter_context(client)
        client.sendall(data.replace("\n", "\r\n").encode("latin-1"))
        return client

    def exchange(self, data: str) -> str:
        """Everything until the server closes; the client closes its side when it is silent."""
        received = b""
        with contextlib.suppress(ConnectionError), self.connect(data) as client:
            with contextlib.suppress(OSError):  # it may be closed already
                client.shutdown(socket.SHUT_WR)
            while part := client.recv(65536):
                received += part
        return received.decode("latin-1")

    def get(self, path: str) -> str:
        with plain_http.client(timeout=30) as client:
            return client.get(f"http://127.0.0.1:{self.port}{path}").text

    def end(self) -> None:
        self.application.go.set()
        if self.thread.is_alive():
            self.server.end()
        self.clients.close()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def running() -> Iterator[Running]:
    running = Running()
    yield running
    running.end()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks that run out at once, and no rate that would be enough."""
    for name in ("REQUEST_SECONDS", "RESPONSE_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(web_server, name, 1)
    for name in ("REQUEST_RATE", "RESPONSE_RATE"):
        monkeypatch.setattr(web_server, name, 10**9)


def response(client: socket.socket) -> bytes:
    """Return the next response, whole: a reading may bring a part of it, or its head alone."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = client.recv(1000)
        assert part, f"closed after {received!r}"
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length
    while len(body) < int(length[1]):
        part = client.recv(1000)
        assert part, f"closed after {body!r}"
        body += part
    return head + b"\r\n\r\n" + body


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.01)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "GET / HTTP/1.1\nHost: a\nX-Sl",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 5000\n\na",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nab",
    ],
    ids=["nothing", "half a header", "half a body", "half a chunk"],
)
def test_an_unfinished_request_is_let_go_in_time(hasty: None, running: Running, data: str) -> None:
    """A byte now and then does not renew the time."""
    with running.connect(data) as client:
        client.settimeout(0.2)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if data:
                    client.send(b"a")
                if client.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert time.monotonic() < deadline, "it is still open"
    assert running.application.waiting == 0


def test_a_connection_at_rest_is_let_go_in_time(hasty: None, running: Running) -> None:
    with running.connect("GET / HTTP/1.1\nHost: a\n\n") as client:
        received = b""
        while part := client.recv(1000):
            received += part
    assert received.startswith(b"HTTP/1.1 200 OK")


def test_a_connection_that_is_used_is_not_let_go(hasty: None, running: Running) -> None:
    """Longer than any of the limits, one request after another."""
    with plain_http.client(timeout=30) as client:
        with running.connect() as beside:  # opened now and silent: gone when two seconds are over
            while beside in _open([beside]):
                assert client.get(f"http://127.0.0.1:{running.port}/").text == "GET 0"
                time.sleep(0.05)
        assert len(running.server.active_channels) == 1


def _open(clients: list[socket.socket]) -> list[socket.socket]:
    still = []
    for client in clients:
        client.setblocking(False)
        try:
            if client.recv(1, socket.MSG_PEEK) != b"":
                still.append(client)
        except BlockingIOError:
            still.append(client)
        except OSError:
            pass
    return still


def test_a_slow_reader_holds_no_thread_and_is_let_go(hasty: None, running: Running) -> None:
    """More of them than threads; each response is made to its end though nobody reads it."""
    for _ in range(web_server.THREADS + 2):
        client = running.clients.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.connect(("127.0.0.1", running.port))
        client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    assert running.application.streamed.wait(30)
    assert running.get("/") == "GET 0"
    until(lambda: not running.server.active_channels)


def test_a_patient_reader_gets_all(running: Running) -> None:
    assert len(running.get("/big")) == BIG


def test_health_is_reported_while_all_threads_are_busy(running: Running) -> None:
    clients = [
        running.connect("GET /wait HTTP/1.1\nHost: a\n\n") for _ in range(web_server.THREADS)
    ]
    until(lambda: running.application.waiting == web_server.THREADS)
    assert running.get("/healthz") == "GET 0"
    running.application.go.set()
    for client in clients:
        assert response(client).startswith(b"HTTP/1.1 200")


def test_new_connections_are_taken_in_the_place_of_idle_ones(
    monkeypatch: pytest.MonkeyPatch, running: Running
) -> None:
    monkeypatch.setattr(web_server, "MOST_CONNECTIONS", 20)
    working = running.connect("GET /wait HTTP/1.1\nHost: a\n\n")
    until(lambda: running.application.waiting == 1)
    idle = [running.connect() for _ in range(60)]
    assert running.get("/") == "GET 0"
    assert len(_open(idle)) <= 20
    running.application.go.set()
    assert response(working).startswith(b"HTTP/1.1 200")  # who is answered stays


CHUNKED = "Transfer-Encoding: chunked\n"


@pytest.mark.parametrize(
    "headers",
    [
        f"Content-Length: 4\n{CHUNKED}",
        f"{CHUNKED}Content-Length: 4\n",
        f"{CHUNKED}{CHUNKED}Content-Length: 4\n",
        "Content-Length: 4\nContent-Length: 5\n",
        "Content-Length: 4, 4\n",
        "Content-Length: +4\n",
        "Content-Length: 0x4\n",
        "Content-Length: -1\n",
        "Transfer-Encoding: xchunked\n",
        "Transfer-Encoding : chunked\n",
        "Transfer-Encoding: chunked, identity\n",
        "Transfer-Encoding: \x0bchunked\n",
        "X-Null: a\0b\n",
        "X-Fold: a\n b\n",
        "X-Fold: a\n\tb\n",
        "".join(f"X-{number}: 1\n" for number in range(300)),
        f"X-Long: {'a' * 1_000_000}\n",
        "Content-Length: 300000000\n",
        "no colon\n",
    ],
)
def test_what_only_smugglers_send_is_refused(running: Running, headers: str) -> None:
    """What follows would be a second request to a proxy that reads the first in another way."""
    output = f"POST / HTTP/1.1\nHost: a\n{headers}\n0\n\nGET /smuggled HTTP/1.1\nHost: a\n\n"
    page_response = running.exchange(output)
    assert page_response.count("HTTP/1.") <= 1
    assert not page_response or page_response.split()[1] in {"400", "413", "431", "501"}
    assert running.get("/") == "GET 0"


def test_in_the_older_version_chunks_are_refused(running: Running) -> None:
    output = f"POST / HTTP/1.0\nHost: a\n{CHUNKED}Content-Length: 4\n\n0\n\n"
    assert running.exchange(output).split()[1] == "400"


def test_a_body_in_chunks_is_read_whole(running: Running) -> None:
    page_response = running.exchange(f"POST / HTTP/1.1\nHost: a\n{CHUNKED}\n3\nabc\n0\n\n")
    assert page_response.endswith("POST 3")


def test_the_head_has_no_body_and_no_name_of_the_server(running: Running) -> None:
    page_response = running.exchange("HEAD / HTTP/1.1\nHost: a\n\n")
    assert page_response.startswith("HTTP/1.1 200 OK")
    assert page_response.endswith("\r\n\r\n")
    assert "Content-Length: 6" in page_response
    assert "server" not in page_response.lower()
    assert "via" not in page_response.lower()


def test_at_sigterm_it_answers_what_is_under_way_and_takes_nothing_new(running: Running) -> None:
    client = running.connect("GET /wait HTTP/1.1\nHost: a\n\n")
    resting = running.connect("GET / HTTP/1.1\nHost: a\n\n")
    assert response(resting).startswith(b"HTTP/1.1 200")
    until(lambda: running.application.waiting == 1)
    running.server.end()
    assert resting.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        running.connect()
    running.application.go.set()
    received = response(client)
    assert b"200 OK" in received
    assert b"Connection: close" in received
    assert client.recv(100) == b""
    running.thread.join(30)
    assert not running.thread.is_alive()


def test_at_the_end_a_proxy_is_answered_over_the_connections_that_it_has(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "PROXY_SECONDS", 30)
    post = "POST / HTTP/1.1\nHost: a\nX-Forwarded-For: 192.0.2.1\nContent-Length: 2\n\nab"
    used, unused = running.connect(post), running.connect(post)
    for connection in (used, unused):
        assert b"Connection: close" not in response(connection)
    direct = running.connect("GET / HTTP/1.1\nHost: a\n\n")
    response(direct)
    running.server.end()
    assert direct.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        running.connect()
    used.sendall(post.replace("\n", "\r\n").encode())
    last = response(used)
    assert last.endswith(b"POST 2")
    assert b"Connection: close" in last
    assert used.recv(100) == b""
    monkeypatch.setattr(web_server, "PROXY_SECONDS", 0)
    assert unused.recv(100) == b""


def test_a_server_that_has_ended_may_be_ended_again(running: Running) -> None:
    running.server.end()
    running.thread.join(30)
    assert not running.thread.is_alive()
    running.server.end()
