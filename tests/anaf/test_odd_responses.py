"""Responses as people reported them: odd fields, other wrappers, limits and refusals in other
words, and responses without measure."""

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from caraus.anaf import http, info
from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.fields import MOST_TEXT
from caraus.anaf.http import AnafSettings
from caraus.anaf.info import CarrierRecord, fetch_info, parse_info
from caraus.anaf.records import read_record

from .conftest import Reply, Server
from .samples import SWAGGER_RECORD, body_of, record

#: Each was reported, with invented names and numbers; `right` says what must come of it.
CASES = {
    case["name"]: case
    for case in json.loads((Path(__file__).parent / "odd_answers.json").read_text("utf-8"))
}


def reply_of(case: dict[str, Any]) -> Reply:
    body = case["body"]
    raw = body.encode() if isinstance(body, str) else b"" if body is None else body_of(body)
    return Reply(case["status"], raw, case.get("content_type", "application/json"))


def poll(settings: AnafSettings) -> info.InfoResponse:
    return fetch_info(settings, access_token="tok", carrier_cui="900020201")


def failure(settings: AnafSettings) -> AnafError:
    with pytest.raises(AnafError) as caught:
        poll(settings)
    return caught.value


def odd(**changes: Any) -> CarrierRecord:
    """Return the swagger's record with some fields changed, null among them."""
    (read,) = parse_info(body_of([{**SWAGGER_RECORD, **changes}])).records
    return read


@pytest.mark.parametrize("name", ["end-dash", "end-with-zone", "start-empty-list", "wrapped"])
def test_a_reported_response_is_a_transport(
    settings: AnafSettings, anaf: Server, name: str
) -> None:
    case = CASES[name]
    anaf.reply = reply_of(case)
    (read,) = poll(settings).records
    assert (read.uit, read.plate) == ("3V0P0L0P0T3JUW46", "B101XYZ")
    assert (read.declarant_name, read.end.county) == ("Ștefănești & Fiii SRL", "IS")
    assert read.transport_date == date(2026, 11, 29)
    assert read.raw["uit"] == read.uit
    ends = {"end-dash": None}.get(name, date(2026, 12, 4))
    assert read.first_expired_day == ends
    start = {"start-empty-list": ""}.get(name, "AR")
    assert read.start.county == start
    unread = {"end-dash": {"data_exp_uit": "-"}, "start-empty-list": {"loc_start": "[]"}}
    assert read.unread == unread.get(name, {})


@pytest.mark.parametrize(
    ("name", "code", "outcome"),
    [
        ("minute-limit-200", "rate_limited", Outcome.RATE_LIMITED),
        ("no-content", "rate_limited", Outcome.RATE_LIMITED),
        ("forbidden-empty", "forbidden", Outcome.UNAVAILABLE),
    ],
)
def test_a_reported_refusal_has_its_name(
    settings: AnafSettings, anaf: Server, name: str, code: str, outcome: Outcome
) -> None:
    anaf.reply = reply_of(CASES[name])
    error = failure(settings)
    assert (error.code, error.outcome) == (code, outcome)


def test_reported_documents_are_read_out_of_their_text(
    settings: AnafSettings, anaf: Server
) -> None:
    anaf.reply = reply_of(CASES["documents-json-in-string"])
    (read,) = poll(settings).records
    assert [document.text for document in read.documents] == ["CMR 123"]


# -- odd fields ------------------------------------------------------------------------------------

#: A field's odd value, and what is kept of it: nothing more than that field is lost.
UNREAD = [
    ("data_exp_uit", "-"),
    ("data_exp_uit", "9999-12-31"),
    ("data_exp_uit", {"an": 2026}),
    ("data_exp_uit", False),
    ("data_exp_uit", "null"),
    ("data_transp", None),
    ("data_transp", ""),
    ("data_transp", "ieri"),
    ("data_transp", []),
    ("data_transp", "0001-01-01"),
    ("loc_start", []),
    ("loc_start", 7),
    ("loc_start", ["Arad", "Iași"]),
    ("loc_final", True),
    ("nr_veh", ["B1", "B2"]),
    ("nr_veh", {"nr": "B1"}),
    ("nr_rem1", {"nr": "B1"}),
    ("den_decl", {"nume": "X"}),
    ("tr_cod", ["1", "2"]),
    ("modif_veh", "da"),
    ("modif_veh", [1]),
    ("modif_veh", [[]]),
]


@pytest.mark.parametrize(("name", "value"), UNREAD)
def test_an_odd_field_is_unknown_and_the_rest_of_its_record_is_read(name: str, value: Any) -> None:
    read = odd(**{name: value})
    assert [*read.unread] == [name]
    assert read.raw[name] == value
    whole = odd()
    ours = {
        "data_exp_uit": "first_expired_day",
        "data_transp": "transport_date",
        "loc_start": "start",
        "loc_final": "end",
        "nr_veh": "plate",
        "nr_rem1": "trailer1",
        "den_decl": "declarant_name",
        "tr_cod": "carrier_cui",
        "modif_veh": "vehicle_changes",
    }[name]
    assert not getattr(read, ours) or getattr(read, ours) == info.RoutePoint()
    for field in set(CarrierRecord.__dataclass_fields__) - {ours, "raw", "unread"}:
        assert getattr(read, field) == getattr(whole, field)


@pytest.mark.parametrize(
    ("changes", "ours", "value"),
    [
        ({"nr_veh": ["B1"]}, "plate", "B1"),
        ({"nr_veh": [None, "B1"]}, "plate", "B1"),
        ({"nr_veh": 101}, "plate", "101"),
        ({"nr_veh": None}, "plate", ""),
        ({"nr_veh": []}, "plate", ""),
        ({"loc_start": None}, "start", info.RoutePoint()),
        ({"loc_start": "Arad"}, "start", info.RoutePoint(full_address="Arad")),
        ({"loc_start": '{"judet": "AR"}'}, "start", info.RoutePoint(county="AR")),
        ({"loc_start": [{"judet": "AR", "strada": None}]}, "start", info.RoutePoint(county="AR")),
        ({"loc_start": {"judet": None, "numar": 7}}, "start", info.RoutePoint(number="7")),
        ({"modif_veh": [None, {}]}, "vehicle_changes", ()),
        ({"modif_veh": {}}, "vehicle_changes", ()),
        ({"den_decl": None}, "declarant_name", ""),
        ({"uit": "3a0c 4d7e 9f1h 2j47"}, "uit", "3A0C4D7E9F1H2J47"),
    ],
)
def test_an_odd_form_that_has_one_meaning_is_understood(
    changes: dict[str, Any], ours: str, value: Any
) -> None:
    read = odd(**changes)
    assert getattr(read, ours) == value
    assert read.unread == {}


def test_a_part_of_a_place_that_is_odd_is_reported_with_its_name() -> None:
    read = odd(loc_start={"judet": {"cod": "AR"}, "localitate": "Nădlac"})
    assert (read.start.county, read.start.locality) == ("", "Nădlac")
    assert read.unread == {"loc_start.judet": '{"cod":"AR"}'}


def test_a_vehicle_change_among_nonsense_is_kept() -> None:
    read = odd(modif_veh=["x", {"nr_veh": "B2", "data_modif_veh": "2024-06-25"}])
    assert [change.plate for change in read.vehicle_changes] == ["B2"]
    assert [*read.unread] == ["modif_veh"]
    in_a_text = odd(modif_veh='[{"nr_veh": "B3", "data_modif_veh": "2024-06-25"}]')
    assert in_a_text.current_vehicle.plate == "B3"


def test_a_record_written_as_json_into_a_text_is_read() -> None:
    (read,) = parse_info(body_of([json.dumps(SWAGGER_RECORD)])).records
    assert read == read_record(SWAGGER_RECORD)


def test_a_number_longer_than_any_spoils_its_field_alone() -> None:
    body = body_of([record(ref_decl="@"), record(uit="B")]).replace(b'"@"', b"9" * 5000)
    first, second = parse_info(body).records
    assert (first.declarant_ref[:3], [*first.unread], second.uit) == ("999", ["ref_decl"], "B")


NO_TRAILER = [
    *("FARA", "FĂRĂ", "fara remorca", "NA", "N/A", "n.a.", "XX", "x", "00", "0", "-", "--", " . "),
    *("NU ARE", "null", "B0000", "b-0000", "B 0000"),
]


@pytest.mark.parametrize("nothing", NO_TRAILER)
@pytest.mark.parametrize("place", ["nr_rem1", "nr_rem2"])
def test_what_says_that_there_is_no_trailer_is_none(nothing: str, place: str) -> None:
    read = odd(**{place: nothing})
    assert (read.trailer1, read.trailer2, read.unread) == ("", "", {})
    assert read.raw[place] == nothing
    changed = odd(modif_veh=[{"nr_veh": "B0000", place: nothing}, {"nr_veh": "", place: nothing}])
    assert {(change.trailer1, change.trailer2) for change in changed.vehicle_changes} == {("", "")}


def test_a_trailer_that_stands_twice_is_one_and_real_ones_stay() -> None:
    twice = odd(nr_rem1="B77REM", nr_rem2="b 77 rem")
    assert (twice.trailer1, twice.trailer2) == ("B77REM", "")
    real = odd(nr_rem1="NA123BC", nr_rem2="XX99")
    assert (real.trailer1, real.trailer2) == ("NA123BC", "XX99")
    assert odd(nr_veh="-").plate == ""


# -- wrappers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        [SWAGGER_RECORD],
        SWAGGER_RECORD,
        {"found": [SWAGGER_RECORD]},
        {"data": {"items": [SWAGGER_RECORD]}},
        {"data": SWAGGER_RECORD},
        {"found": [SWAGGER_RECORD], "error": None, "mesaj": "", "ok": True, "total": 1},
        {"found": [SWAGGER_RECORD], "alte": []},
    ],
)
def test_a_list_in_another_wrapper_is_the_list(value: Any) -> None:
    response = parse_info(body_of(value))
    assert [read.uit for read in response.records] == [SWAGGER_RECORD["uit"]]
    assert response.digest == parse_info(body_of([SWAGGER_RECORD])).digest


def test_a_record_without_a_uit_in_a_wrapped_list_is_unreadable() -> None:
    response = parse_info(body_of({"found": [SWAGGER_RECORD, {"den_decl": "X"}]}))
    assert (len(response.records), len(response.unreadable)) == (1, 1)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({}, "unexpected_shape"),
        ({"found": []}, "unexpected_shape"),
        ({"found": [{}]}, "unexpected_shape"),
        ({"found": [{"den_decl": "X"}]}, "unexpected_shape"),
        ({"found": {"items": []}}, "unexpected_shape"),
        # Which of two is whole, and what is on the other pages, nobody knows.
        ({"a": [SWAGGER_RECORD], "b": [record(uit="B")]}, "unexpected_shape"),
        ({"found": [SWAGGER_RECORD], "total": 40}, "unexpected_shape"),
        ({"found": [SWAGGER_RECORD], "next": "/info?page=2"}, "unexpected_shape"),
        ({"found": [SWAGGER_RECORD], "error": "A aparut o eroare tehnica"}, "technical_error"),
        ({"documente": "XXX", "nr_veh": "B1"}, "unexpected_shape"),
    ],
)
def test_an_object_with_neither_a_list_nor_a_uit_is_never_an_empty_response(
    value: Any, code: str
) -> None:
    with pytest.raises(AnafError) as caught:
        parse_info(body_of(value))
    assert caught.value.code == code


# -- limits ----------------------------------------------------------------------------------------

LIMITS = [
    ("S-au facut deja 1000 de apeluri in ultimul minut", "rate_limited"),
    ("S-au făcut deja 1000 de apeluri în ultimul minut.", "rate_limited"),
    ("Ati depasit numarul maxim", "rate_limited"),
    ("Aţi depăşit numărul maxim de apeluri", "rate_limited"),
    ("A fost depasita limita de apeluri", "rate_limited"),
    ("Prea multe cereri", "rate_limited"),
    ("Too Many Requests", "rate_limited"),
    ("Ati depasit numarul maxim de interogari pe zi", "daily_limit"),
    ("S-au facut deja 1000 interogari de catre utilizator in cursul zilei", "daily_limit"),
]


@pytest.mark.parametrize(("words", "code"), LIMITS)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500, 503])
@pytest.mark.parametrize("shape", ["json", "text", "page"])
def test_a_limit_is_one_in_whatever_words_and_with_whatever_status(
    settings: AnafSettings, anaf: Server, words: str, code: str, status: int, shape: str
) -> None:
    bodies = {
        "json": body_of({"error": words}),
        "text": words.encode(),
        "page": f"<html><body><p>{words}</p></body></html>".encode(),
    }
    anaf.reply = Reply(status, bodies[shape], headers={"Retry-After": "17"})
    error = failure(settings)
    assert (error.code, error.outcome) == (code, Outcome.RATE_LIMITED)
    assert (error.http_status, error.retry_after) == (status, 17.0)


# -- bounds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_a_response_without_end_is_not_read_to_it(
    settings: AnafSettings, anaf: Server, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 100_000)
    body = b"[" + b" " * 1_000_000 + b"]"
    headers = {"Content-Encoding": "gzip"} if packed else {}
    anaf.reply = Reply(body=gzip.compress(body) if packed else body, headers=headers)
    error = failure(settings)
    assert (error.code, error.outcome, error.http_status) == (
        "too_large",
        Outcome.BAD_RESPONSE,
        200,
    )


def test_a_packed_response_is_unpacked(settings: AnafSettings, anaf: Server) -> None:
    body = body_of([SWAGGER_RECORD])
    anaf.reply = Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
    response = poll(settings)
    assert (response.body, len(response.records)) == (body, 1)


def test_more_records_than_any_carrier_has_are_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "MOST_RECORDS", 2)
    assert len(parse_info(body_of([record(uit="A"), record(uit="B")])).records) == 2
    with pytest.raises(AnafError) as caught:
        parse_info(body_of([record(uit="A"), record(uit="B"), record(uit="C")]))
    assert caught.value.code == "too_large"


LONG = "Ș" * 100_000


def test_a_long_text_is_cut_and_reported_and_the_record_kept_whole() -> None:
    read = odd(
        den_decl=LONG,
        ref_decl=LONG,
        nr_veh=LONG,
        loc_start={"adresa_completa": LONG},
        loc_final=LONG,
        documente=[{"tip": "CMR", "nr": LONG}],
        nou=LONG,
        alt={"x": LONG},
        modif_veh=[{"nr_veh": LONG, "obs": LONG}],
    )
    cut = LONG[: MOST_TEXT - 1] + "…"
    (change,) = read.vehicle_changes
    texts = [read.declarant_name, read.declarant_ref, read.plate, read.start.full_address]
    texts += [read.end.full_address, change.plate, change.note, read.extra["nou"]]
    assert texts == [cut] * len(texts)
    (document,) = read.documents
    assert len(document.text) == len(document.raw) == len(read.extra["alt"]) == MOST_TEXT
    assert {"den_decl", "loc_start.adresa_completa", "loc_final", "documente"} <= {*read.unread}
    assert {"modif_veh.nr_veh", "modif_veh.obs"} <= {*read.unread}
    assert max(map(len, read.unread.values())) <= 100
    assert read.raw["den_decl"] == LONG


def test_many_documents_and_vehicle_changes_are_bounded_and_reported() -> None:
    changes = [
        {"nr_veh": f"B{number}", "data_modif_veh": 1719612000 + number} for number in range(999)
    ]
    read = odd(documente=[f"CMR {number}" for number in range(999)], modif_veh=changes)
    assert (len(read.documents), len(read.vehicle_changes)) == (100, 200)
    assert read.current_vehicle.plate == "B998"
    assert [*read.unread] == ["modif_veh", "documente"]
