"""Filing with the simulated ANAF over real HTTP: what each fault comes to, and what was sent."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from caraus.anaf import door
from caraus.anaf.errors import AnafError
from caraus.anaf.filings import (
    Exchange,
    FilingState,
    UploadOutcome,
    VehicleChangeDocument,
    build_vehicle_change,
    key_of,
    list_filings,
    new_reference,
    read_list,
    read_status,
    read_upload,
    readable,
    status,
    upload,
)
from caraus.anaf.http import AnafSettings
from caraus.anaf.info import fetch_info
from tests.official import schema_errors, schematron_errors
from tests.simulator_process import SimulatorProcess

from .conftest import Reply, Server, settings_for
from .samples import WAF_PAGE, body_of

CARRIER = "900010100"
#: Seconds after which the processing is over, which takes 120 here: no slow machine gets there.
PROCESSED = 121
NOON = datetime.fromisoformat("2026-07-15T12:00:00+03:00")


@pytest.fixture(scope="session")
def token(simulator_process: SimulatorProcess) -> str:
    return str(simulator_process.tokens("three")["access_token"])


class Filing:
    """A UIT of the carrier in the simulator, and what can be asked about it."""

    def __init__(self, simulator: SimulatorProcess, token: str) -> None:
        self.simulator = simulator
        self.settings = settings_for(simulator.url)
        self.token = token
        self.reference = new_reference(now=NOON)
        simulator.reset()
        simulator.set_clock(NOON.isoformat())
        simulator.limits(processing_seconds=120)
        added = simulator.add_uit(
            CARRIER, cod_decl=900100003, data_transp="2026-07-15", nr_rem1="B01REM"
        )
        self.uit = str(added["uit"])

    def document(self, **changes: Any) -> VehicleChangeDocument:
        document = VehicleChangeDocument(
            declarant_cui=CARRIER,
            uit=self.uit,
            plate="CJ 77 XYZ",
            moment=datetime.fromisoformat("2026-07-15T12:30:00+03:00"),
            reference=self.reference,
            note="pană",
        )
        return replace(document, **changes)

    def upload(self, settings: AnafSettings | None = None, **changes: Any) -> Exchange:
        xml = build_vehicle_change(self.document(**changes))
        assert (schema_errors(xml), schematron_errors(xml)) == ([], [])
        return upload(settings or self.settings, access_token=self.token, cui=CARRIER, xml=xml)

    def status(self, index: str) -> Exchange:
        return status(self.settings, access_token=self.token, cui=CARRIER, index=index)

    def listed(self) -> Exchange:
        return list_filings(self.settings, access_token=self.token, cui=CARRIER, days=1)

    def references(self) -> list[str]:
        """The references of the changes that `info` shows."""
        answer = fetch_info(self.settings, access_token=self.token, carrier_cui=CARRIER)
        (record,) = (record for record in answer.records if record.uit == self.uit)
        return [change.reference for change in record.vehicle_changes]


@pytest.fixture
def filing(simulator_process: SimulatorProcess, token: str) -> Filing:
    return Filing(simulator_process, token)


def test_a_change_is_accepted_processed_and_shown(filing: Filing) -> None:
    exchange = filing.upload()
    result = read_upload(exchange)
    assert (result.outcome, result.uit) == (UploadOutcome.ACCEPTED, filing.uit)
    assert (result.reference, result.messages) == (filing.reference, ())
    assert result.trace_id
    assert (exchange.sent, exchange.status, exchange.complete) == (True, 200, True)
    assert b'"index_incarcare"' in exchange.body
    assert exchange.server_date.endswith("GMT")
    assert exchange.began_at <= exchange.ended_at
    assert exchange.began_at.tzinfo is UTC
    processing = read_status(filing.status(result.index))
    assert processing.state is FilingState.PROCESSING
    assert filing.references() == []
    filing.simulator.advance(seconds=PROCESSED)
    assert read_status(filing.status(result.index)).state is FilingState.OK
    assert filing.references() == [filing.reference]
    (row,) = read_list(filing.listed()).rows
    assert (row.kind, row.accepted, row.uit) == ("MVH", True, filing.uit)
    assert (row.reference, row.index, row.declared_by) == (filing.reference, result.index, CARRIER)
    assert (row.plate, row.trailer1, row.changed_at) == ("CJ77XYZ", "", filing.document().moment)


def test_the_users_own_reference_comes_back_before_ours(filing: Filing) -> None:
    reference = new_reference(now=NOON, own="CMD 4711")
    filing.upload(reference=reference)
    filing.simulator.advance(seconds=PROCESSED)
    assert filing.references() == [reference]
    assert [key_of(row.reference) for row in read_list(filing.listed()).rows] == [reference[-30:]]


def test_a_refusal_is_told_by_the_state_and_by_lista_in_anafs_words(filing: Filing) -> None:
    index = read_upload(filing.upload(uit="3V0P0L0P0T3JUW46")).index
    filing.simulator.advance(seconds=PROCESSED)
    result = read_status(filing.status(index))
    assert (result.state, result.messages) == (
        FilingState.REFUSED,
        ("UIT-ul nu poate fi identificat.",),
    )
    (row,) = read_list(filing.listed()).rows
    assert (row.accepted, row.reference, row.index) == (False, filing.reference, index)
    assert row.messages[0].startswith("Nu a fost identificat UIT-ul")


def test_a_wrapped_sentence_is_kept_whole_and_readable(filing: Filing) -> None:
    words = "tipAssert=FailedAssert; codEroare=BR-031; textEroare=[BR-031]-Numar gresit."
    filing.simulator.turn_on("upload_nok", text=words)
    index = read_upload(filing.upload()).index
    filing.simulator.advance(seconds=PROCESSED)
    (message,) = read_status(filing.status(index)).messages
    assert (message, readable(message)) == (words, "Numar gresit.")


def test_a_file_that_was_not_taken(filing: Filing) -> None:
    filing.simulator.turn_on("upload_xml_error", endpoint="upload")
    index = read_upload(filing.upload()).index
    filing.simulator.advance(seconds=PROCESSED)
    assert read_status(filing.status(index)).state is FilingState.NOT_TAKEN


def test_no_right_is_a_refusal_at_the_upload(filing: Filing) -> None:
    filing.simulator.turn_on("no_rights_cui", endpoint="upload")
    result = read_upload(filing.upload())
    assert (result.outcome, result.error_code) == (UploadOutcome.REFUSED, "no_rights_cui")
    assert result.messages == (f"Nu aveti drept in SPV pentru CIF={CARRIER}",)


@pytest.mark.parametrize(
    ("scenario", "options", "code", "effect"),
    [
        ("upload_lost_before", {}, "network", False),
        ("upload_lost_after", {}, "network", True),
        ("upload_502_after", {}, "http_5xx", True),
        ("upload_html_after", {}, "waf_rejected", True),
        ("cut_json", {}, "cut_json", True),
        ("html_rejected", {}, "waf_rejected", False),
        ("my_policy", {}, "redirected", False),
        ("down_502", {}, "http_5xx", False),
        ("down_503", {}, "http_5xx", False),
        ("empty_body", {}, "empty_body", False),
        ("rate_limited", {"seconds": 7}, "rate_limited", False),
        ("rate_limited_bare", {}, "rate_limited", False),
        ("token_refused", {}, "token_refused", False),
        ("forbidden", {}, "forbidden", False),
        ("upload_errors", {}, "technical_error", False),
        ("raw_answer", {"status": 204, "body": None}, "rate_limited", False),
        ("raw_answer", {"body": {"ok": True}}, "unexpected_shape", False),
        ("raw_answer", {"body": [{"index_incarcare": 7}]}, "unexpected_shape", False),
        ("raw_answer", {"body": "Ok", "content_type": "text/plain"}, "unexpected_shape", False),
    ],
)
def test_whatever_else_goes_wrong_after_the_first_byte_is_unknown(
    filing: Filing, scenario: str, options: dict[str, Any], code: str, effect: bool
) -> None:
    filing.simulator.turn_on(scenario, endpoint="upload", **options)
    exchange = filing.upload()
    result = read_upload(exchange)
    assert (result.outcome, result.error_code) == (UploadOutcome.UNKNOWN, code)
    assert exchange.sent
    assert exchange.retry_after == options.get("seconds")
    assert len(filing.simulator.calls("upload")) == 1
    filing.simulator.advance(seconds=PROCESSED)
    assert filing.references() == [filing.reference] * effect
    assert [row.reference for row in read_list(filing.listed()).rows] == filing.references()


def test_json_as_plain_text_is_read(filing: Filing) -> None:
    filing.simulator.turn_on("text_json", endpoint="upload")
    assert read_upload(filing.upload()).outcome is UploadOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("scenario", "options"), [("timeout", {}), ("upload_lost_after", {"how": "silence"})]
)
def test_an_answer_that_does_not_come_in_time_is_unknown(
    filing: Filing, scenario: str, options: dict[str, str]
) -> None:
    filing.simulator.turn_on(scenario, endpoint="upload", **options)
    exchange = filing.upload(replace(filing.settings, timeout=1.0))
    result = read_upload(exchange)
    assert (result.outcome, result.error_code) == (UploadOutcome.UNKNOWN, "timeout")
    assert (exchange.sent, exchange.status, exchange.body) == (True, None, b"")


@pytest.mark.parametrize(
    ("scenario", "options", "code"),
    [
        ("stare_fails", {}, "unknown_error"),
        ("daily_limit", {}, "daily_limit"),
        ("down_503", {}, "http_5xx"),
        ("html_rejected", {}, "waf_rejected"),
        ("cut_json", {}, "cut_json"),
        ("token_refused", {}, "token_refused"),
        ("rate_limited", {}, "rate_limited"),
        ("empty_body", {}, "empty_body"),
    ],
)
def test_a_request_of_the_state_that_fails_says_nothing(
    filing: Filing, scenario: str, options: dict[str, Any], code: str
) -> None:
    index = read_upload(filing.upload()).index
    filing.simulator.advance(seconds=PROCESSED)
    filing.simulator.turn_on(scenario, endpoint="stareMesaj", times=1, **options)
    failed = read_status(filing.status(index))
    assert (failed.state, failed.error_code) == (FilingState.REQUEST_FAILED, code)
    assert read_status(filing.status(index)).state is FilingState.OK


def test_the_requests_of_a_day_run_out_without_a_verdict(filing: Filing) -> None:
    filing.simulator.limits(stare_per_day=1)
    index = read_upload(filing.upload()).index
    assert read_status(filing.status(index)).state is FilingState.PROCESSING
    result = read_status(filing.status(index))
    assert (result.state, result.error_code) == (FilingState.REQUEST_FAILED, "daily_limit")


def test_a_list_that_lags_is_whole_and_empty(filing: Filing) -> None:
    filing.simulator.turn_on("lista_lags", seconds=60)
    filing.upload()
    filing.simulator.advance(seconds=PROCESSED)
    assert (read_list(filing.listed()).whole, read_list(filing.listed()).rows) == (True, ())
    filing.simulator.advance(seconds=60)
    assert [row.reference for row in read_list(filing.listed()).rows] == [filing.reference]


def test_the_request_is_the_documented_one(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of({"index_incarcare": 7}))
    xml = "<a>ș</a>".encode()
    upload(settings, access_token="tok", cui="RO900010100", xml=xml)
    status(settings, access_token="tok", cui=CARRIER, index="7")
    list_filings(settings, access_token="tok", cui=CARRIER, days=60)
    sent, asked, listed = anaf.seen
    assert (sent.method, sent.path) == (
        "POST",
        f"/prod/ETRANSPORT/ws/v1/upload/ETRANSP/{CARRIER}/2",
    )
    assert (sent.headers["Content-Type"], sent.body) == ("application/xml", "<a>ș</a>")
    assert sent.headers["Content-Length"] == str(len(xml))
    assert {seen.headers["Authorization"] for seen in anaf.seen} == {"Bearer tok"}
    assert asked.path == "/prod/ETRANSPORT/ws/v1/stareMesaj/7"
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
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        exchange = send(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert outcome(exchange) == (UploadOutcome.NOT_SENT, "refused")


def test_a_name_that_does_not_exist_was_not_sent() -> None:
    assert outcome(send("https://anaf.invalid")) == (UploadOutcome.NOT_SENT, "dns")


def test_a_server_without_tls_was_sent_nothing(anaf: Server) -> None:
    exchange = send(anaf.url.replace("http://", "https://"))
    assert outcome(exchange) == (UploadOutcome.NOT_SENT, "tls")
    assert anaf.seen == []


@contextmanager
def listening(handle: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that does with its one connection what it is given."""
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


def test_a_connection_closed_without_an_answer_is_unknown() -> None:
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
def test_an_answer_of_no_use_is_unknown(anaf: Server, reply: Reply, code: str) -> None:
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
        status(settings, access_token="t", cui=CARRIER, index=index)


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

    door.guard(shut)
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
    seen: list[str | None] = []

    @contextmanager
    def counting(cui: str) -> Iterator[None]:
        try:
            yield
        except AnafError as error:
            seen.append(error.code)
            raise
        seen.append(None)

    door.guard(counting)
    anaf.reply = reply
    send(anaf.url)
    assert seen == [code]


def test_an_answer_survives_who_counts_the_calls(anaf: Server) -> None:
    @contextmanager
    def forgetful(cui: str) -> Iterator[None]:
        yield
        raise RuntimeError("no database")

    door.guard(forgetful)
    anaf.reply = Reply(body=body_of({"index_incarcare": 7}))
    assert outcome(send(anaf.url)) == (UploadOutcome.ACCEPTED, "")
