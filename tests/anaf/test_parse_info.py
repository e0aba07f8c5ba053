"""Bodies of `info`: the shapes of the swagger, those seen in the world, and nonsense."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caraus.anaf.errors import AnafError
from caraus.anaf.info import InfoResponse, parse_info, uit_is_valid

from .samples import SWAGGER_RECORD, WAF_PAGE, body_of, record

NONE = "Nu exista informatii pentru aceasta solicitare"


def _code(body: bytes, content_type: str = "application/json") -> str:
    with pytest.raises(AnafError) as caught:
        parse_info(body, content_type=content_type)
    return caught.value.code


@pytest.mark.parametrize(
    "value",
    [
        {"trace_id": "c26017b0", "dateResponse": "202406251616", "error": NONE},
        {"Errors": [{"errorMessage": NONE}]},
        {"errors": [NONE]},
        {"eroare": "Nu există informații pentru această solicitare"},
        {"error": "  NU EXISTĂ  INFORMAŢII pentru aceasta solicitare"},
    ],
)
def test_none_in_any_wording_is_an_empty_response(value: Any) -> None:
    response = parse_info(body_of(value))
    assert (response.records, response.unreadable) == ((), ())
    assert response.empty_note
    assert response.digest == parse_info(b"[]").digest


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Nu exista niciun CIF petru care sa aveti drept in SPV", "no_rights_any"),
        ("Nu există niciun CIF pentru care să aveți drept în SPV", "no_rights_any"),
        ("Nu aveti drept in SPV pentru CIF=8000000000", "no_rights_cui"),
        ("Nu aveţi drept în SPV pentru CIF=8000000000", "no_rights_cui"),
        ("cui_op introdus= abc nu este un numar", "bad_cui"),
        ("A aparut o eroare tehnica. Cod: XXX", "technical_error"),
        ("Parametrul cui_op este obligatoriu", "bad_request"),
        ("S-au facut deja 1000 interogari de catre utilizator in cursul zilei", "daily_limit"),
        ("Ceva cu totul nou", "unknown_error"),
    ],
)
@pytest.mark.parametrize("shape", ["error", "Errors", "errors", "texts", "eroare", "nested"])
def test_each_error_is_named_in_each_shape(text: str, code: str, shape: str) -> None:
    shapes: dict[str, dict[str, Any]] = {
        "error": {"error": text},
        "Errors": {"Errors": [{"errorMessage": text}], "ExecutionStatus": 1},
        "errors": {"errors": [{"errorMessage": text}]},
        "texts": {"errors": [text]},
        "eroare": {"eroare": text, "titlu": "Info"},
        "nested": {"error": {"message": text}},
    }
    with pytest.raises(AnafError) as caught:
        parse_info(body_of(shapes[shape]))
    assert caught.value.code == code
    assert caught.value.detail == text


def test_a_real_error_beside_an_empty_note_wins() -> None:
    value = {"Errors": [{"errorMessage": NONE}, {"errorMessage": "A aparut o eroare tehnica"}]}
    assert _code(body_of(value)) == "technical_error"


def test_the_swaggers_bad_request_is_named() -> None:
    value = {
        "timestamp": "25-06-2024 16:19:32",
        "status": 400,
        "error": "Bad Request",
        "message": "Parametrul cui_op este obligatoriu",
    }
    assert _code(body_of(value)) == "bad_request"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \n ", "empty_body"),
        (b"\xef\xbb\xbf", "empty_body"),
        (WAF_PAGE.encode(), "waf_rejected"),
        (b"<!DOCTYPE html><title>Lucrari</title>", "html"),
        (b"<?xml version='1.0'?><header/>", "unexpected_shape"),
        (b'[{"uit": "3A0', "cut_json"),
        (b'{"error": "Nu ex', "cut_json"),
        (b"[", "cut_json"),
        (b"null", "unexpected_shape"),
        (b"7", "unexpected_shape"),
        (b'"text"', "unexpected_shape"),
        (b"{}", "unexpected_shape"),
        (b'{"mesaje": []}', "unexpected_shape"),
        (b'{"error": null}', "unexpected_shape"),
        (b"Service Unavailable", "unexpected_shape"),
        (b"A aparut o eroare tehnica. Cod: 7", "technical_error"),
        (b"\x00\xff\xfe", "unexpected_shape"),
        (b"[" * 200_000 + b"]" * 200_000, "cut_json"),
        (b"9" * 5000, "unexpected_shape"),
    ],
)
def test_each_useless_body_is_named(body: bytes, code: str) -> None:
    assert _code(body) == code


@pytest.mark.parametrize("content_type", ["text/plain", "application/json;charset=UTF-8", "", "x"])
def test_the_content_type_does_not_decide(content_type: str) -> None:
    assert len(parse_info(body_of([record()]), content_type=content_type).records) == 1


def test_a_named_charset_and_a_byte_order_mark_are_understood() -> None:
    body = json.dumps([record(den_decl="Țiglă și Oțel")], ensure_ascii=False)
    latin = parse_info(body.encode("iso8859-16"), content_type="text/plain; charset=ISO-8859-16")
    marked = parse_info(body.encode("utf-8-sig"), content_type='text/plain; charset="nonsense"')
    assert latin.records[0].declarant_name == marked.records[0].declarant_name == "Țiglă și Oțel"


def test_the_digest_does_not_depend_on_the_order() -> None:
    first, two = record(uit="A"), record(uit="B")
    assert parse_info(body_of([first, two])).digest == parse_info(body_of([two, first])).digest
    assert parse_info(body_of([first])).digest != parse_info(body_of([two])).digest


def test_a_record_that_stands_twice_is_kept_once() -> None:
    response = parse_info(body_of([record(), record()]))
    assert len(response.records) == 1
    assert response.digest == parse_info(body_of([record()])).digest


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"id": 1, "nr_veh": "OLD"}, {"id": 2, "nr_veh": "NEW"}, "NEW"),
        ({"id": "20", "nr_veh": "NEW"}, {"id": 3, "nr_veh": "OLD"}, "NEW"),
        ({"id": None, "nr_veh": "OLD"}, {"id": 3, "nr_veh": "NEW"}, "NEW"),
        ({"id": 5, "nr_veh": "OLD"}, {"id": 5, "nr_veh": "NEW"}, "NEW"),
    ],
)
def test_of_two_records_for_one_uit_the_later_is_kept(
    first: dict[str, Any], second: dict[str, Any], expected: str
) -> None:
    response = parse_info(body_of([record(**first), record(**second)]))
    assert [r.plate for r in response.records] == [expected]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("text", "not_an_object"),
        (None, "not_an_object"),
        ([], "not_an_object"),
        ({}, "uit_missing"),
        (record(uit="  "), "uit_missing"),
        (record(uit={"x": 1}), "uit_not_text"),
        (record(uit=True), "uit_not_text"),
        (record(uit="A" * 65), "uit_too_long"),
        (record(uit="-"), "uit_missing"),
        (record(uit="null"), "uit_missing"),
    ],
)
def test_a_bad_record_is_kept_apart_and_its_neighbours_stay(bad: Any, reason: str) -> None:
    response = parse_info(body_of([record(uit="A"), bad, record(uit="B")]))
    assert [r.uit for r in response.records] == ["A", "B"]
    (unreadable,) = response.unreadable
    assert unreadable.reason == reason
    assert json.loads(unreadable.raw) == bad
    assert len(unreadable.digest) == 64


def test_nothing_that_postgresql_refuses_comes_through() -> None:
    body = rb'[{"uit": "A\u0000", "data_transp": "2024-06-24", "x": "\ud800", "y": [NaN, 1e999]}]'
    (parsed,) = parse_info(body).records
    assert parsed.uit == "A\ufffd"
    assert parsed.extra == {"x": "\ufffd", "y": ["NaN", "inf"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from([*SWAGGER_RECORD, "modif_veh", "zz"]), JSON) | JSON
)


fewer = settings(max_examples=60)


def _parse_anything(body: bytes) -> InfoResponse | None:
    try:
        response = parse_info(body)
    except AnafError:
        return None
    json.dumps([r.raw for r in response.records], allow_nan=False).encode()
    for record_ in response.records:
        assert record_.current_vehicle is not None
        repr(record_).encode()
        assert uit_is_valid(record_.uit) in (True, False)
    return response


@fewer
@given(JSON)
def test_arbitrary_json_raises_nothing_but_anaf_error(value: Any) -> None:
    _parse_anything(json.dumps(value).encode())


@fewer
@given(st.binary())
def test_arbitrary_bytes_raise_nothing_but_anaf_error(body: bytes) -> None:
    _parse_anything(body)


@fewer
@given(RECORDS)
def test_a_list_is_always_a_response_that_accounts_for_every_item(items: list[Any]) -> None:
    response = _parse_anything(json.dumps(items).encode())
    assert response is not None
    assert len(response.records) + len(response.unreadable) <= len(items)
    assert bool(items) == bool(response.records or response.unreadable)


@fewer
@given(st.fixed_dictionaries({name: JSON for name in SWAGGER_RECORD if name != "uit"}))
def test_no_field_can_break_the_reading_of_a_record(fields: dict[str, Any]) -> None:
    changed = {**record(), **fields, "data_transp": "2024-06-24"}
    response = _parse_anything(json.dumps([changed, record(uit="B")]).encode())
    assert response is not None
    assert "B" in [r.uit for r in response.records]
