"""Two listeners in one process: ANAF's services and the control API."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from anaf_simulator.app import control_app, main_app
from anaf_simulator.connections import ResettableProtocol
from anaf_simulator.mutual_tls import TlsFiles, make_files
from anaf_simulator.simulator import Simulator

_KEEP_ALIVE_SECONDS = 75
"""Longer than a usual client keeps idle connections, so that it never meets a closing one."""


class PortTakenError(Exception):
    """Another program listens there already."""


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to us and says when it responds."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.answering.set()


class Listener:
    """A port that can be closed and opened again."""

    def __init__(self, app: ASGIApp, host: str, port: int, tls: TlsFiles | None = None) -> None:
        self._app = app
        self._tls = tls
        self._host = host
        self._lock = asyncio.Lock()
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._reserved: socket.socket | None = self._bind(port)
        self.port: int = self._reserved.getsockname()[1]

    def _bind(self, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # The protocol is named so that asyncio turns Nagle's delay off on what is accepted.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self._host, port))
        except OSError as error:
            bound.close()
            raise PortTakenError(f"cannot listen on {self._host}:{port}: {error}") from error
        return bound

    async def set_open(self, wanted: bool) -> None:  # noqa: FBT001 - it is what is wanted
        """Open or close; returns when new connections are accepted, or refused."""
        async with self._lock:
            if wanted and self._server is None:
                await self._open()
            elif not wanted:
                await self._close()

    async def _open(self) -> None:
        bound, self._reserved = self._reserved or self._bind(self.port), None
        config = uvicorn.Config(
            self._app,
            http=ResettableProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
            **_tls_options(self._tls),
        )
        server = _Server(config)
        self._task = asyncio.create_task(server.serve(sockets=[bound]))
        self._server = server
        await server.answering.wait()

    async def _close(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        await self._task
        self._server, self._task = None, None


def _tls_options(tls: TlsFiles | None) -> dict[str, Any]:
    """Ask for a certificate without demanding it: the token service is called without."""
    if tls is None:
        return {}
    return {
        "ssl_certfile": str(tls.certificate),
        "ssl_keyfile": str(tls.key),
        "ssl_ca_certs": str(tls.authority),
        "ssl_cert_reqs": ssl.CERT_OPTIONAL,
    }


async def serve(
    sim: Simulator, host: str, port: int, control_port: int, tls_folder: Path | None = None
) -> None:
    """Serve until SIGINT or SIGTERM. Raises PortTakenError before anything is started."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    main = Listener(main_app(sim), host, port)
    control = Listener(control_app(sim), host, control_port)
    sim.set_listening = main.set_open
    await main.set_open(not sim.scenarios.is_on("down_refused"))
    await control.set_open(True)
    shown = f"[{host}]" if ":" in host else host
    secure = None
    if tls_folder is not None:
        tls = make_files(tls_folder, sim.certificates.all(), host)
        secure = Listener(main_app(sim), host, 0, tls)
        await secure.set_open(True)
        print(f"ANAF simulator asks for certificates: https://{shown}:{secure.port}", flush=True)
    print(
        f"ANAF simulator is ready: http://{shown}:{main.port} "
        f"(control: http://{shown}:{control.port}/_control/)",
        flush=True,
    )
    await stop.wait()
    listeners = [listener for listener in (main, control, secure) if listener is not None]
    await asyncio.gather(*(listener.set_open(False) for listener in listeners))
