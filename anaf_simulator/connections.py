"""The HTTP protocol of uvicorn, plus a way to cut a client's connection off."""

import asyncio
import socket
import struct

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[tuple[str, int], asyncio.Transport] = {}


class ResettableProtocol(H11Protocol):
    """Remembers the transport of each open connection by the client's address."""

    _peer: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport by the peer's address."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        if peer:
            self._peer = (peer[0], peer[1])
            _open[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop the transport."""
        super().connection_lost(exc)
        if self._peer:
            _open.pop(self._peer, None)


def presented_serial(request: Request) -> int | None:
    """Return the serial number of the certificate that the client presented in the TLS handshake,
    which has verified it; None when it presented none."""
    client = request.client
    transport = _open.get((client.host, client.port)) if client else None
    tls = transport.get_extra_info("ssl_object") if transport else None
    peer = tls.getpeercert() if tls else None
    return int(peer["serialNumber"], 16) if peer else None


def reset_connection(request: Request) -> None:
    """Close the connection of ``request`` at once, with a TCP reset and no answer."""
    client = request.client
    transport = _open.get((client.host, client.port)) if client else None
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        # A linger of zero seconds makes the kernel send RST in place of FIN.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
