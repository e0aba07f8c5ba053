"""ANAF's login: the address to send a person to, the tokens, and what went wrong with either.

Source: ANAF's OAuth procedure of 23.06.2022. A code lives 60 seconds (p. 33); the access token 90
days, the refresh token 365; each refresh hands out both anew, and both must be saved (p. 29).
"""

import json
import re
from datetime import UTC, datetime

import httpx2

from caraus.anaf import login_responses
from caraus.anaf.errors import AnafError
from caraus.anaf.http import API_ORIGIN, LOGIN_ORIGIN, AnafSettings
from caraus.anaf.login_responses import code_of_callback
from caraus.anaf.rate_limit import call_context
from caraus.anaf.requests import AnafCall, send_once, successful_response
from caraus.anaf.responses import error_of_body, is_page, text_of_response
from caraus.anaf.tokens import Tokens, is_sendable, read_tokens

__all__ = [
    "Tokens",
    "authorize_url",
    "code_of_callback",
    "exchange_code",
    "hello",
    "refresh_tokens",
]

_HELLO_SERIAL = re.compile(
    r"key\s*=\s*serial_certificate\s+val\s*=\s*\[\s*([^\]\s]+)", re.IGNORECASE
)
_HELLO_NAME = "Caraus"


def authorize_url(settings: AnafSettings, *, state: str) -> str:
    """Return where to send a person's browser; ANAF echoes `state` to the callback.

    Raises AnafError `missing_configuration`, and ValueError for an empty state.
    """
    _check_configured(settings)
    if not state:
        raise ValueError("an authorization needs a state")
    from anafpy.auth import oauth  # with pydantic, which only who logs in needs

    url = oauth.build_authorize_url(settings.client_id, settings.redirect_uri, state=state)
    return settings.login_url.rstrip("/") + url.removeprefix(LOGIN_ORIGIN)


def exchange_code(settings: AnafSettings, *, code: str, now: datetime | None = None) -> Tokens:
    """Exchange the callback's code for tokens, at once: it lives 60 seconds and works once.

    `now` (UTC) replaces the clock for `issued_at`. Raises AnafError: REAUTHORIZE when ANAF refuses
    the code, UNAVAILABLE or BAD_RESPONSE when its service fails or we are misconfigured.
    """
    _check_configured(settings)
    if not code:
        raise AnafError("invalid_grant", detail="no code")

    from anafpy.auth import oauth

    async def call(http: httpx2.AsyncClient) -> object:
        return await oauth.exchange_code(
            http,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            code=code,
            redirect_uri=settings.redirect_uri,
        )

    return _tokens(call, settings, secret=code, refused=login_responses.code_of_exchange, now=now)


def refresh_tokens(
    settings: AnafSettings, *, refresh_token: str, now: datetime | None = None
) -> Tokens:
    """Get both tokens anew, without a certificate. Save both: the old one may be dead already.

    `now` (UTC) replaces the clock for `issued_at`. Raises AnafError: REAUTHORIZE when ANAF refuses
    (4xx), RATE_LIMITED for 429, UNAVAILABLE or BAD_ANSWER for what may pass by itself, a page with
    whatever status below 500 among them: it is not the token service that speaks there.
    """
    _check_configured(settings)
    if not refresh_token:
        raise AnafError("refresh_rejected", detail="no refresh token")

    from anafpy.auth import oauth

    async def call(http: httpx2.AsyncClient) -> object:
        return await oauth.refresh_tokens(
            http,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            refresh_token=refresh_token,
        )

    return _tokens(
        call, settings, secret=refresh_token, refused=login_responses.code_of_refresh, now=now
    )


def hello(settings: AnafSettings, *, access_token: str) -> str:
    """Call TestOauth, which any token may (OAuth procedure, pp. 3 and 31).

    Returns the certificate's serial that it echoes, or its first line when there is none.
    Raises AnafError.
    """
    if not is_sendable(access_token):
        raise AnafError("token_refused", detail="no usable access token")
    with call_context():
        response = successful_response(
            lambda http: http.get("TestOauth/jaxrs/hello", params={"name": _HELLO_NAME}),
            settings=settings,
            access_token=access_token,
        )
        text = text_of_response(response)
        if not text or is_page(text):
            error = error_of_body(text)
            error.http_status = response.status
            raise error
    serial = _HELLO_SERIAL.search(text)
    # The response echoes the Bearer token further down: nothing but its first line leaves here.
    return serial.group(1) if serial else text.splitlines()[0].replace(access_token, "")[:200]


def _check_configured(settings: AnafSettings) -> None:
    if not (settings.client_id and settings.client_secret and settings.redirect_uri):
        raise AnafError("missing_configuration")


def _tokens(
    call: AnafCall,
    settings: AnafSettings,
    *,
    secret: str,
    refused: login_responses.RejectionCode,
    now: datetime | None,
) -> Tokens:
    """Make one call to the token service, judged by its response: anafpy's error lacks the
    status."""
    error, response = send_once(call, settings=settings, base_url=API_ORIGIN)
    secrets = (secret, settings.client_secret)
    failure = login_responses.token_call_error(error, response, refused=refused, secrets=secrets)
    if failure is not None or response is None:
        raise failure or AnafError("network")
    tokens = _read(text_of_response(response), now or datetime.now(UTC))
    if tokens is None:
        raise AnafError("token_bad_response", http_status=response.status, detail="no two tokens")
    return tokens


def _read(text: str, issued_at: datetime) -> Tokens | None:
    try:
        return read_tokens(json.loads(text), issued_at=issued_at)
    except (ValueError, RecursionError):
        return None
