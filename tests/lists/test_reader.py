"""Pasted lists: each row is added, skipped, wrong or to be confirmed; none is lost in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caraus.fleet.import_lines import FLEET
from caraus.fleet.models import VehicleKind
from caraus.lists.columns import ListFormat
from caraus.lists.spreadsheets import UnreadableFileError, read_file, read_text
from caraus.web.company_import import COMPANIES
from tests.lists import cases, reading


@pytest.mark.parametrize("name", cases.FLEETS)
def test_a_fleets_list_is_read_as_a_person_reads_it(name: str) -> None:
    case = cases.FLEETS[name]
    rows, skipped = reading.fleet(case.text)
    entries = [line.entry for row in rows for line in row.lines]
    assert [entry.plate for entry in entries if entry.kind == VehicleKind.VEHICLE] == list(
        case.vehicles
    )
    assert [entry.plate for entry in entries if entry.kind == VehicleKind.TRAILER] == list(
        case.trailers
    )
    by_plate = {entry.plate: entry for entry in entries}
    for plate, (driver, phone) in case.drivers.items():
        assert (by_plate[plate].driver, by_plate[plate].phone) == (driver, phone)
    for plate, note in case.notes.items():
        assert by_plate[plate].note == note
    assert sorted(skipped) == list(case.skipped)
    assert [row.number for row in rows if row.question] == list(case.to_confirm)
    assert [row.number for row in rows if row.error] == list(case.wrong)


@pytest.mark.parametrize("name", cases.COMPANIES)
def test_a_list_of_companies_is_read_as_a_person_reads_it(name: str) -> None:
    case = cases.COMPANIES[name]
    rows, skipped = reading.companies(case.text)
    assert {row.cui: row.name for row in rows if row.verdict} == case.companies
    assert sorted(skipped) == list(case.skipped)
    assert [row.number for row in rows if row.error] == list(case.wrong)


# -- any text ------------------------------------------------------------------------------------

CELLS = st.sampled_from(
    [
        *("B 210 KLM", "AR31REM", "B 211 KLM / Popescu Dan", "CB1234AB", "0722123456", "Popa Ion"),
        *(
            "",
            "1",
            "2",
            "3",
            "cap tractor",
            "O4",
            "Total",
            "Nr. crt.",
            "Nr. auto",
            "Șofer",
            '"',
            'a"b',
        ),
        *("900010100", "RO 900020201", "19", "27", "Exemplu SRL", "CUI", "Denumire", "900010101"),
    ]
)
SEPARATORS = st.sampled_from(["\t", ";", ",", "\n", "\r\n", " ", '"', '";"'])
LISTS = st.lists(st.tuples(CELLS, SEPARATORS), max_size=40).map(
    lambda parts: "".join(cell + separator for cell, separator in parts)
)


@given(st.one_of(LISTS, st.text(max_size=200)), st.sampled_from([FLEET, COMPANIES]))
def test_each_row_of_any_text_is_added_skipped_wrong_or_to_be_confirmed(
    text: str, form: ListFormat
) -> None:
    try:
        sheet = read_text(text)
        contents = reading.read(sheet, form)
    except UnreadableFileError:
        return
    kinds: list[int] = [*contents.skipped]
    if form is FLEET:
        rows, _ = reading.fleet(sheet)
        for row in rows:
            assert sum(map(bool, (row.lines, row.error, row.question))) == 1
            kinds.append(row.number)
    else:
        companies, _ = reading.companies(sheet)
        for company in companies:
            assert bool(company.verdict) != bool(company.error)
            kinds.append(company.number)
    assert sorted(kinds) == [number for number, _ in contents.rows]


@given(st.one_of(LISTS, st.text(max_size=200)))
def test_no_text_of_a_list_is_lost_by_parting_it(text: str) -> None:
    """What is no separator and no quotation mark stands in some cell."""
    text = text.replace("sep=", "").replace("SEP=", "")
    try:
        sheet = read_text(text)
    except UnreadableFileError:
        return
    parted = "".join("".join(row) for row in sheet.rows)
    for sign in "BKLM0123456789":
        assert parted.count(sign) == text.count(sign)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused_in_a_sentence(data: bytes) -> None:
    try:
        sheet = read_file("flota.csv", data)
    except UnreadableFileError:
        return
    numbers = [number for number, _ in sheet.numbered()]
    assert numbers == sorted(set(numbers))
    assert all(number <= data.count(b"\n") + data.count(b"\r") + 1 for number in numbers)


@pytest.mark.parametrize("form", [FLEET, COMPANIES], ids=["fleet", "companies"])
@pytest.mark.parametrize("text", ["", " \n", ";;\n;;", '"'])
def test_a_list_of_nothing_is_refused(text: str, form: ListFormat) -> None:
    with pytest.raises(UnreadableFileError, match="nu are niciun rând cu text"):
        reading.read(text, form)


@pytest.mark.parametrize(
    ("text", "form"), [("Nr. auto;Fel\n", FLEET), ("Nr. crt.;CUI;Denumire", COMPANIES)]
)
def test_a_head_alone_is_refused(text: str, form: ListFormat) -> None:
    with pytest.raises(UnreadableFileError, match="numai capul de tabel"):
        reading.read(text, form)


def test_a_million_quotation_marks_are_parted_soon() -> None:
    for text in ('"a;' * 250_000, '";' * 400_000, ('"' + "x;" * 40 + "\n") * 4_000, '"' * 100_000):
        assert read_text(text).rows
