"""One web process: waitress over the socket that `caraus web` listens on.

waitress reads a request whole, and keeps a response until it is read, in one thread that does
nothing else; so a slow client holds a socket, never one of the threads that make pages. What is
added here: time limits that a trickle of bytes does not renew, connections that give way to
others, `/healthz` while all threads are busy, requests that only smugglers send, an orderly end.
"""

import contextlib
import os
import resource
import signal
import socket
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 8
# Above so many connections the one that has done nothing for longest is closed for a new one.
MOST_CONNECTIONS = 500
MOST_HEADERS = 100
HEADER_BYTES = 32 * 1024
# Twice what the Caddyfile allows (the largest upload is smaller: `caraus/accounts/uploads.py`): a
# refusal of ours while the proxy still writes would now and then be a 502 of its own.
BODY_BYTES = 2_000_000
# A request must be whole so many seconds after its first byte, or as fast as REQUEST_RATE.
REQUEST_SECONDS, REQUEST_RATE = 15, 20_000
# A response must be read in so many seconds, or as fast as RESPONSE_RATE.
RESPONSE_SECONDS, RESPONSE_RATE = 30, 10_000
# A proxy must let go of an idle connection sooner (the Caddyfile's `keepalive`).
IDLE_SECONDS = 60
GRACE_SECONDS = 8  # for the requests under way, at the end
# So long a proxy may still send requests over the connections that it has: by then it has looked
# whether anybody listens (twice, by our Caddyfile). A form that it sends while one is closed it
# may not send again, for it can't know whether it was taken: a 502.
PROXY_SECONDS = 4


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuse what proxies understand in different ways."""

    def parse_header(self, header_plus: bytes) -> None:
        if header_plus.count(b"\n") > MOST_HEADERS:
            raise ParsingError("Too many headers")
        if b"\n " in header_plus or b"\n\t" in header_plus:
            raise ParsingError("Folded headers are obsolete")
        super().parse_header(header_plus)
        if (self.chunked and "CONTENT_LENGTH" in self.headers) or (
            self.version != "1.1" and "TRANSFER_ENCODING" in self.headers
        ):
            raise ParsingError("The length of the body is told in two ways")


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that keeps time. Its clocks are looked at once a second."""

    parser_class = Parser
    server: "Server"
    request: Parser | None
    requests: list[Parser]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.since = time.monotonic()  # of what it does now: receives, answers, sends, or rests
        self.is_of_proxy = False
        self._doing = "receives"
        self._sent = 0
        super().__init__(*arguments, **named)

    def send(self, data: bytes, do_close: bool = True) -> int:  # noqa: FBT001, FBT002 - waitress'
        sent: int = super().send(data, do_close=do_close)
        self._sent += sent
        return sent

    def received(self, data: bytes) -> bool:
        if self._doing != "receives":
            self._begin("receives")
        taken: bool = super().received(data)
        if self.request is None:  # it is whole
            self._begin("answers")
        return taken

    def say_last(self) -> None:
        """Tell the client of the requests under way that no other may follow here."""
        for request in self.requests:
            request.headers["CONNECTION"] = "close"

    def is_late(self) -> bool:
        """Return whether it takes too long; called once a second."""
        doing = self._now_doing()
        if doing != self._doing:
            self._begin(doing)
        seconds = time.monotonic() - self.since
        if doing == "receives":
            body = self.request.body_bytes_received if self.request else 0
            return seconds > REQUEST_SECONDS + body / REQUEST_RATE
        if doing == "sends":
            return seconds > RESPONSE_SECONDS + self._sent / RESPONSE_RATE
        return doing == "rests" and seconds > IDLE_SECONDS

    def is_done(self) -> bool:
        """Return whether nothing is under way, nor half received."""
        return not self.total_outbufs_len and not self.requests and self.request is None

    def _now_doing(self) -> str:
        if self.total_outbufs_len:
            return "sends"
        if self.requests:
            return "answers"
        if self.request is not None or self._doing == "receives":
            return "receives"
        return "rests"

    def _begin(self, doing: str) -> None:
        self._doing, self.since, self._sent = doing, time.monotonic(), 0


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Answers until `end()`; then only what is under way."""

    channel_class = Channel
    active_channels: dict[int, Channel]

    def __init__(self, application: "WSGIApplication", listener: socket.socket) -> None:
        adjustments = Adjustments(
            threads=THREADS,
            sockets=[listener],
            backlog=1024,
            connection_limit=MOST_CONNECTIONS + 50,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=BODY_BYTES,
            inbuf_overflow=2 * BODY_BYTES,
            outbuf_high_watermark=512 * 1024 * 1024,  # a file on disk, so that no thread waits
            cleanup_interval=1,
            asyncore_use_poll=True,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,  # CARAUS_PROXIES says whom to believe
            ident=None,
        )
        self.is_ending = False
        self.connections: dict[int, Any] = {}  # what the loop looks at, by descriptor
        self._health = ThreadedTaskDispatcher()
        self._health.set_thread_count(1)
        super().__init__(
            _without_body_of_head(application),
            map=self.connections,
            _sock=listener,
            adj=adjustments,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )

    def add_task(self, task: Channel) -> None:
        """Give `/healthz` a thread of its own: that all are busy is no reason to be restarted."""
        request = task.requests[0]
        task.is_of_proxy |= "X_FORWARDED_FOR" in request.headers
        if self.is_ending:
            task.say_last()
        path = getattr(request, "path", "")
        (self._health if path == "/healthz" else self.task_dispatcher).add_task(task)

    def handle_accept(self) -> None:
        super().handle_accept()
        if len(self.active_channels) > MOST_CONNECTIONS:
            waiting = [channel for channel in self.active_channels.values() if not channel.requests]
            if waiting:
                min(waiting, key=lambda channel: channel.since).handle_close()

    def maintenance(self, now: float) -> None:
        for channel in list(self.active_channels.values()):
            if channel.is_late():
                channel.handle_close()

    def serve(self) -> None:
        """Serve until `end`, then finish within GRACE_SECONDS what is under way, and what a proxy
        sends before it has noticed."""
        while not self.is_ending:
            self._turn()
        self._stop_accepting()
        ended_at = time.monotonic()
        while self.active_channels and (seconds := time.monotonic() - ended_at) < GRACE_SECONDS:
            self._turn(0.1)
            for channel in list(self.active_channels.values()):
                if channel.is_done() and (seconds > PROXY_SECONDS or not channel.is_of_proxy):
                    channel.handle_close()
        for dispatcher in (self._health, self.task_dispatcher):
            dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self.connections)

    def end(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Wake the loop, which does the rest: this is a signal's handler."""
        self.is_ending = True
        with contextlib.suppress(OSError):  # a loop that has ended has closed the trigger
            self.pull_trigger()

    def _turn(self, seconds: float = 1) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self.connections, count=1)

    def _stop_accepting(self) -> None:
        """Close the listening socket: who has connected is served; others find the next process."""
        for _ in range(128):
            self.handle_accept()
        self.accepting = False
        wasyncore.dispatcher.close(self)
        for channel in self.active_channels.values():
            channel.say_last()


def _without_body_of_head(application: "WSGIApplication") -> "WSGIApplication":
    """Answer HEAD without a body: waitress leaves that to the application, Django to the server."""

    def wrapped(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return response
        close: Callable[[], None] | None = getattr(response, "close", None)
        if close:
            close()
        return []

    return wrapped


def _allow_files() -> None:
    """Raise the limit of open files, which sockets are: the usual 1024 is near MOST_CONNECTIONS."""
    with contextlib.suppress(ValueError, OSError):  # a supervisor may forbid even this
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        desired = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
        if soft != resource.RLIM_INFINITY and soft < desired:
            resource.setrlimit(resource.RLIMIT_NOFILE, (desired, hard))


def main(listener: socket.socket, ready: int) -> None:
    """Serve on a listening socket; `ready` is the descriptor of a pipe for saying that it is
    ready."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _allow_files()
    from caraus.wsgi import application

    server = Server(application, listener)
    signal.signal(signal.SIGTERM, server.end)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # blocked until the handlers stand
    os.write(ready, b"%d\n" % os.getpid())
    os.close(ready)
    server.serve()
