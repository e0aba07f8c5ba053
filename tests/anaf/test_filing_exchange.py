"""One request of filing over a real socket: what is sent, and what is proven not to be."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from caraus.anaf import rate_limit
from caraus.anaf.errors import AnafError
from caraus.anaf.filings import (
    Exchange,
    UploadOutcome,
    list_filings,
    read_upload,
    request_status,
    upload,
)
from caraus.anaf.http import AnafSettings

from .conftest import Reply, Server, settings_for
from .samples import WAF_PAGE, body_of

CARRIER = "900010100"


def test_the_request_is_the_documented_one(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of({"index_incarcare": 7}))
    xml = "<a>ș</a>".encode()
    upload(settings, access_token="tok", cui="RO900010100", xml=xml)
    request_status(settings, access_token="tok", cui=CARRIER, index="7")
    list_filings(settings, access_token="tok", cui=CARRIER, days=60)
    sent, requested, listed = anaf.seen
    assert (sent.method, sent.path) == (
        "POST",
        f"/prod/ETRANSPORT/ws/v1/upload/ETRANSP/{CARRIER}/2",
    )
    assert (sent.headers["Content-Type"], sent.body) == ("application/xml", "<a>ș</a>")
    assert sent.headers["Content-Length"] == str(len(xml))
    assert {request.headers["Authorization"] for request in anaf.seen} == {"Bearer tok"}
    assert requested.path == "/prod/ETRANSPORT/ws/v1/stareMesaj/7"
    assert listed.path == f"/prod/ETRANSPORT/ws/v1/lista/60/{CARRIER}"


def test_the_test_environment_has_paths_of_its_own(settings: AnafSettings, anaf: Server) -> None:
    upload(replace(settings, environment="test"), access_token="t", cui=CARRIER, xml=b"<a/>")
    assert anaf.seen[0].path.startswith("/test/ETRANSPORT/ws/v1/upload/")


def send(url: str, *, timeout: float = 5.0, cui: str = CARRIER, token: str = "tok") -> Exchange:
    return upload(settings_for(url, timeout=timeout), access_token=token, cui=cui, xml=b"<a/>")


def outcome(exchange: Exchange) -> tuple[UploadOutcome, str]:
    result = read_upload(exchange)
    return result.outcome, result.error_code


def test_a_refused_connection_was_not_sent() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        exchange = send(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert outcome(exchange) == (UploadOutcome.NOT_SENT, "refused")


def test_a_name_that_does_not_exist_was_not_sent() -> None:
    assert outcome(send("https://anaf.invalid")) == (UploadOutcome.NOT_SENT, "dns")


def test_a_server_without_tls_was_sent_nothing(anaf: Server) -> None:
    exchange = send(anaf.url.replace("http://", "https://"))
    assert outcome(exchange) == (UploadOutcome.NOT_SENT, "tls")
    assert anaf.seen == []


@contextmanager
def listening(handle: Callable[[socket.socket], object]) -> Iterator[str]:
    """Run a server that does with its one connection what it is given."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                handle(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_handshake_that_does_not_end_was_not_sent() -> None:
    ended = threading.Event()
    with listening(lambda _connection: ended.wait(10)) as address:
        exchange = send(f"https://{address}", timeout=1.0)
        ended.set()
    assert outcome(exchange) == (UploadOutcome.NOT_SENT, "timeout")


def _hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


def test_a_connection_closed_without_a_response_is_unknown() -> None:
    with listening(_hang_up) as address:
        exchange = send(f"http://{address}")
    assert outcome(exchange) == (UploadOutcome.UNKNOWN, "network")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(body=b'{"index_incarcare": 7}', cut=True), "cut_json"),
        (Reply(401), "token_refused"),
        (Reply(403, WAF_PAGE.encode()), "waf_rejected"),
        (Reply(500, body_of({"index_incarcare": 7})), "http_5xx"),
        (Reply(400, body_of({"Errors": [{"errorMessage": "gresit"}]})), "bad_request"),
    ],
)
def test_a_response_of_no_use_is_unknown(anaf: Server, reply: Reply, code: str) -> None:
    anaf.reply = reply
    assert outcome(send(anaf.url)) == (UploadOutcome.UNKNOWN, code)
    assert len(anaf.seen) == 1


@pytest.mark.parametrize(
    ("cui", "token", "code"),
    [("ABC", "tok", "bad_cui"), ("", "tok", "bad_cui"), (CARRIER, "a b", "token_refused")],
)
def test_what_cannot_be_sent_is_not_sent(anaf: Server, cui: str, token: str, code: str) -> None:
    assert outcome(send(anaf.url, cui=cui, token=token)) == (UploadOutcome.NOT_SENT, code)
    assert anaf.seen == []


@pytest.mark.parametrize("index", ["", "7a", "-7"])
def test_an_index_that_is_none_is_a_mistake_of_the_program(
    settings: AnafSettings, index: str
) -> None:
    with pytest.raises(ValueError, match="no load index"):
        request_status(settings, access_token="t", cui=CARRIER, index=index)


@pytest.mark.parametrize("days", [0, 61])
def test_days_that_lista_does_not_know_are_a_mistake_of_the_program(
    settings: AnafSettings, days: int
) -> None:
    with pytest.raises(ValueError, match="lista knows 1 to 60 days"):
        list_filings(settings, access_token="t", cui=CARRIER, days=days)


def test_an_echoed_token_is_not_kept(anaf: Server) -> None:
    anaf.reply = Reply(500, b"oops tok-en Bearer tok-en", "text/plain")
    exchange = send(anaf.url, token="tok-en")
    assert "tok-en" not in f"{exchange.detail} {exchange.text} {exchange!r}"
    assert "oops" in exchange.text


def test_who_counts_the_calls_may_forbid_one(anaf: Server) -> None:
    @contextmanager
    def shut(cui: str) -> Iterator[None]:
        raise AnafError("rate_limited", retry_after=9, detail=cui)
        yield

    rate_limit.set_limiter(shut)
    exchange = send(anaf.url)
    assert outcome(exchange) == (UploadOutcome.NOT_SENT, "rate_limited")
    assert (exchange.retry_after, exchange.detail) == (9, CARRIER)
    assert anaf.seen == []


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(503), "http_5xx"),
        (Reply(200, WAF_PAGE.encode()), "waf_rejected"),
        (Reply(429), "rate_limited"),
        (
            Reply(
                body=body_of(
                    {"Errors": [{"errorMessage": "S-au facut deja 1000 de apeluri pe minut"}]}
                )
            ),
            "rate_limited",
        ),
        (Reply(body=body_of({"index_incarcare": 7})), None),
        (Reply(body=body_of({"Errors": [{"errorMessage": "gresit"}]})), None),
        (Reply(body=body_of({"Errors": [{"errorMessage": "A depasit limita de 200"}]})), None),
    ],
)
def test_who_counts_the_calls_sees_how_each_went(
    anaf: Server, reply: Reply, code: str | None
) -> None:
    certificates: list[str | None] = []

    @contextmanager
    def counting(cui: str) -> Iterator[None]:
        try:
            yield
        except AnafError as error:
            certificates.append(error.code)
            raise
        certificates.append(None)

    rate_limit.set_limiter(counting)
    anaf.reply = reply
    send(anaf.url)
    assert certificates == [code]


def test_a_response_survives_who_counts_the_calls(anaf: Server) -> None:
    @contextmanager
    def forgetful(cui: str) -> Iterator[None]:
        yield
        raise RuntimeError("no database")

    rate_limit.set_limiter(forgetful)
    anaf.reply = Reply(body=body_of({"index_incarcare": 7}))
    assert outcome(send(anaf.url)) == (UploadOutcome.ACCEPTED, "")
