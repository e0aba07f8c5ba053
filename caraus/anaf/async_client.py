"""Connections to ANAF's services that stay open: one TLS handshake serves many requests."""

from types import TracebackType
from typing import Self

import httpx2

from caraus.anaf.errors import AnafError
from caraus.anaf.http import (
    API_ORIGIN,
    AnafResponse,
    AnafSettings,
    AnafTransport,
    open_http_transport,
)
from caraus.anaf.responses import error_of_response
from caraus.anaf.tokens import is_sendable
from caraus.anaf.values import normalized_cui

_CONNECT_SECONDS = 10.0
# A little under what servers keep an idle connection for, so that none is used as it closes.
_IDLE_SECONDS = 4.0


class AsyncAnafClient:
    """A client of ANAF's services for one event loop; an async context manager.

    Everything that `http.py` promises holds: one sending per call, no redirects, no proxies, no
    other host, one deadline for the whole call.
    """

    def __init__(self, settings: AnafSettings, *, connections: int = 100) -> None:
        self._settings = settings
        limits = httpx2.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=_IDLE_SECONDS,
        )
        self._http = open_http_transport(limits)
        self._base = f"{API_ORIGIN}/{settings.environment}/ETRANSPORT/ws/v1"
        self._timeout = httpx2.Timeout(
            settings.timeout, connect=min(_CONNECT_SECONDS, settings.timeout)
        ).as_dict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def request_info(self, *, access_token: str, carrier_cui: str) -> AnafResponse:
        """Return the whole 2xx response to „which active UITs have this carrier?”, unread.

        Raises AnafError for anything else.
        """
        cui = normalized_cui(carrier_cui)
        if not (cui.isascii() and cui.isdecimal()):
            raise AnafError("bad_cui", detail=cui)
        if not is_sendable(access_token):
            raise AnafError("token_refused", detail="no usable access token")
        error, response = await self._get(f"{self._base}/info?cui_op={cui}", access_token)
        failure = error_of_response(error, response, secrets=(access_token,))
        # Raised outside any except: the library's error, which may quote the body, stays behind.
        if failure is not None:
            raise failure
        if response is None:
            raise AnafError("network")
        return response

    async def _get(
        self, url: str, access_token: str
    ) -> tuple[httpx2.HTTPError | None, AnafResponse | None]:
        transport = AnafTransport(settings=self._settings, http_transport=self._http)
        request = httpx2.Request(
            "GET",
            url,
            headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json"},
            extensions={"timeout": self._timeout},
        )
        try:
            await transport.handle_async_request(request)
        except httpx2.HTTPError as error:
            return error, transport.last
        return None, transport.last
