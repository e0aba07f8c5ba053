"""Filing with the simulated ANAF over real HTTP: what each fault comes to, and what was sent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from caraus.anaf.filings import (
    Exchange,
    UploadOutcome,
    UploadState,
    VehicleChangeDocument,
    build_vehicle_change,
    key_of,
    list_filings,
    new_reference,
    read_list,
    read_status,
    read_upload,
    readable,
    request_status,
    upload,
)
from caraus.anaf.http import AnafSettings
from caraus.anaf.info import fetch_info
from tests.official import schema_errors, schematron_errors
from tests.simulator_process import SimulatorProcess

from .conftest import settings_for

CARRIER = "900010100"
#: Seconds after which the processing is over, which takes 120 here: no slow machine gets there.
PROCESSED = 121
NOON = datetime.fromisoformat("2026-07-15T12:00:00+03:00")


@pytest.fixture(scope="session")
def token(simulator_process: SimulatorProcess) -> str:
    simulator_process.reset()  # whatever the test before this module left
    return str(simulator_process.tokens("three")["access_token"])


class Filing:
    """A UIT of the carrier in the simulator, and the requests about it."""

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
        return request_status(self.settings, access_token=self.token, cui=CARRIER, index=index)

    def listed(self) -> Exchange:
        return list_filings(self.settings, access_token=self.token, cui=CARRIER, days=1)

    def references(self) -> list[str]:
        """Return the references of the changes that `info` shows."""
        response = fetch_info(self.settings, access_token=self.token, carrier_cui=CARRIER)
        (record,) = (record for record in response.records if record.uit == self.uit)
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
    assert processing.state is UploadState.PROCESSING
    assert filing.references() == []
    filing.simulator.advance(seconds=PROCESSED)
    assert read_status(filing.status(result.index)).state is UploadState.OK
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


def test_a_refusal_is_reported_by_the_state_and_by_lista_in_anafs_words(filing: Filing) -> None:
    index = read_upload(filing.upload(uit="3V0P0L0P0T3JUW46")).index
    filing.simulator.advance(seconds=PROCESSED)
    result = read_status(filing.status(index))
    assert (result.state, result.messages) == (
        UploadState.REFUSED,
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
    assert read_status(filing.status(index)).state is UploadState.NOT_TAKEN


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
def test_a_response_that_does_not_come_in_time_is_unknown(
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
    assert (failed.state, failed.error_code) == (UploadState.REQUEST_FAILED, code)
    assert read_status(filing.status(index)).state is UploadState.OK


def test_the_requests_of_a_day_run_out_without_a_verdict(filing: Filing) -> None:
    filing.simulator.limits(stare_per_day=1)
    index = read_upload(filing.upload()).index
    assert read_status(filing.status(index)).state is UploadState.PROCESSING
    result = read_status(filing.status(index))
    assert (result.state, result.error_code) == (UploadState.REQUEST_FAILED, "daily_limit")


def test_a_list_that_lags_is_whole_and_empty(filing: Filing) -> None:
    filing.simulator.turn_on("lista_lags", seconds=60)
    filing.upload()
    filing.simulator.advance(seconds=PROCESSED)
    assert (read_list(filing.listed()).whole, read_list(filing.listed()).rows) == (True, ())
    filing.simulator.advance(seconds=60)
    assert [row.reference for row in read_list(filing.listed()).rows] == [filing.reference]
