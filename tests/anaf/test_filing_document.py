"""The declaration of a vehicle change, against ANAF's own XSD and Schematron."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from anafpy.etransport import (
    FlatVehicleChange,
    parse_etransport_document,
    read_flat_transport,
)
from hypothesis import given
from hypothesis import strategies as st

from caraus.anaf.filings import (
    InvalidFilingError,
    VehicleChangeDocument,
    build_vehicle_change,
    document_plate,
    key_of,
    new_reference,
)
from tests.official import schema_errors, schematron_errors

NOW = datetime(2026, 11, 24, 8, 5, 7, 891_000, tzinfo=UTC)
DOCUMENT = VehicleChangeDocument(
    declarant_cui="RO900010100",
    uit="3V0P0L0P0T3JUW46",
    plate="cj-77 xyz",
    moment=NOW,
    reference="CRS-1",
    trailer1="B 01 REM",
)


def refused(document: VehicleChangeDocument) -> InvalidFilingError:
    with pytest.raises(InvalidFilingError) as caught:
        build_vehicle_change(document)
    return caught.value


def test_the_bytes_are_these() -> None:
    xml = build_vehicle_change(replace(DOCUMENT, note='pană la "Deva" <&>\n '))
    assert xml.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ns0:eTransport xmlns:ns0="mfp:anaf:dgti:eTransport:declaratie:v2" '
        'codDeclarant="900010100" refDeclarant="CRS-1"><ns0:modifVehicul uit="3V0P0L0P0T3JUW46" '
        'nrVehicul="CJ77XYZ" nrRemorca1="B01REM" dataModificare="2026-11-24T10:05:07" '
        'observatii="pană la &quot;Deva&quot; &lt;&amp;&gt;"/></ns0:eTransport>'
    )
    assert xml == build_vehicle_change(replace(DOCUMENT, note='pană la "Deva" <&>\n '))
    assert (schema_errors(xml), schematron_errors(xml)) == ([], [])


def test_what_is_empty_is_left_out() -> None:
    xml = build_vehicle_change(replace(DOCUMENT, trailer1="", note="  "))
    for name in (b"nrRemorca1", b"nrRemorca2", b"observatii", b"declPostAvarie"):
        assert name not in xml


def test_declared_after_an_outage_only_when_requested() -> None:
    assert b'declPostAvarie="D"' in build_vehicle_change(replace(DOCUMENT, post_outage=True))


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 7, 15, 9, 30, tzinfo=UTC), b'"2026-07-15T12:30:00"'),
        (datetime(2026, 12, 31, 22, 0, 0, 1, tzinfo=UTC), b'"2027-01-01T00:00:00"'),
        (datetime.fromisoformat("2026-07-15T12:30:59+02:00"), b'"2026-07-15T13:30:59"'),
    ],
)
def test_the_moment_is_romanian_time_without_a_zone(moment: datetime, written: bytes) -> None:
    assert written in build_vehicle_change(replace(DOCUMENT, moment=moment))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"declarant_cui": ""}, "bad_cui"),
        ({"declarant_cui": "PF"}, "bad_cui"),
        ({"uit": "3V0P0L0P0T3JUW47"}, "bad_uit"),
        ({"uit": "3v0p0l0p0t3juw46"}, "bad_uit"),
        ({"plate": ""}, "bad_plate"),
        ({"plate": "B"}, "bad_plate"),
        ({"plate": "B" * 21}, "bad_plate"),
        ({"plate": "B/12/ABC"}, "bad_plate"),
        ({"trailer1": "ȘT 01 REM"}, "bad_trailer1"),
        ({"trailer2": "X"}, "bad_trailer2"),
        ({"trailer1": "CJ 77-XYZ"}, "same_plates"),
        ({"trailer2": "b01rem"}, "same_plates"),
        ({"reference": " "}, "bad_reference"),
        ({"reference": "R" * 51}, "bad_reference"),
        ({"note": "n" * 201}, "bad_note"),
        ({"note": "a\0b"}, "bad_note"),
        ({"note": "a\ud800b"}, "bad_note"),
        ({"note": "a\ufffeb"}, "bad_note"),
        ({"moment": NOW.replace(tzinfo=None)}, "bad_moment"),
    ],
)
def test_what_the_schema_or_sense_refuses_is_not_built(
    changed: dict[str, object], code: str
) -> None:
    assert refused(replace(DOCUMENT, **changed)).code == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "plate"),
    [
        ("B 12 ABC", "B12ABC"),
        ("b-12-abc", "B12ABC"),
        ("B\u00a012\u2011ABC ", "B12ABC"),
        ("00", "00"),
    ],
)
def test_spaces_and_hyphens_of_a_plate_are_dropped(typed: str, plate: str) -> None:
    assert document_plate(typed) == plate


@pytest.mark.parametrize(
    ("typed", "proposal"),
    [
        ("ȘT 01 ABC", "ST01ABC"),
        ("W-ÖL 123", "WOL123"),
        ("КА 1234 ВН", "KA1234BH"),
        ("ΑΒΕ-1234", "ABE1234"),
        ("34 ığd 12", "34IGD12"),
        ("Ł0 12345", "L012345"),
        ("B.12.ABC", "B12ABC"),
        ("\uff1112ABC", "112ABC"),
        ("Ж 123", ""),
        ("漢字", ""),
    ],
)
def test_a_letter_beyond_a_to_z_is_refused_with_what_was_probably_meant(
    typed: str, proposal: str
) -> None:
    with pytest.raises(InvalidFilingError) as caught:
        document_plate(typed)
    assert (caught.value.code, caught.value.value) == ("bad_plate", typed)
    assert caught.value.proposal == proposal


def test_a_reference_is_unique_and_stands_after_the_users_own() -> None:
    first, second = (new_reference(now=NOW) for _ in range(2))
    assert first != second
    assert (len(first), key_of(first)) == (30, first)
    own = new_reference(now=NOW, own="CMD  4711/ș")
    assert own.startswith("CMD 4711/ș CRS-")
    assert key_of(own) == own[-30:]
    assert new_reference(now=NOW, own="x" * 19)[-30:].startswith("CRS-")
    with pytest.raises(InvalidFilingError):
        new_reference(now=NOW, own="x" * 20)


def test_references_sort_by_their_time() -> None:
    later = new_reference(now=NOW + timedelta(milliseconds=1))
    assert new_reference(now=NOW) < later
    assert key_of("CMD-1") == key_of("") == ""


def test_the_library_reads_back_what_it_wrote() -> None:
    parsed = parse_etransport_document(build_vehicle_change(DOCUMENT))
    assert parsed is not None
    flat = read_flat_transport(parsed)
    assert isinstance(flat, FlatVehicleChange)
    assert (flat.plate, flat.trailer1, flat.trailer2) == ("CJ77XYZ", "B01REM", None)
    assert flat.declarant_ref == "CRS-1"


@given(
    note=st.text(max_size=210),
    reference=st.text(min_size=1, max_size=55),
    plate=st.from_regex(r"[0-9A-Za-z -]{1,24}", fullmatch=True),
    trailer=st.text(max_size=8),
    moment=st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_whatever_is_built_is_valid_to_the_official_rules(
    note: str, reference: str, plate: str, trailer: str, moment: datetime
) -> None:
    document = replace(
        DOCUMENT, note=note, reference=reference, plate=plate, trailer1=trailer, moment=moment
    )
    try:
        xml = build_vehicle_change(document)
    except InvalidFilingError:
        return
    assert (schema_errors(xml), schematron_errors(xml)) == ([], [])
