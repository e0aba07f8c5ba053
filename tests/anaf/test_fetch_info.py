"""`info` over a real socket: what is requested, and each way in which it fails."""

import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.http import AnafSettings
from caraus.anaf.info import InfoResponse, fetch_info

from .conftest import Reply, Server, settings_for
from .samples import WAF_PAGE, body_of, record, signed

NOW = datetime(2024, 6, 25, 12, tzinfo=UTC)


def _poll(settings: AnafSettings, token: str = "secret-1") -> InfoResponse:
    return fetch_info(settings, access_token=token, carrier_cui="RO8000000000", now=NOW)


def _failure(settings: AnafSettings, token: str = "secret-1") -> AnafError:
    with pytest.raises(AnafError) as caught:
        _poll(settings, token)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert token not in f"{error} {error!r} {error.detail}"
    return error


def test_the_records_of_a_good_response_come_back(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of([record()]))
    response = _poll(settings)
    assert [r.uit for r in response.records] == ["3A0C4D7E9F1H2J47"]
    assert response.received_at == NOW
    assert response.body == anaf.reply.body
    assert anaf.seen[0].path == "/prod/ETRANSPORT/ws/v1/info?cui_op=8000000000"


def test_the_test_environment_has_a_path_of_its_own(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=b"[]")
    _poll(replace(settings, environment="test"))
    assert anaf.seen[0].path.startswith("/test/ETRANSPORT/ws/v1/info")


def test_a_bad_record_that_the_library_refuses_does_not_stop_its_neighbours(
    settings: AnafSettings, anaf: Server
) -> None:
    anaf.reply = Reply(body=body_of([record(), "stricat", record(uit="B", loc_start=7)]))
    response = _poll(settings)
    assert [(read.uit, [*read.unread]) for read in response.records] == [
        ("3A0C4D7E9F1H2J47", []),
        ("B", ["loc_start"]),
    ]
    assert [bad.raw for bad in response.unreadable] == ['"stricat"']


def test_it_works_from_a_thread(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of([record()]))
    responses: list[InfoResponse] = []
    threads = [threading.Thread(target=lambda: responses.append(_poll(settings))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(responses) == 4


def test_an_empty_note_is_an_empty_response(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of({"error": "Nu exista informatii pentru aceasta solicitare"}))
    response = _poll(settings)
    assert response.records == ()
    assert response.empty_note.startswith("Nu exista")


@pytest.mark.parametrize(
    ("reply", "code", "outcome"),
    [
        (Reply(500, b"oops"), "http_5xx", Outcome.UNAVAILABLE),
        (Reply(502, WAF_PAGE.encode()), "http_5xx", Outcome.UNAVAILABLE),
        (Reply(503), "http_5xx", Outcome.UNAVAILABLE),
        (Reply(200, WAF_PAGE.encode()), "waf_rejected", Outcome.BAD_RESPONSE),
        (Reply(403, WAF_PAGE.encode()), "waf_rejected", Outcome.BAD_RESPONSE),
        (Reply(200, b"<html><p>x</p></html>"), "html", Outcome.BAD_RESPONSE),
        (Reply(200, b'[{"uit": "3A'), "cut_json", Outcome.BAD_RESPONSE),
        (Reply(200, b'[{"uit":', cut=True), "cut_json", Outcome.BAD_RESPONSE),
        (Reply(200), "empty_body", Outcome.BAD_RESPONSE),
        (Reply(204), "rate_limited", Outcome.RATE_LIMITED),
        (Reply(200, b"{}"), "unexpected_shape", Outcome.BAD_RESPONSE),
        (Reply(401), "token_refused", Outcome.REAUTHORIZE),
        (Reply(403, b"Forbidden"), "forbidden", Outcome.UNAVAILABLE),
        (Reply(403), "forbidden", Outcome.UNAVAILABLE),
        (Reply(403, b"<html>403</html>"), "forbidden", Outcome.UNAVAILABLE),
        (
            Reply(403, body_of({"status": 403, "error": "Forbidden", "path": "/info"})),
            "forbidden",
            Outcome.UNAVAILABLE,
        ),
        (Reply(404, b"{}"), "client_error", Outcome.BAD_RESPONSE),
        (Reply(408), "timeout", Outcome.UNAVAILABLE),
        (Reply(429), "rate_limited", Outcome.RATE_LIMITED),
        (
            Reply(400, body_of({"status": 400, "error": "Bad Request", "message": "Parametrul"})),
            "bad_request",
            Outcome.BAD_RESPONSE,
        ),
        (
            Reply(403, body_of({"error": "Nu aveti drept in SPV pentru CIF=1"})),
            "no_rights_cui",
            Outcome.NO_RIGHTS,
        ),
    ],
)
def test_each_failure_has_its_name(
    settings: AnafSettings, anaf: Server, reply: Reply, code: str, outcome: Outcome
) -> None:
    anaf.reply = reply
    error = _failure(settings)
    assert (error.code, error.outcome) == (code, outcome)
    assert error.http_status == reply.status
    assert len(anaf.seen) == 1


def test_a_refused_connection() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        error = _failure(settings_for(f"http://127.0.0.1:{listener.getsockname()[1]}"))
    assert (error.code, error.http_status) == ("refused", None)
    assert error.outcome is Outcome.UNAVAILABLE
    assert error.retryable


def test_a_name_that_does_not_exist() -> None:
    error = _failure(settings_for("https://anaf.invalid"))
    assert error.code == "dns"


def test_a_server_that_does_not_speak_tls(anaf: Server) -> None:
    assert _failure(settings_for(anaf.url.replace("http://", "https://"))).code == "tls"


def test_a_connection_closed_without_a_response() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            authorization, _ = listening.accept()
            with authorization:
                authorization.recv(65536)

        thread = threading.Thread(target=hang_up)
        thread.start()
        error = _failure(settings_for(f"http://127.0.0.1:{listening.getsockname()[1]}"))
        thread.join()
    assert error.code == "network"


@pytest.mark.parametrize(
    "reply", [Reply(hang=True), Reply(body=b"[" + b" " * 200, drip=True)], ids=["silent", "drip"]
)
def test_a_slow_response_ends_in_time(anaf: Server, reply: Reply) -> None:
    anaf.reply = reply
    began = time.monotonic()
    error = _failure(settings_for(anaf.url, timeout=0.3))
    assert error.code == "timeout"
    assert time.monotonic() - began < 30  # the server would wait for 60


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("17", 17.0), ("", None), ("soon", None), ("-5", None), ("9" * 30, None)],
)
def test_retry_after_in_seconds(
    settings: AnafSettings, anaf: Server, header: str, seconds: float | None
) -> None:
    anaf.reply = Reply(429, headers={"Retry-After": header})
    assert _failure(settings).retry_after == seconds


def test_retry_after_as_a_date(settings: AnafSettings, anaf: Server) -> None:
    later = datetime.now(UTC) + timedelta(seconds=60)
    anaf.reply = Reply(429, headers={"Retry-After": format_datetime(later, usegmt=True)})
    wait = _failure(settings).retry_after
    assert wait is not None
    assert 50 < wait <= 60


@pytest.mark.parametrize("status", [200, 429, 403])
def test_the_daily_limit_is_learnt_whatever_the_status(
    settings: AnafSettings, anaf: Server, status: int
) -> None:
    note = "S-au facut deja 1000 interogari de catre utilizator in cursul zilei"
    anaf.reply = Reply(status, body_of({"Errors": [{"errorMessage": note}]}))
    error = _failure(settings)
    assert (error.code, error.limit, error.http_status) == ("daily_limit", 1000, status)


@pytest.mark.parametrize("token", [signed(exp=1), "opaque.token"])
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_token_that_anaf_echoes_stays_out_of_the_error(
    settings: AnafSettings, anaf: Server, token: str, status: int
) -> None:
    anaf.reply = Reply(status, f"oops {token} Bearer {token}".encode(), "text/plain")
    assert "oops" in _failure(settings, token).detail


@pytest.mark.parametrize("token", ["", "with space", "line\nbreak", "ăâî"])
def test_a_token_that_cannot_be_sent_is_not_sent(
    settings: AnafSettings, anaf: Server, token: str
) -> None:
    with pytest.raises(AnafError) as caught:
        _poll(settings, token)
    assert caught.value.code == "token_refused"
    assert anaf.seen == []


def test_a_cui_that_is_no_number_is_not_requested(settings: AnafSettings, anaf: Server) -> None:
    with pytest.raises(AnafError) as caught:
        fetch_info(settings, access_token="tok", carrier_cui="ABC")
    assert caught.value.code == "bad_cui"
    assert anaf.seen == []
