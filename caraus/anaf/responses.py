"""Names what is wrong with a response of ANAF, or with its absence. Pure, but for the clock.

`error_of_response` is for statuses and broken connections, `error_of_body` for bodies that hold
no data. Both return the error for the caller to raise.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from caraus.anaf.errors import AnafError
from caraus.anaf.http import AnafResponse, ForeignHostError, TooLargeError
from caraus.anaf.values import load_json, text_of, without_diacritics

_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
_WAF_MARKS = ("request rejected", "the requested url was rejected")
_DAILY = re.compile(r"s-au facut deja (\d{1,9}) .*\bzi")
_CALLS = "(?:apeluri|interogari|cereri|accesari)"
#: Any other telling of a limit, folded: of a minute unless it speaks of a day.
_LIMIT = re.compile(
    r"s-au facut deja \d{1,9} |(?:depasit|atins)\w* (?:numar|limit)"
    rf"|limita (?:maxima )?de {_CALLS}|numar(?:ul)? maxim de {_CALLS}|prea multe {_CALLS}"
    r"|too many requests|rate limit|quota exceeded"
)
_OF_A_DAY = re.compile(r"\b(?:zi|zile|zilei|ziua|zilnic\w*|azi|astazi|day|daily)\b")
_MOST_OF_A_PAGE = 100_000
_EMPTY_NOTE = "nu exista informatii"
#: ANAF's wordings, folded, from the `info` and `lista` swaggers of 07.2024 and 2022.
_WORDINGS = (
    ("nu exista niciun cif", "no_rights_any"),
    ("nu aveti drept", "no_rights_cui"),
    ("nu este un numar", "bad_cui"),
    ("eroare tehnica", "technical_error"),
    ("este obligatoriu", "bad_request"),
    ("bad request", "bad_request"),
)
#: What a body says more precisely than a 4xx status.
_TELLING = {code for _, code in _WORDINGS} | {"daily_limit", "rate_limited", "waf_rejected"}
_LIMITS = {"daily_limit", "rate_limited"}
_NO_CONTENT = 204
_BY_STATUS = {400: "bad_request", 403: "forbidden", 408: "timeout", 429: "rate_limited"}
_MESSAGE_KEYS = ("error", "errors", "eroare", "erori", "errormessage", "message", "mesaj")


def error_of_response(
    error: BaseException | None, response: AnafResponse | None, *, secrets: tuple[str, ...] = ()
) -> AnafError | None:
    """Return the error for a call that got no whole response, or one whose status is no success.

    None for a whole 2xx response but 204, by which ANAF says that a limit is reached (Odoo's own
    client reads it so). Other bodies are read for ANAF's known wordings first: a limit is one with
    whatever status. `secrets` are kept out of the detail wherever ANAF echoes them.
    """
    if response is None or not response.complete:
        return _error_of_break(error, response)
    status = response.status
    if 200 <= status < 300 and status != _NO_CONTENT:
        return None
    body = text_of_response(response)
    return AnafError(
        _code_of_status(response),
        http_status=status,
        detail=f"HTTP {status} {_where_to(response)} {body}",
        retry_after=retry_after_of(response),
        limit=daily_limit_of(body),
        secrets=secrets,
        server_date=response.server_date,
    )


def _code_of_status(response: AnafResponse) -> str:
    status = response.status
    if status == _NO_CONTENT:
        return "rate_limited"
    named = error_of_body(text_of_response(response)).code
    if named in _LIMITS:
        return named
    if status >= 500:
        return "http_5xx"
    if status < 400:
        return "redirected"
    if status == 401:
        return "token_refused"
    if named in _TELLING:
        return named
    return _BY_STATUS.get(status, "client_error")


def _error_of_break(error: BaseException | None, response: AnafResponse | None) -> AnafError:
    chain = list(_causes(error))
    status = response.status if response else None
    texts = {str(cause): f"{type(cause).__name__}: {cause}" for cause in reversed(chain)}
    detail = " < ".join(reversed(texts.values()))
    return AnafError(
        _code_of_break(chain, response),
        http_status=status,
        detail=detail,
        server_date=response.server_date if response else "",
    )


def _code_of_break(chain: list[BaseException], response: AnafResponse | None) -> str:
    kinds: tuple[tuple[type[BaseException], str], ...] = (
        (ForeignHostError, "foreign_host"),
        (TooLargeError, "too_large"),
        (httpx2.TimeoutException, "timeout"),
        (socket.gaierror, "dns"),
        (ssl.SSLError, "tls"),
        (ConnectionRefusedError, "refused"),
    )
    for kind, code in kinds:
        if any(isinstance(cause, kind) for cause in chain):
            return code
    if response is not None:
        return "cut_json"
    connecting = any(isinstance(cause, httpx2.ConnectError) for cause in chain)
    return "no_route" if connecting and _is_unreachable(chain) else "network"


def _is_unreachable(chain: list[BaseException]) -> bool:
    return any("unreachable" in str(cause).lower() for cause in chain)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, its causes, and the members of groups, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions


def retry_after_of(response: AnafResponse) -> float | None:
    """Return the seconds to wait by the Retry-After header (a number or a date); None when it says
    nothing."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value) if len(value) < 10 else None
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _where_to(response: AnafResponse) -> str:
    """Return a redirect's target without its query, which may hold a secret."""
    target = response.headers.get("Location", "")
    return f"-> {target.partition('?')[0]}" if target else ""


def text_of_response(response: AnafResponse) -> str:
    """Return the body as text; see `decode`."""
    return text_of_body(response.body, content_type=response.content_type)


def text_of_body(body: bytes, *, content_type: str = "") -> str:
    """Decode a body by the charset it names, else as UTF-8; never fails, unknown bytes become
    „�”."""
    named = _CHARSET.search(content_type)
    try:
        text = body.decode(named.group(1) if named else "utf-8", errors="replace")
    except (LookupError, ValueError):
        text = body.decode("utf-8", errors="replace")
    return text.removeprefix("\ufeff").strip()


def is_waf_page(text: str) -> bool:
    """Return whether this is the F5 firewall's „Request Rejected” page (seen with HTTP 200)."""
    head = text[:4096].lower()
    return text.startswith("<") and any(mark in head for mark in _WAF_MARKS)


def is_page(text: str) -> bool:
    """Return whether this is a web page rather than data."""
    head = text[:1024].lower()
    return (head.startswith("<") and not head.startswith("<?xml")) or "<html" in head[:200]


def daily_limit_of(text: str) -> int | None:
    """Return N of „S-au facut deja N interogari … in cursul zilei”, else None."""
    match = _DAILY.search(without_diacritics(text[:4096]))
    return int(match.group(1)) if match else None


def empty_note_of(value: Any) -> str:
    """Return ANAF's words for „nothing to show”, when the object says only that; else ""."""
    notes = _messages(value)
    return (
        "; ".join(notes)
        if notes and all(_EMPTY_NOTE in without_diacritics(n) for n in notes)
        else ""
    )


def trace_id_of(value: Any) -> str:
    """Return ANAF's `trace_id` in a JSON object, else ""."""
    return text_of(value.get("trace_id")) if isinstance(value, dict) else ""


def error_of_body(text: str) -> AnafError:
    """Return the error for a body that is not the list it should be. `text` is stripped. `text` is
    stripped."""
    if not text:
        return AnafError("empty_body")
    if is_waf_page(text):
        return AnafError("waf_rejected", detail=re.sub(r"<[^>]*>", " ", text[:_MOST_OF_A_PAGE]))
    if is_page(text):
        text = re.sub(r"<[^>]*>", " ", text[:_MOST_OF_A_PAGE])
        return _limit_in(text) or AnafError("html", detail=text)
    try:
        value = load_json(text)
    except (ValueError, RecursionError):
        return _error_of_text(text)
    notes = _messages(value)
    return (
        _error_of_messages(notes, "unknown_error")
        if notes
        else AnafError("unexpected_shape", detail=text)
    )


def _error_of_text(text: str) -> AnafError:
    """Return the error for no JSON: cut off when it began as JSON, else perhaps one of ANAF's notes
    as plain text."""
    if text[0] in '[{"':
        return AnafError("cut_json", detail=f"{len(text)} … {text[-200:]}")
    return _error_of_messages([text], "unexpected_shape")


def _error_of_messages(notes: list[str], otherwise: str) -> AnafError:
    text = "; ".join(notes)
    if limit := _limit_in(text):
        return limit
    plain = without_diacritics(text[:4096])
    code = next((code for wording, code in _WORDINGS if wording in plain), otherwise)
    return AnafError(code, detail=text)


def _limit_in(text: str) -> AnafError | None:
    """Return the error for words that name a limit of calls, a day's or a minute's."""
    if (limit := daily_limit_of(text)) is not None:
        return AnafError("daily_limit", detail=text, limit=limit)
    plain = without_diacritics(text[:4096])
    if not _LIMIT.search(plain):
        return None
    return AnafError("daily_limit" if _OF_A_DAY.search(plain) else "rate_limited", detail=text)


def _messages(value: Any) -> list[str]:
    """Yield the texts of an error object: `error`, `Errors: [{errorMessage}]`, `eroare` and the
    like."""
    if not isinstance(value, dict):
        return []
    messages = [item for key, item in value.items() if key.lower() in _MESSAGE_KEYS]
    return [text for item in messages for text in _texts(item)]


def _texts(item: Any) -> list[str]:
    if isinstance(item, list):
        return [text for part in item for text in _texts(part)]
    if isinstance(item, dict):
        return _messages(item) or [text_of(item)]
    text = text_of(item)
    return [text] if text else []
