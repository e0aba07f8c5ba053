"""Names what is wrong with a response of ANAF's login: the callback's `error`, the token service.

Observed: HTTP 400 `invalid_client` (2026-06-28) and, for a bad grant, HTTP 400 `invalid_request`
(2026-07-05) where the standard (RFC 6749, 5.2) expects `invalid_grant`. No body for an expired
refresh token is known. So a 4xx of the token service means that a human is needed, with these
exceptions: the client's own credentials (ours to mend), 408 and 429, and web pages, which come
from what stands before the service and pass by themselves.
"""

from collections.abc import Callable

from caraus.anaf.errors import AnafError
from caraus.anaf.http import AnafResponse
from caraus.anaf.responses import (
    error_of_response,
    is_page,
    is_waf_page,
    retry_after_of,
    text_of_response,
)
from caraus.anaf.values import load_json, text_of, without_diacritics

#: From the token service's `error` and `error_description` (folded) to an error's code.
type RejectionCode = Callable[[str, str], str]

_OUR_FAULT = {"invalid_client", "unauthorized_client"}
_WORN_OUT = {"invalid_grant", "invalid_request"}
_CALLBACK = {
    "server_error": "token_endpoint_down",
    "temporarily_unavailable": "token_endpoint_down",
    "invalid_client": "invalid_client",
    "unauthorized_client": "invalid_client",
    "access_denied": "access_denied_other",
}
_CANCELLING = ("cancel", "anulat", "renunt", "user denied", "denied the request", "owner denied")


def code_of_callback(error: str, description: str) -> str:
    """Return the code for `?error=…&error_description=…` on the callback.

    ANAF describes neither. `access_denied` without a description, or with one that speaks of
    cancelling, counts as cancelled; with any other, ANAF refused the certificate.
    """
    name, parts = without_diacritics(error), without_diacritics(description)
    if name == "access_denied" and (not parts or any(w in parts for w in _CANCELLING)):
        return "cancelled"
    return _CALLBACK.get(name, "authorize_refused")


def code_of_exchange(error: str, description: str) -> str:
    """Return what a refused code means: too late or used, unless the callback address is in
    question."""
    if error in _WORN_OUT and "redirect" not in description:
        return "code_expired"
    return "invalid_grant"


def code_of_refresh(error: str, description: str) -> str:
    """Return what a refused refresh means: whatever ANAF calls it, a human must authorize again."""
    return "refresh_rejected"


def token_call_error(
    error: BaseException | None,
    response: AnafResponse | None,
    *,
    refused: RejectionCode,
    secrets: tuple[str, ...],
) -> AnafError | None:
    """Return the error for a token call; None for a whole 2xx response that is no web page."""
    general = error_of_response(error, response, secrets=secrets)
    if response is None or not response.complete:
        return general
    body, status = text_of_response(response), response.status
    code = _code(status, body, general, refused)
    if code is None:
        return None
    return AnafError(
        code,
        http_status=status,
        detail=general.detail if general else f"HTTP {status} {body}",
        retry_after=retry_after_of(response),
        secrets=secrets,
    )


def _code(status: int, body: str, general: AnafError | None, refused: RejectionCode) -> str | None:
    if status >= 500:
        return "token_endpoint_down"
    if is_page(body):
        return "waf_rejected" if is_waf_page(body) else "html"
    if general is None:
        return None
    if status < 400 or status in (408, 429):
        return general.code
    name, description = _error_of(body)
    return "invalid_client" if name in _OUR_FAULT else refused(name, description)


def _error_of(body: str) -> tuple[str, str]:
    """Return `error` and `error_description` of an OAuth error (RFC 6749, 5.2), folded; "" if
    absent."""
    try:
        value = load_json(body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(value, dict):
        return "", ""
    return without_diacritics(text_of(value.get("error"))), without_diacritics(
        text_of(value.get("error_description"))
    )
