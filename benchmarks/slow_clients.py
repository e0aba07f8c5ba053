"""Slow clients beside others, on loopback: `uv run python -m benchmarks.slow_clients URL`.

The server (`caraus serve` or `caraus web`, with a proxy before it or without) runs already. For
some seconds it is called for /healthz and the sign-in page, first alone, then beside 50 unfinished
bodies, 50 unfinished headers and 50 clients that read nothing. It prints how long the answers took.
"""

import argparse
import contextlib
import socket
import statistics
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

EACH = 50
PAGES = ("/healthz", "/cont/login/")
FORM = "/cont/login/"


class Slow(threading.Thread):
    """The slow clients: each sends a byte a second, or reads nothing, and one that was closed
    comes again unless `stubborn` is false."""

    def __init__(self, address: str, *, each: int = EACH, stubborn: bool = True) -> None:
        super().__init__(daemon=True)
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        if self.host not in {"127.0.0.1", "localhost"}:
            raise SystemExit("Only a server on this machine is attacked: http://127.0.0.1:PORT")
        self._begin = [make for make in (self.body, self.header, self.reader) for _ in range(each)]
        self._stubborn = stubborn
        self._cookie = self._csrf_cookie()
        self.over, self.all_there = threading.Event(), threading.Event()
        self.closed = 0  # by the server

    def _csrf_cookie(self) -> str:
        """Django reads the body of whoever shows one."""
        with urllib.request.urlopen(f"http://{self.host}:{self.port}{FORM}", timeout=60) as page:
            return str(page.headers.get("Set-Cookie", "")).partition(";")[0]

    def _connect(self, text: str) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.connect((self.host, self.port))
        client.sendall(text.replace("\n", "\r\n").encode())
        client.setblocking(False)  # noqa: FBT003 - the standard library's
        return client

    def body(self) -> socket.socket:
        return self._connect(
            f"POST {FORM} HTTP/1.1\nHost: {self.host}\nCookie: {self._cookie}\n"
            "Content-Type: application/x-www-form-urlencoded\nContent-Length: 5000\n\na"
        )

    def header(self) -> socket.socket:
        return self._connect(f"GET {FORM} HTTP/1.1\nHost: {self.host}\nX-Slow: a")

    def reader(self) -> socket.socket:
        return self._connect(f"GET {FORM} HTTP/1.1\nHost: {self.host}\n\n")

    def run(self) -> None:
        with contextlib.ExitStack() as stack:
            clients = [(make, stack.enter_context(make())) for make in self._begin]
            self.all_there.set()
            while not self.over.wait(1):
                clients = list(self._trickle(clients))

    def _trickle(
        self, clients: list[tuple[Callable[[], socket.socket], socket.socket]]
    ) -> Iterator[tuple[Callable[[], socket.socket], socket.socket]]:
        for make, client in clients:
            if self._is_open(make, client):
                yield make, client
                continue
            client.close()
            self.closed += 1
            if self._stubborn:
                with contextlib.suppress(OSError):
                    yield make, make()

    def _is_open(self, make: Callable[[], socket.socket], client: socket.socket) -> bool:
        """Return whether the server has not closed it; one byte more is sent, and nothing read."""
        try:
            if make == self.reader:
                client.recv(1, socket.MSG_PEEK)
                return True
            client.send(b"a")
            return client.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


@contextlib.contextmanager
def attacked(address: str, *, each: int = EACH, stubborn: bool = True) -> Iterator[Slow]:
    slow = Slow(address, each=each, stubborn=stubborn)
    slow.start()
    if not slow.all_there.wait(60):
        raise RuntimeError("The slow clients could not connect.")
    try:
        yield slow
    finally:
        slow.over.set()
        slow.join(30)


def seconds_of(url: str, timeout: float = 60) -> float:
    """Return how long the whole response takes; an error status raises."""
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=timeout) as response:
        response.read()
    return time.perf_counter() - began


def measure(address: str, seconds: float) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {page: [] for page in PAGES}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for page in PAGES:
            took[page].append(seconds_of(address + page))
        time.sleep(0.1)
    return took


def say(title: str, took: dict[str, list[float]]) -> None:
    for page, times in took.items():
        print(
            f"{title:15} {page:14} {len(times):4} answers, "
            f"median {statistics.median(times) * 1000:6.0f} ms, slowest {max(times) * 1000:6.0f} ms"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", metavar="URL")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    address = options.address.rstrip("/")
    calm = measure(address, options.seconds)
    with attacked(address) as slow:
        busy = measure(address, options.seconds)
    say("without attack", calm)
    say("under attack", busy)
    print(f"slow clients that were closed meanwhile: {slow.closed}")
    return 0 if max(max(times) for times in busy.values()) < 0.5 else 1


if __name__ == "__main__":
    sys.exit(main())
