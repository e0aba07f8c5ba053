"""The login: its address, its tokens, and each way in which the token service fails."""

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.http import AnafSettings
from caraus.anaf.oauth import (
    Tokens,
    authorize_url,
    code_of_callback,
    exchange_code,
    hello,
    refresh_tokens,
)

from .conftest import Reply, Server, settings_for
from .samples import WAF_PAGE, body_of, signed

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACCESS_END = datetime(2026, 4, 1, 12, tzinfo=UTC)
REFRESH_END = datetime(2027, 1, 1, 12, tzinfo=UTC)
ACCESS = signed(exp=int(ACCESS_END.timestamp()), serial_certificate="0A1B2C", name="Ana Ionescu")
REFRESH = signed(exp=int(REFRESH_END.timestamp()), jti="r")
GOOD = {"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 7776000}


def _exchange(settings: AnafSettings) -> Tokens:
    return exchange_code(settings, code="one-time-code", now=NOW)


def _refresh(settings: AnafSettings) -> Tokens:
    return refresh_tokens(settings, refresh_token="old-refresh", now=NOW)


#: What each call sends and may not show.
SECRETS: dict[Any, str] = {_exchange: "one-time-code", _refresh: "old-refresh"}


def _failure(call: Any, settings: AnafSettings) -> AnafError:
    with pytest.raises(AnafError) as caught:
        call(settings)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    for secret in (SECRETS.get(call, "Bearer tok"), "very-secret", ACCESS, REFRESH):
        assert secret not in f"{error} {error!r} {error.detail}"
    return error


def test_the_address_of_the_login(settings: AnafSettings) -> None:
    parts = urlsplit(authorize_url(settings, state="s & t"))
    assert f"{parts.scheme}://{parts.netloc}" == settings.login_url
    assert parts.path == "/anaf-oauth2/v1/authorize"
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": ["client-1"],
        "redirect_uri": ["https://caraus.example/anaf/callback"],
        "token_content_type": ["jwt"],
        "state": ["s & t"],
    }


def test_the_real_login_by_default() -> None:
    settings = AnafSettings(client_id="c", client_secret="s", redirect_uri="https://x/")
    assert authorize_url(settings, state="s").startswith("https://logincert.anaf.ro/anaf-oauth2/")


def test_a_state_is_demanded(settings: AnafSettings) -> None:
    with pytest.raises(ValueError, match="state"):
        authorize_url(settings, state="")


@pytest.mark.parametrize("missing", ["client_id", "client_secret", "redirect_uri"])
def test_a_missing_configuration_is_ours_to_mend(missing: str) -> None:
    options = {"client_id": "c", "client_secret": "s", "redirect_uri": "https://x/", missing: ""}
    settings = AnafSettings(**options)  # type: ignore[arg-type]
    for call in (lambda s: authorize_url(s, state="s"), _exchange, _refresh):
        error = _failure(call, settings)
        assert error.code == "missing_configuration"


def test_a_code_becomes_tokens(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of(GOOD))
    tokens = _exchange(settings)
    assert (tokens.access_token, tokens.refresh_token) == (ACCESS, REFRESH)
    assert tokens.issued_at == NOW
    assert (tokens.access_expires_at, tokens.access_expiry_estimated) == (ACCESS_END, False)
    assert (tokens.refresh_expires_at, tokens.refresh_expiry_estimated) == (REFRESH_END, False)
    assert (tokens.certificate_serial, tokens.holder) == ("0A1B2C", "Ana Ionescu")
    (request,) = anaf.seen
    assert (request.method, request.path) == ("POST", "/anaf-oauth2/v1/token")
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")) == (
        b"client-1:very-secret"
    )
    assert parse_qs(request.body) == {
        "grant_type": ["authorization_code"],
        "code": ["one-time-code"],
        "redirect_uri": ["https://caraus.example/anaf/callback"],
        "token_content_type": ["jwt"],
    }


def test_a_refresh_is_requested_with_the_old_token(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of(GOOD))
    assert _refresh(settings).refresh_token == REFRESH
    assert parse_qs(anaf.seen[0].body)["refresh_token"] == ["old-refresh"]


def test_tokens_are_not_in_repr(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of(GOOD))
    assert "ey" not in repr(_exchange(settings))


CALLS = pytest.mark.parametrize("call", [_exchange, _refresh], ids=["exchange", "refresh"])


@CALLS
@pytest.mark.parametrize(
    ("reply", "code", "outcome"),
    [
        (Reply(500, b"{}"), "token_endpoint_down", Outcome.UNAVAILABLE),
        (Reply(502, WAF_PAGE.encode()), "token_endpoint_down", Outcome.UNAVAILABLE),
        (Reply(503), "token_endpoint_down", Outcome.UNAVAILABLE),
        (Reply(429, headers={"Retry-After": "9"}), "rate_limited", Outcome.RATE_LIMITED),
        (Reply(408), "timeout", Outcome.UNAVAILABLE),
        (Reply(302, headers={"Location": "/my.policy"}), "redirected", Outcome.BAD_RESPONSE),
        (Reply(200, WAF_PAGE.encode()), "waf_rejected", Outcome.BAD_RESPONSE),
        (Reply(400, WAF_PAGE.encode()), "waf_rejected", Outcome.BAD_RESPONSE),
        (Reply(200, b"<html>Lucrari</html>"), "html", Outcome.BAD_RESPONSE),
        (Reply(404, b"<html>Not Found</html>"), "html", Outcome.BAD_RESPONSE),
        (Reply(200, b'{"access_token": "ey'), "token_bad_response", Outcome.BAD_RESPONSE),
        (Reply(200, b'{"access_', cut=True), "cut_json", Outcome.BAD_RESPONSE),
        (Reply(200), "token_bad_response", Outcome.BAD_RESPONSE),
        (Reply(200, b"[]"), "token_bad_response", Outcome.BAD_RESPONSE),
        (Reply(200, b"null"), "token_bad_response", Outcome.BAD_RESPONSE),
        (Reply(200, b'{"error": "invalid_grant"}'), "token_bad_response", Outcome.BAD_RESPONSE),
        (Reply(200, body_of({"access_token": ACCESS})), "token_bad_response", Outcome.BAD_RESPONSE),
        (
            Reply(200, body_of({"access_token": None, "refresh_token": REFRESH})),
            "token_bad_response",
            Outcome.BAD_RESPONSE,
        ),
        (Reply(400, b'{"error": "invalid_client"}'), "invalid_client", Outcome.UNAVAILABLE),
        (Reply(401, b'{"error": "invalid_client"}'), "invalid_client", Outcome.UNAVAILABLE),
        (Reply(400, b'{"error": "unauthorized_client"}'), "invalid_client", Outcome.UNAVAILABLE),
    ],
)
def test_what_is_not_the_persons_fault_requires_nothing_of_them(
    settings: AnafSettings, anaf: Server, call: Any, reply: Reply, code: str, outcome: Outcome
) -> None:
    anaf.reply = reply
    error = _failure(call, settings)
    assert (error.code, error.outcome, error.http_status) == (code, outcome, reply.status)
    assert error.retry_after == (9 if reply.status == 429 else None)
    assert len(anaf.seen) == 1


REFUSALS = [
    (400, b'{"error": "invalid_grant"}', "code_expired"),
    (400, b'{"error": "invalid_request", "error_description": "x"}', "code_expired"),
    (400, b'{"error": "invalid_grant", "error_description": "redirect_uri"}', "invalid_grant"),
    (400, b'{"error": "invalid_scope"}', "invalid_grant"),
    (400, b"[1]", "invalid_grant"),
    (400, b"nope", "invalid_grant"),
    (400, b"", "invalid_grant"),
    (401, b"", "invalid_grant"),
    (403, b"Forbidden", "invalid_grant"),
]


@pytest.mark.parametrize(("status", "body", "code"), REFUSALS)
def test_a_refused_code_needs_the_person_again(
    settings: AnafSettings, anaf: Server, status: int, body: bytes, code: str
) -> None:
    anaf.reply = Reply(status, body)
    error = _failure(_exchange, settings)
    assert (error.code, error.outcome, error.http_status) == (code, Outcome.REAUTHORIZE, status)


@pytest.mark.parametrize(("status", "body", "code"), REFUSALS)
def test_a_refused_refresh_needs_the_person_again(
    settings: AnafSettings, anaf: Server, status: int, body: bytes, code: str
) -> None:
    anaf.reply = Reply(status, body)
    error = _failure(_refresh, settings)
    assert (error.code, error.outcome) == ("refresh_rejected", Outcome.REAUTHORIZE)


@CALLS
def test_a_secret_that_anaf_echoes_stays_out_of_the_error(
    settings: AnafSettings, anaf: Server, call: Any
) -> None:
    echo = f"bad {SECRETS[call]} very-secret {ACCESS}"
    anaf.reply = Reply(400, body_of({"error": "invalid_grant", "error_description": echo}))
    assert "bad" in _failure(call, settings).detail


@CALLS
def test_a_login_that_is_down_or_silent_is_temporary(anaf: Server, call: Any) -> None:
    anaf.reply = Reply(hang=True)
    assert _failure(call, settings_for(anaf.url, timeout=0.2)).code == "timeout"
    assert _failure(call, settings_for("http://127.0.0.1:1")).code == "refused"


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("access_denied", "", "cancelled"),
        ("access_denied", "The user denied the request", "cancelled"),
        ("access_denied", "Utilizatorul a renunțat", "cancelled"),
        ("access_denied", "Certificatul nu este inrolat", "access_denied_other"),
        ("server_error", "", "token_endpoint_down"),
        ("temporarily_unavailable", "", "token_endpoint_down"),
        ("unauthorized_client", "", "invalid_client"),
        ("invalid_request", "redirect_uri", "authorize_refused"),
        ("", "", "authorize_refused"),
    ],
)
def test_the_callbacks_error_is_named(error: str, description: str, code: str) -> None:
    assert code_of_callback(error, description) == code


HELLO = """Hello, Caraus
headers=key=Accept
val=[*/*]
key=Authorization
val=[Bearer tok]
key=serial_certificate
val=[{serial}]
key=session-id
val=[x]"""


def test_hello_gives_the_certificates_serial(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=HELLO.format(serial="0A1B").encode(), content_type="text/plain")
    assert hello(settings, access_token="tok") == "0A1B"
    assert anaf.seen[0].path.startswith("/TestOauth/jaxrs/hello?name=")
    assert anaf.seen[0].headers["Authorization"] == "Bearer tok"


def test_hello_without_a_serial_gives_its_first_line_alone(
    settings: AnafSettings, anaf: Server
) -> None:
    anaf.reply = Reply(body=HELLO.format(serial="").encode(), content_type="text/plain")
    assert hello(settings, access_token="tok") == "Hello, Caraus"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(401), "token_refused"),
        (Reply(403), "forbidden"),
        (Reply(200, WAF_PAGE.encode()), "waf_rejected"),
        (Reply(200), "empty_body"),
        (Reply(503), "http_5xx"),
    ],
)
def test_hello_fails_by_name(settings: AnafSettings, anaf: Server, reply: Reply, code: str) -> None:
    anaf.reply = reply
    error = _failure(lambda s: hello(s, access_token="tok"), settings)
    assert (error.code, error.http_status) == (code, reply.status)
