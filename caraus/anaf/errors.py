"""The errors of a call to ANAF: codes, outcomes, and what is known for diagnosis. No texts.

The texts that people read stand in `caraus.authorizations.anaf_errors`, by code. Sources: ANAF's
OAuth procedure of 23.06.2022 (pp. 2-3, 29, 33), the `info` swagger of 07.2024, and dated
observations: the firewall page with HTTP 200, the login wall's 302, and HTTP 400 `invalid_client`
(2026-06-28) and `invalid_request` (2026-07-05) of the token service.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Outcome(StrEnum):
    """How a request to ANAF ended: the state in which a sync or a token refresh ends."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    BAD_RESPONSE = "bad_response"
    NO_RIGHTS = "no_rights"
    REAUTHORIZE = "reauthorize"


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """What follows from an error. `retryable`: the same call may succeed later by itself."""

    outcome: Outcome
    retryable: bool


#: Every error by its code.
ERRORS = MappingProxyType(
    {
        "refused": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "timeout": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "network": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "no_route": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "dns": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "tls": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "foreign_host": ErrorClass(Outcome.UNAVAILABLE, retryable=False),
        "http_5xx": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "technical_error": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "waf_rejected": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "html": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "cut_json": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "too_large": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "empty_body": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "unexpected_shape": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "unknown_error": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "redirected": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "rate_limited": ErrorClass(Outcome.RATE_LIMITED, retryable=True),
        "daily_limit": ErrorClass(Outcome.RATE_LIMITED, retryable=True),
        "no_rights_any": ErrorClass(Outcome.NO_RIGHTS, retryable=False),
        "no_rights_cui": ErrorClass(Outcome.NO_RIGHTS, retryable=False),
        "forbidden": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "token_refused": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "token_refused_anew": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "bad_cui": ErrorClass(Outcome.BAD_RESPONSE, retryable=False),
        "bad_request": ErrorClass(Outcome.BAD_RESPONSE, retryable=False),
        "unexpected": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "client_error": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "cancelled": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "access_denied_other": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "authorize_refused": ErrorClass(Outcome.UNAVAILABLE, retryable=False),
        "code_expired": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "invalid_grant": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "invalid_client": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "token_endpoint_down": ErrorClass(Outcome.UNAVAILABLE, retryable=True),
        "token_bad_response": ErrorClass(Outcome.BAD_RESPONSE, retryable=True),
        "no_etransport_role": ErrorClass(Outcome.UNAVAILABLE, retryable=False),
        "refresh_rejected": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "never_authorized": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "disconnected": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "not_for_company": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "token_unreadable": ErrorClass(Outcome.REAUTHORIZE, retryable=False),
        "missing_configuration": ErrorClass(Outcome.UNAVAILABLE, retryable=False),
    }
)

_DETAIL_LENGTH = 500
_MASK = "•••"
_SECRETS = (
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;<>\]]+", re.IGNORECASE), rf"\1 {_MASK}"),
    (
        re.compile(
            r"\b((?:access_|refresh_|id_)?token|client_secret|code|session-(?:id|key))"
            r"(\"?\s*[=:]\s*\"?)[^\s\"&,;<>]+",
            re.IGNORECASE,
        ),
        rf"\1\2{_MASK}",
    ),
    (re.compile(r"\bey[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*"), _MASK),
    (re.compile(r"[A-Za-z0-9_+=~-]{40,}"), _MASK),
)


def masked(text: str, *, secrets: Iterable[str] = ()) -> str:
    """Return one line of at most 500 characters, with what may be a token replaced by dots.

    Masks the given `secrets` wherever they stand, Bearer and Basic credentials, values named like
    tokens, JWTs, and any unbroken run of 40 characters or more (a trace id has 36).
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, _MASK)
    # A cut leaves room for what masking shortens, and bounds the work on a large body.
    text = text[: _DETAIL_LENGTH * 20]
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= _DETAIL_LENGTH else text[: _DETAIL_LENGTH - 1] + "…"


class AnafError(Exception):
    """A call to ANAF that gave nothing usable. `code`, a key of `ERRORS`, is all that `str` says.

    `retry_after`: the seconds to wait that ANAF demanded. `http_status`: None when no response
    came. `detail`: short technical text for diagnosis, masked. `limit`: the daily number of calls
    that ANAF named in „S-au facut deja N interogari … in cursul zilei”. `server_date`: the HTTP
    header `Date` of the response, if one came.
    """

    def __init__(
        self,
        code: str,
        *,
        http_status: int | None = None,
        detail: str = "",
        retry_after: float | None = None,
        limit: int | None = None,
        secrets: Iterable[str] = (),
        server_date: str = "",
    ) -> None:
        super().__init__(code)
        self.code = code
        self.outcome = ERRORS[code].outcome
        self.retryable = ERRORS[code].retryable
        self.http_status = http_status
        self.detail = masked(detail, secrets=secrets)
        self.retry_after = retry_after
        self.limit = limit
        self.server_date = server_date
