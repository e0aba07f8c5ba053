"""The judges: which answer is ANAF's verdict, which an index, and which nobody can know by."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from caraus.anaf.filings import (
    Exchange,
    UploadOutcome,
    UploadState,
    read_list,
    read_status,
    read_upload,
    readable,
)

from .samples import WAF_PAGE, body_of

NOW = datetime(2026, 11, 24, 8, 5, 7, tzinfo=UTC)
_WRAPPED = (
    "tipAssert=FailedAssert; codEroare=BR-019; localizareEroare=/eTransport; "
    "textEroare=[BR-019]-Identificatorul TREBUIE sa respecte; regula (uit = 1).; "
    "expresieValidata=matches(substring(., 15), $UIT-CHECK)"
)
TECHNICAL = "A aparut o eroare tehnica. Cod: SIM-500"


def responded(
    body: Any, status: int = 200, *, complete: bool = True, error_code: str = ""
) -> Exchange:
    raw = body if isinstance(body, bytes) else body_of(body)
    return Exchange(
        NOW, NOW, sent=True, status=status, body=raw, complete=complete, error_code=error_code
    )


def errors(*texts: str, **fields: Any) -> dict[str, Any]:
    return {"Errors": [{"errorMessage": text} for text in texts], "ExecutionStatus": 1, **fields}


@pytest.mark.parametrize("index", [7, "7", "0000000007"])
def test_an_index_is_accepted_for_processing(index: object) -> None:
    body = {
        "dateResponse": "202212231132",
        "ExecutionStatus": 0,
        "index_incarcare": index,
        "UIT": "3V0P0L0P0T3JUW46",
        "trace_id": "96cd587e",
        "ref_declarant": "CRS-1",
    }
    result = read_upload(responded(body))
    assert (result.outcome, int(result.index)) == (UploadOutcome.ACCEPTED, 7)
    assert (result.uit, result.reference) == ("3V0P0L0P0T3JUW46", "CRS-1")
    assert (result.trace_id, result.messages, result.error_code) == ("96cd587e", (), "")


def test_an_index_beside_errors_is_polled() -> None:
    result = read_upload(responded(errors("ceva", index_incarcare=7)))
    assert (result.outcome, result.messages) == (UploadOutcome.ACCEPTED, ("ceva",))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Fisierul transmis nu este valid. org.xml.sax.SAXParseException; lineNumber: 2", ""),
        ("Nu aveti drept in SPV pentru CIF=21", "no_rights_cui"),
        ("Nu exista niciun CIF petru care sa aveti drept in SPV", "no_rights_any"),
        ("Marime fisier transmis mai mare de 5 MB", ""),
        ("Valoarea acceptata pentru parametrul standard este ETRANSP", ""),
        ("CIF introdus= 123a nu este un numar", ""),
        ("Campul observatii a depasit limita de 200 de caractere", ""),
    ],
)
def test_errors_of_the_document_are_a_verdict(text: str, code: str) -> None:
    result = read_upload(responded(errors(text)))
    assert (result.outcome, result.messages) == (UploadOutcome.REFUSED, (text,))
    assert (result.index, result.error_code) == ("", code)


@pytest.mark.parametrize(
    "body",
    [
        errors(TECHNICAL),
        errors("Fisierul nu este valid", TECHNICAL),
        errors("S-au facut deja 1000 de apeluri in ultimul minut"),
        errors("S-au facut deja 1000 interogari de catre utilizator in cursul zilei"),
        errors("Serviciul este indisponibil"),
        errors("Fisierul nu este valid", ExecutionStatus=0),
        errors(""),
        errors(),
        {"error": "Fisierul nu este valid"},
        {"ExecutionStatus": 0},
        {"ExecutionStatus": 1},
        {"index_incarcare": None},
        {"index_incarcare": 0},
        {"index_incarcare": -1},
        {"index_incarcare": True},
        {"index_incarcare": "x"},
        {"index_incarcare": [7]},
        [{"index_incarcare": 7}],
        "ok",
        b"",
        b'{"index_incarcare": 7',
        b"<html><body>ok</body></html>",
        WAF_PAGE.encode(),
        b"\xff\xfe",
    ],
    ids=range(24),
)
def test_anything_else_is_unknown(body: Any) -> None:
    result = read_upload(responded(body))
    assert result.outcome is UploadOutcome.UNKNOWN
    assert result.index == ""
    assert result.error_code


@pytest.mark.parametrize("status", [201, 204, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503])
@pytest.mark.parametrize("body", [errors("Fisierul nu este valid"), {"index_incarcare": 7}])
def test_another_status_than_200_is_no_verdict(status: int, body: Any) -> None:
    assert read_upload(responded(body, status)).outcome is UploadOutcome.UNKNOWN
    assert read_status(responded({"stare": "nok"}, status)).state is UploadState.REQUEST_FAILED
    assert not read_list(responded({"mesaje": []}, status)).whole


def test_a_body_that_broke_off_is_no_verdict() -> None:
    cut = responded(errors("Fisierul nu este valid"), complete=False)
    assert read_upload(cut).outcome is UploadOutcome.UNKNOWN
    assert read_upload(cut).error_code == "network"


def test_what_was_not_sent_is_not_sent() -> None:
    exchange = Exchange(NOW, NOW, sent=False, error_code="dns")
    result = read_upload(exchange)
    assert (result.outcome, result.error_code) == (UploadOutcome.NOT_SENT, "dns")
    assert read_status(exchange).state is UploadState.REQUEST_FAILED
    assert not read_list(exchange).whole


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"stare": "ok", "ExecutionStatus": 0}, UploadState.OK),
        ({"stare": " OK "}, UploadState.OK),
        ({"stare": "in prelucrare"}, UploadState.PROCESSING),
        ({"stare": "în prelucrare"}, UploadState.PROCESSING),
        (
            {"stare": "XML cu erori nepreluat de sistem", "ExecutionStatus": 0},
            UploadState.NOT_TAKEN,
        ),
        (errors("UIT-ul nu poate fi identificat.", stare="nok"), UploadState.REFUSED),
        ({"stare": "nok"}, UploadState.REFUSED),
    ],
)
def test_each_state_of_the_swagger(body: Any, state: UploadState) -> None:
    result = read_status(responded(body))
    assert (result.state, result.error_code) == (state, "")
    assert result.messages == tuple(item["errorMessage"] for item in body.get("Errors", []))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (errors("Nu exista declaratia de transport cu id_incarcare= 1"), "unknown_error"),
        (errors("Nu aveti dreptul de inteorgare pentru id_incarcare= 1"), "no_rights_cui"),
        (errors("Nu exista niciun CIF petru care sa aveti drept"), "no_rights_any"),
        (
            errors(
                "S-au facut deja 100 de verificari, pentru id-incarcare solicitat, in cursul zilei"
            ),
            "daily_limit",
        ),
        (errors("ceva", stare="ok"), "unknown_error"),
        ({"stare": "gata"}, "unexpected_shape"),
        ({"stare": None}, "unexpected_shape"),
        ({}, "unexpected_shape"),
        (b"", "empty_body"),
        (WAF_PAGE.encode(), "waf_rejected"),
    ],
)
def test_a_request_that_failed_is_no_verdict(body: Any, code: str) -> None:
    result = read_status(responded(body))
    assert (result.state, result.error_code) == (UploadState.REQUEST_FAILED, code)


ROW = {
    "tip": "MVH",
    "stare": "OK",
    "uit": "3V0P0L0P0T3JUW46",
    "cod_decl": "900010100",
    "ref_decl": "CRS-1",
    "post_avarie": "N",
    "sursa": "A",
    "id_incarcare": "0000000007",
    "data_creare": "20261124100507",
    "data_modif_veh": "2026-11-24T10:05:00",
    "nr_veh": "CJ77XYZ",
    "nr_rem2": "B02REM",
}


def test_a_row_of_lista() -> None:
    (row,) = read_list(responded({"mesaje": [ROW], "ExecutionStatus": 0})).rows
    assert (row.kind, row.accepted, row.uit) == ("MVH", True, "3V0P0L0P0T3JUW46")
    assert (row.declared_by, row.reference, row.index) == ("900010100", "CRS-1", "7")
    assert (row.source, row.post_outage, row.messages) == ("A", False, ())
    assert row.created_at == datetime(2026, 11, 24, 8, 5, 7, tzinfo=UTC)
    assert row.changed_at == datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
    assert (row.plate, row.trailer1, row.trailer2) == ("CJ77XYZ", "", "B02REM")
    assert row.raw == ROW


def test_a_row_with_errors_and_one_of_the_swagger_of_2022() -> None:
    words = "Nu a fost identificat UIT-ul printre notificarile valide anterioare."
    bad = {"tip": "MVH", "stare": "ERR", "mesaje": [{"tip": "ERR", "mesaj": words}]}
    old = {"cod_decl": 8000000000, "data_creare": "ieri", "post_avarie": "D", "mesaje": []}
    result = read_list(responded({"mesaje": [bad, old]}))
    assert result.whole
    assert [(row.accepted, row.messages) for row in result.rows] == [(False, (words,)), (None, ())]
    assert (result.rows[1].created_at, result.rows[1].post_outage) == (None, True)
    assert (result.rows[1].declared_by, result.rows[1].uit) == ("8000000000", "")


@pytest.mark.parametrize(
    ("body", "whole", "rows"),
    [
        ({"mesaje": []}, True, 0),
        (errors("Nu exista mesaje in ultimele 1 zile"), True, 0),
        (errors("Nu exista mesaje in ultimele 1 zile", mesaje=[ROW]), False, 1),
        (errors(TECHNICAL), False, 0),
        (errors(TECHNICAL, mesaje=[ROW]), False, 1),
        ({"mesaje": [ROW, "stricat", None]}, False, 1),
        ({"mesaje": {"uit": "x"}}, False, 0),
        ({}, False, 0),
        ([ROW], False, 0),
        (b"", False, 0),
    ],
    ids=range(10),
)
def test_only_from_a_whole_list_follows_that_a_row_is_missing(
    body: Any, whole: bool, rows: int
) -> None:
    result = read_list(responded(body))
    assert (result.whole, len(result.rows)) == (whole, rows)
    assert bool(result.error_code) is not whole


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            _WRAPPED,
            "Identificatorul TREBUIE sa respecte; regula (uit = 1).",
        ),
        ("tipAssert=E; codEroare=ERRIdentif; textEroare=CUI incorect", "CUI incorect"),
        ("UIT-ul nu poate fi identificat.", "UIT-ul nu poate fi identificat."),
        ("textEroare=", "textEroare="),
        ("", ""),
    ],
)
def test_the_sentence_in_a_wrapped_message(message: str, text: str) -> None:
    assert readable(message) == text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda items: (
        st.lists(items, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Errors", "errorMessage", "index_incarcare", "stare", "mesaje", "x"]),
            items,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@example(value={"Errors": False}, status=200, complete=True)
@example(value={"Errors": [{"errorMessage": 0}]}, status=200, complete=True)
@given(value=_JSON, status=st.sampled_from([200, 200, 204, 401, 502]), complete=st.booleans())
def test_no_response_is_a_false_verdict(value: Any, status: int, complete: bool) -> None:
    exchange = responded(json.dumps(value).encode(), status, complete=complete)
    is_object = complete and status == 200 and isinstance(value, dict)
    upload, stare = read_upload(exchange), read_status(exchange)
    read_list(exchange)
    if upload.outcome is UploadOutcome.REFUSED:
        assert is_object
        assert value["Errors"]
    if upload.outcome is UploadOutcome.ACCEPTED:
        assert is_object
        assert int(value["index_incarcare"]) > 0
    if stare.state is not UploadState.REQUEST_FAILED:
        assert is_object
        assert isinstance(value["stare"], str)


@given(body=st.binary(max_size=60))
def test_no_bytes_break_the_judges(body: bytes) -> None:
    exchange = responded(body)
    read_upload(exchange)
    read_status(exchange)
    read_list(exchange)
