"""The one way out to ANAF: which hosts, how long, and what came back.

Decisions. A call is sent once: nothing is retried here, for the schedules decide when to call
again, and ANAF's limits text threatens to block those who insist. Redirects are never followed and
proxies of the environment are not used: a Bearer token goes to the configured ANAF or nowhere.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Literal
from urllib.parse import urlsplit

import httpx2

LOGIN_ORIGIN = "https://logincert.anaf.ro"
API_ORIGIN = "https://api.anaf.ro"
_CONNECT_SECONDS = 10.0
#: Headers that say how a body came, not what it is.
_TRANSFER_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
#: Bytes of a response, unpacked; a list of 50,000 UITs has about as many.
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AnafSettings:
    """Where ANAF is and who we are to it.

    `login_url` and `api_url` are origins (scheme, host, port) without a path; `timeout` is in
    seconds, for one whole call. Raises ValueError when an address is not https (plain http only
    for loopback), has a path, or when `environment` or `timeout` make no sense.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    login_url: str = LOGIN_ORIGIN
    api_url: str = API_ORIGIN
    environment: Literal["prod", "test"] = "prod"
    timeout: float = 30.0

    def __post_init__(self) -> None:
        _check_origin("login_url", self.login_url)
        _check_origin("api_url", self.api_url)
        if self.environment not in ("prod", "test"):
            raise ValueError(f"environment must be 'prod' or 'test', not {self.environment!r}")
        if not self.timeout > 0:
            raise ValueError(f"timeout must be a positive number of seconds, not {self.timeout!r}")


def _check_origin(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{name} is not a valid address: {url!r}") from None
    if "@" in parts.netloc:
        raise ValueError(f"{name} must not hold a user or a password")
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError(f"{name} must be an https address such as {API_ORIGIN}, not {url!r}")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{name} must be only scheme, host and port, without a path: {url!r}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError(
            f"{name} must use https: plain http is accepted for loopback addresses only "
            f"(localhost, 127.0.0.1, ::1), not for {host!r}"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class AnafResponse:
    """What ANAF answered last. `complete` is False when the body broke off or came too late."""

    status: int
    headers: httpx2.Headers = field(repr=False)
    body: bytes = field(repr=False)
    complete: bool = True

    @property
    def content_type(self) -> str:
        """The Content-Type header in lower case, "" when missing."""
        return self.headers.get("Content-Type", "").lower()

    @property
    def server_date(self) -> str:
        """The Date header as it stands, "" when missing."""
        return self.headers.get("Date", "")


class ForeignHostError(httpx2.TransportError):
    """A request to a host that is not the configured ANAF; it was not sent."""


class TooLargeError(httpx2.TransportError):
    """A response longer than any of ANAF's; its rest was not read."""


class AnafTransport(httpx2.AsyncBaseTransport):
    """Sends anafpy's requests to the configured origins and remembers the last response.

    Raises ForeignHostError for any other host, TooLargeError for a response without end,
    httpx2.ReadTimeout when the whole call (connecting,
    response and body) takes longer than `settings.timeout` seconds, and httpx2's own errors.
    """

    def __init__(
        self, *, settings: AnafSettings, http_transport: httpx2.AsyncHTTPTransport | None = None
    ) -> None:
        """Take the `http_transport` that several calls share, or open one."""
        self._origins = {
            httpx2.URL(LOGIN_ORIGIN): httpx2.URL(settings.login_url),
            httpx2.URL(API_ORIGIN): httpx2.URL(settings.api_url),
        }
        self._timeout = settings.timeout
        self._http = http_transport or open_http_transport()
        self.last: AnafResponse | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request once, read the whole response, and remember it."""
        self.last = None
        sent = self._readdressed(request)
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.handle_async_request(sent)
                body = await self._remember(response)
        except TimeoutError:
            raise httpx2.ReadTimeout("no complete response in time", request=request) from None
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in _TRANSFER_HEADERS
        ]
        return httpx2.Response(response.status_code, headers=headers, content=body, request=request)

    async def _remember(self, response: httpx2.Response) -> bytes:
        """Keep the whole body, unpacked, as far as it is no longer than any of ANAF's."""
        status, headers = response.status_code, response.headers
        self.last = AnafResponse(status, headers, b"", complete=False)
        body = bytearray()
        try:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise TooLargeError(f"more than {MOST_BYTES} bytes")
        finally:
            await response.aclose()
        self.last = AnafResponse(status, headers, bytes(body))
        return bytes(body)

    def _readdressed(self, request: httpx2.Request) -> httpx2.Request:
        for constant, configured in self._origins.items():
            if _origin(request.url) == _origin(constant):
                url = request.url.copy_with(
                    scheme=configured.scheme, host=configured.host, port=configured.port
                )
                headers = request.headers.copy()
                headers["Host"] = configured.netloc.decode("ascii")
                return httpx2.Request(
                    request.method,
                    url,
                    headers=headers,
                    stream=request.stream,
                    extensions=request.extensions,
                )
        raise ForeignHostError(f"{request.url.host} is not ANAF", request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def open_http_transport(limits: httpx2.Limits | None = None) -> httpx2.AsyncHTTPTransport:
    """Open the real connections, verified against the system's authorities."""
    context = _tls_context()
    if limits is None:
        return httpx2.AsyncHTTPTransport(verify=context)
    return httpx2.AsyncHTTPTransport(verify=context, limits=limits)


@cache
def _tls_context() -> ssl.SSLContext:
    """Return the process's one TLS context: building it costs more than a call."""
    return httpx2.create_ssl_context()


@asynccontextmanager
async def open_client(
    *, settings: AnafSettings, base_url: str = API_ORIGIN, access_token: str = ""
) -> AsyncGenerator[tuple[httpx2.AsyncClient, AnafTransport]]:
    """Open a client for one call, with the Bearer token when given, closed at the end."""
    transport = AnafTransport(settings=settings)
    connect = min(_CONNECT_SECONDS, settings.timeout)
    async with httpx2.AsyncClient(
        transport=transport,
        base_url=base_url,
        headers={"Authorization": f"Bearer {access_token}"} if access_token else {},
        timeout=httpx2.Timeout(settings.timeout, connect=connect),
        follow_redirects=False,
        trust_env=False,
    ) as client:
        yield client, transport
