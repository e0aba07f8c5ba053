"""Filing with ANAF: one request, and what came back before anybody judges it.

Source: ANAF's e-Transport API text of 29.07.2024 (UPLOAD v2, STARE, LISTA). A request is sent once,
over a connection of its own, so that it meets no connection that is just being closed. Nothing here
raises for what ANAF or the network does: an upload that may have arrived must leave a trace.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from caraus.anaf.errors import AnafError
from caraus.anaf.http import API_ORIGIN, AnafResponse, AnafSettings, AnafTransport
from caraus.anaf.rate_limit import call_context
from caraus.anaf.responses import (
    error_of_body,
    error_of_response,
    retry_after_of,
    text_of_body,
    trace_id_of,
)
from caraus.anaf.tokens import is_sendable
from caraus.anaf.values import load_json, normalized_cui, without_diacritics

_CONNECT_SECONDS = 10.0
_VERSION = 2
MOST_DAYS = 60
#: What a limit of calls is recognized by, folded; a verdict may speak of limits of another kind.
LIMIT_WORDS = ("s-au facut deja", "apeluri", "interogari", "too many requests", "rate limit")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, to be stored as they are and judged later (`filings.py`).

    `sent` is False only where it is proven that no byte of the request left. `error_code` names, by
    `errors.ERRORS`, what keeps the response from being a whole JSON object with a 2xx status; ""
    for one that is. `server_date` is the HTTP header `Date`. Moments are UTC.
    """

    began_at: datetime
    ended_at: datetime
    sent: bool
    status: int | None = None
    content_type: str = ""
    server_date: str = ""
    body: bytes = field(default=b"", repr=False)
    complete: bool = False
    error_code: str = ""
    detail: str = ""
    retry_after: float | None = None

    @property
    def text(self) -> str:
        """The response as text."""
        return text_of_body(self.body, content_type=self.content_type)

    @property
    def trace_id(self) -> str:
        """ANAF's `trace_id`, "" where it gave none."""
        try:
            return trace_id_of(load_json(self.text))
        except (ValueError, RecursionError):
            return ""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    cui: str
    content: bytes | None = None


def upload(settings: AnafSettings, *, access_token: str, cui: str, xml: bytes) -> Exchange:
    """Send a declaration for processing, with the right in SPV for the company `cui`."""
    code = normalized_cui(cui)
    path = f"upload/ETRANSP/{code}/{_VERSION}"
    return _exchange(settings, access_token, _Request("POST", path, code, xml))


def request_status(settings: AnafSettings, *, access_token: str, cui: str, index: str) -> Exchange:
    """Request how far the upload `index` is (at most 100 times a day, swagger stare)."""
    if not (index.isascii() and index.isdecimal()):
        raise ValueError(f"no load index: {index!r}")
    return _exchange(
        settings, access_token, _Request("GET", f"stareMesaj/{index}", normalized_cui(cui))
    )


def list_filings(settings: AnafSettings, *, access_token: str, cui: str, days: int) -> Exchange:
    """Request what the company declared in the last days (1000 times a day per certificate)."""
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"lista knows 1 to {MOST_DAYS} days, not {days}")
    code = normalized_cui(cui)
    return _exchange(settings, access_token, _Request("GET", f"lista/{days}/{code}", code))


def _exchange(settings: AnafSettings, access_token: str, request: _Request) -> Exchange:
    began_at = datetime.now(UTC)
    refusal = _refusal(access_token, request)
    exchange: Exchange | None = None
    try:
        if refusal is not None:
            raise refusal
        with call_context(request.cui):
            exchange, failure = asyncio.run(_send(settings, access_token, request, began_at))
            if failure is not None:
                raise failure
    except AnafError as error:
        return exchange or _not_sent(began_at, error)
    except Exception:
        # An error of the code that counts calls must not lose a response of ANAF.
        if exchange is None:
            raise
    return exchange


def _refusal(access_token: str, request: _Request) -> AnafError | None:
    if not (request.cui.isascii() and request.cui.isdecimal()):
        return AnafError("bad_cui", detail=request.cui)
    if not is_sendable(access_token):
        return AnafError("token_refused", detail="no usable access token")
    return None


def _not_sent(began_at: datetime, error: AnafError) -> Exchange:
    return Exchange(
        began_at,
        datetime.now(UTC),
        sent=False,
        error_code=error.code,
        detail=error.detail,
        retry_after=error.retry_after,
    )


async def _send(
    settings: AnafSettings, access_token: str, request: _Request, began_at: datetime
) -> tuple[Exchange, AnafError | None]:
    """Send once. Give the error too that the counter of calls must see."""
    events: set[str] = set()

    async def trace(event: str, _info: dict[str, Any]) -> None:
        events.add(event.partition(".")[2])

    transport = AnafTransport(settings=settings)
    error: httpx2.HTTPError | None = None
    try:
        await transport.handle_async_request(_http_request(settings, access_token, request, trace))
    except httpx2.HTTPError as caught:
        error = caught
    finally:
        await transport.aclose()
    response = transport.last
    failure = error_of_response(error, response, secrets=(access_token,)) or _unreadable(response)
    exchange = Exchange(
        began_at,
        datetime.now(UTC),
        # The library reports the first write before it begins.
        sent="send_request_headers.started" in events,
        status=response.status if response else None,
        content_type=response.content_type if response else "",
        server_date=response.server_date if response else "",
        # The body is kept and shown to people, so a token that ANAF echoes is taken out of it.
        body=response.body.replace(access_token.encode(), b"***") if response else b"",
        complete=response is not None and response.complete,
        error_code=failure.code if failure else "",
        detail=failure.detail if failure else "",
        retry_after=retry_after_of(response) if response else None,
    )
    return exchange, failure or _limit_in(exchange)


def _http_request(
    settings: AnafSettings, access_token: str, request: _Request, trace: object
) -> httpx2.Request:
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    if request.content is not None:
        headers["Content-Type"] = "application/xml"
    # Connecting ends well before the deadline of the whole call, which would leave its socket open.
    timeout = httpx2.Timeout(settings.timeout, connect=min(_CONNECT_SECONDS, settings.timeout / 2))
    return httpx2.Request(
        request.method,
        f"{API_ORIGIN}/{settings.environment}/ETRANSPORT/ws/v1/{request.path}",
        headers=headers,
        content=request.content,
        extensions={"timeout": timeout.as_dict(), "trace": trace},
    )


def _unreadable(response: AnafResponse | None) -> AnafError | None:
    """Return the error for a whole 2xx response that is no JSON object."""
    if response is None:
        return AnafError("network")
    text = text_of_body(response.body, content_type=response.content_type)
    try:
        if isinstance(load_json(text), dict):
            return None
    except (ValueError, RecursionError):
        pass
    return error_of_body(text)


def _limit_in(exchange: Exchange) -> AnafError | None:
    """Return the limit of a minute, which a good response may name: all calls have to wait."""
    error = error_of_body(exchange.text)
    is_limit = error.code == "rate_limited" and any(
        words in without_diacritics(error.detail) for words in LIMIT_WORDS
    )
    return error if is_limit else None
