"""One record: every field, and each tolerance."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from caraus.anaf.info import CarrierRecord, DeclaredVehicle, RoutePoint, uit_is_valid
from caraus.anaf.records import first_expired_day, read_record
from caraus.anaf.values import parse_moment

from .samples import SWAGGER_RECORD, record


def test_the_swaggers_record_is_read_whole() -> None:
    read = read_record(SWAGGER_RECORD)
    assert read == CarrierRecord(
        uit="3A0C4D7E9F1H2J47",
        anaf_id="123",
        declarant_cui="8000000000",
        declarant_name="TEST SRL",
        declarant_ref="XXX",
        transport_date=date(2024, 6, 24),
        first_expired_day=date(2024, 6, 29),
        carrier_cui="8000000000",
        carrier_name="TEST SRL",
        plate="B0000",
        trailer1="",
        trailer2="",
        vehicle_changes=(),
        start=RoutePoint("ADR", "str. Test", "B", "B", "asdsad", "00", "-"),
        end=RoutePoint("PTF", "PTF Nădlac, Jud. Arad", "AR"),
        documents=read.documents,
        raw=SWAGGER_RECORD,
        extra={},
    )
    assert [(d.text, d.raw) for d in read.documents] == [("XXX", "XXX")]
    assert uit_is_valid(read.uit)


def test_a_place_is_a_dictionary_of_texts() -> None:
    assert RoutePoint("BV", "BV Curtici").as_dict() == {
        "kind": "BV",
        "full_address": "BV Curtici",
        "county": "",
        "locality": "",
        "street": "",
        "number": "",
        "other": "",
    }


def test_only_the_uit_is_needed() -> None:
    read = read_record({"uit": "A"})
    assert (read.transport_date, read.first_expired_day) == (None, None)
    assert read.unread == {"data_transp": ""}
    assert read.start == read.end == RoutePoint()
    assert (read.documents, read.vehicle_changes) == ((), ())
    assert read.current_vehicle == DeclaredVehicle("", "", "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" RO8000000000 ", "8000000000"),
        ("ro 123", "123"),
        (8000000000, "8000000000"),
        (8000000000.0, "8000000000"),
        ("PF", "PF"),
        ("ROMA", "ROMA"),
        (None, ""),
        ("RO 800 000 0000", "8000000000"),
        ("RO-8000000000", "8000000000"),
        ("0008000000000", "8000000000"),
        ("8000000000.0", "8000000000"),
        ("8000000000,00", "8000000000"),
        ("1234567890123", "1234567890123"),
        ("BG123456789", "BG123456789"),
        ("-", ""),
        ("0", ""),
        ("N/A", ""),
        (["RO123"], "123"),
        ({"cod": 1}, ""),
    ],
)
def test_fiscal_codes_are_texts_without_the_prefix(given: Any, expected: str) -> None:
    read = read_record({**SWAGGER_RECORD, "tr_cod": given, "cod_decl": given})
    assert (read.carrier_cui, read.declarant_cui) == (expected, expected)


def test_numbers_and_spaces_are_accepted_where_texts_are_promised() -> None:
    read = read_record(record(ref_decl=17, nr_veh="  B 101 XYZ ", id="9", den_decl=True))
    assert (read.declarant_ref, read.plate, read.anaf_id) == ("17", "B 101 XYZ", "9")
    assert read.declarant_name == "true"


def test_a_wrong_check_digit_and_another_carrier_are_accepted() -> None:
    read = read_record(record(uit="UIT", tr_cod="99"))
    assert (read.uit, uit_is_valid(read.uit), read.carrier_cui) == ("UIT", False, "99")


def test_unknown_keys_are_kept() -> None:
    read = read_record(record(tr_tara="RO", nou={"a": 1}))
    assert read.extra == {"tr_tara": "RO", "nou": {"a": 1}}
    assert read.raw["nou"] == {"a": 1}


def test_a_place_given_as_a_text_is_its_address() -> None:
    assert read_record(record(loc_start=" Arad ")).start == RoutePoint(full_address="Arad")


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ("CMR 12", ["CMR 12"]),
        ("", []),
        (None, []),
        (12, ["12"]),
        (["CMR 12", "Factura 7", ""], ["CMR 12", "Factura 7"]),
        ([{"tip": "CMR", "numar": 12, "obs": None}], ["CMR 12"]),
        ({"tip": "CMR", "numar": "12"}, ["CMR 12"]),
        ([["a", 1]], ["a", "1"]),
        ('[{"tip_doc":"10","nr_doc":"123"}]', ["CMR 123"]),
        ('{"tip_doc":"20","nr_doc":"7","data_doc":"2026-11-19"}', ["Factură 7 din 19.11.2026"]),
        (['{"tip_doc":"10","nr_doc":"1"}', "CMR 2"], ["CMR 1", "CMR 2"]),
        ('["CMR 12", null]', ["CMR 12"]),
        ("[CMR 12", ["[CMR 12"]),
        ([{"tip": "CMR", "nr": {"serie": "AB", "numar": 7}}], ["CMR AB 7"]),
        ([None, "", [], {}], []),
        (
            [{"tip_document": "10", "data_document": "2026-11-19", "numar_document": "8128"}],
            ["CMR 8128 din 19.11.2026"],
        ),
        (
            {"tipDocument": 9999, "dataDocument": "ieri", "observatii": "listă"},
            ["Alt document din ieri listă"],
        ),
    ],
)
def test_documents_are_read_in_each_shape(given: Any, texts: list[str]) -> None:
    assert [d.text for d in read_record(record(documente=given)).documents] == texts


def test_an_object_among_the_documents_keeps_its_raw_form() -> None:
    (document,) = read_record(record(documente=[{"tip": "CMR", "n": 1}])).documents
    assert document.raw == {"tip": "CMR", "n": 1}


def _change(at: str | None, plate: str, **more: Any) -> dict[str, Any]:
    return {"data_modif_veh": at, "nr_veh": plate, **more}


def test_the_current_vehicle_is_the_latest_change_in_whatever_order() -> None:
    changes = [
        _change("2024-06-25T10:00:00", "B2", nr_rem1="R2"),
        _change("2024-06-26T08:00:00", "B3"),
        _change(None, "B1"),
        _change("20240625120000", "B22"),
    ]
    read = read_record(record(modif_veh=changes, nr_rem1="R1"))
    assert [change.plate for change in read.vehicle_changes] == ["B1", "B2", "B22", "B3"]
    assert read.current_vehicle == DeclaredVehicle("B3", "", "")
    assert read.plate == "B0000"


def test_a_vehicle_change_keeps_all_that_anaf_gave() -> None:
    item = _change(
        "2024-06-25T10:00:00",
        "B2",
        nr_rem1="R1",
        nr_rem2="R2",
        obs="pană",
        cod_decl="RO77",
        ref_decl="r-1",
        data_decl="2024-06-25T09:30:00",
    )
    (change,) = read_record(record(modif_veh=item)).vehicle_changes
    assert change.at == datetime(2024, 6, 25, 7, tzinfo=UTC)
    assert change.declared_at == datetime(2024, 6, 25, 6, 30, tzinfo=UTC)
    assert (change.trailer1, change.trailer2, change.note) == ("R1", "R2", "pană")
    assert (change.declared_by, change.reference, change.raw) == ("77", "r-1", item)


def test_a_change_without_a_plate_keeps_the_declared_one() -> None:
    read = read_record(record(modif_veh=[_change("2024-06-25", "", nr_rem1="R9")]))
    assert read.current_vehicle == DeclaredVehicle("B0000", "R9", "")


def test_an_unreadable_date_of_a_change_does_not_lose_its_plate() -> None:
    (change,) = read_record(record(modif_veh=[_change("ieri", "B9")])).vehicle_changes
    assert (change.at, change.plate) == (None, "B9")


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2024-06-29T00:00:00", date(2024, 6, 29)),
        ("2024-06-29T00:00:00.000", date(2024, 6, 29)),
        ("2024-06-29 00:00:00", date(2024, 6, 29)),
        ("2024-06-29", date(2024, 6, 29)),
        ("20240629", date(2024, 6, 29)),
        (20240629, date(2024, 6, 29)),
        ("20240629000000", date(2024, 6, 29)),
        (20240629000000, date(2024, 6, 29)),
        ("202406290000", date(2024, 6, 29)),
        ("29.06.2024", date(2024, 6, 29)),
        ("29.6.2024", date(2024, 6, 29)),
        ("29-06-2024 16:19:32", date(2024, 6, 29)),
        ("29.06.2024 9:05", date(2024, 6, 29)),
        ("2024/06/29", date(2024, 6, 29)),
        ("2024.6.29", date(2024, 6, 29)),
        ("29/06/2024", date(2024, 6, 29)),
        # xs:date with a zone names that day.
        ("2024-06-29Z", date(2024, 6, 29)),
        ("2024-06-29+03:00", date(2024, 6, 29)),
        ("2024-06-29-0500", date(2024, 6, 29)),
        # Seconds and milliseconds since 1970; lists of numbers; Java's and Microsoft's own.
        (1719608400, date(2024, 6, 29)),
        ("1719608400", date(2024, 6, 29)),
        (1719608400.25, date(2024, 6, 29)),
        (1719608400000, date(2024, 6, 29)),
        ("1719608400000", date(2024, 6, 29)),
        (1719608399000, date(2024, 6, 28)),
        ("/Date(1719608400000)/", date(2024, 6, 29)),
        ("/Date(1719608400000+0300)/", date(2024, 6, 29)),
        ([2024, 6, 29], date(2024, 6, 29)),
        ([2024, 6, 29, 0, 0], date(2024, 6, 29)),
        ("2024-06-29T00:00:00+03:00[Europe/Bucharest]", date(2024, 6, 29)),
        # With a zone, the day is the Romanian one.
        ("2024-06-29T00:00:00+03:00", date(2024, 6, 29)),
        ("2024-06-28T21:00:00Z", date(2024, 6, 29)),
        ("2024-06-28T20:59:59Z", date(2024, 6, 28)),
        ("2024-12-31T22:00:00Z", date(2025, 1, 1)),
        # Ending during a day, that whole day counts as expired.
        ("2024-06-29T23:59:59", date(2024, 6, 29)),
        (" ", None),
        (None, None),
    ],
)
def test_the_first_expired_day_is_read_in_each_form(given: Any, day: date | None) -> None:
    assert first_expired_day(given) == day


@pytest.mark.parametrize(
    "given",
    [
        "x",
        "2024-02-30",
        "2024-W26-6",
        "-",
        "N/A",
        "9999-12-31",
        "171960840",
        "29.06.24",
        [2024, 6],
        [2024, 13, 1],
        [2024, True, 1],
        "31.02.2024",
        "1.2",
        [],
        {},
        True,
        -1,
        "٢٠٢٤٠٦٢٩",
    ],
)
def test_an_unreadable_expiry_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match="data_exp_uit"):
        first_expired_day(given)


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2024-01-15T12:00:00", datetime(2024, 1, 15, 10, tzinfo=UTC)),
        ("2024-07-15T12:00:00", datetime(2024, 7, 15, 9, tzinfo=UTC)),
        ("2024-07-15T12:00:00Z", datetime(2024, 7, 15, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_romanian(given: str, utc: datetime) -> None:
    assert parse_moment(given) == utc


@pytest.mark.parametrize(
    ("uit", "valid"),
    [
        ("3A0C4D7E9F1H2J47", True),
        ("3A0C4D7E9F1H2J48", False),
        ("3a0c4d7e9f1h2j47", False),
        ("3A0C4D7E9F1H2O52", False),
        ("3A0C4D7E9F1H2J4", False),
        ("3A0C4D7E9F1H2J47\n", False),
        ("", False),
    ],
)
def test_the_check_digits_of_a_uit(uit: str, valid: bool) -> None:
    assert uit_is_valid(uit) is valid
