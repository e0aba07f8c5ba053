"""Lists as people have them: encodings, delimiters, workbooks, bombs; judged line by line."""

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from caraus.fleet.drafts import check_vehicle_rows
from caraus.fleet.import_lines import FLEET, ImportLine, ReadRow, kind_of, read_vehicle_row
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.lists.drafts import rows_as_text
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import (
    MAX_LIST_ROWS,
    Sheet,
    UnreadableFileError,
    read_file,
    read_text,
)
from tests.lists import reading

TABLE = (
    "Nr. înmatriculare;Tip;Observații\r\nB 123 ABC;camion;Volvo, roșu\r\nCT-34-REM;Semiremorcă;\r\n"
)
READ = [("B123ABC", "camion", "Volvo, roșu"), ("CT34REM", "Semiremorcă", "")]
# Excel in Romanian writes the old letters in its old encodings.
OLD = TABLE.translate(str.maketrans("șț", "şţ"))


def lines_of(sheet: Sheet) -> list[ImportLine]:
    contents = reading.read(sheet, FLEET)
    rows = [read_vehicle_row(row, contents.layout) for row in contents.to_judge()]
    return [line for row in rows for line in row.lines]


def cells(sheet: Sheet) -> list[tuple[str, str, str]]:
    return [(line.plate, line.kind, line.note) for line in lines_of(sheet)]


def workbook(*sheets: list[list[Any]], hidden: int = 0) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Foaia{number}")
        sheet.sheet_state = "hidden" if number < hidden else "visible"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        OLD.encode("cp1250"),
        OLD.encode("iso8859-2"),
        TABLE.replace(";", "\t").encode("utf-16"),
        ("sep=;\r\n" + TABLE).encode("utf-8-sig"),
        "B 123 ABC|camion|Volvo, roșu\nCT-34-REM|Semiremorcă|\n".encode(),
    ],
    ids=["utf8", "bom", "utf16", "cp1250", "iso8859-2", "excel-unicode", "sep", "no-heading"],
)
def test_a_csv_is_read_in_every_encoding_and_delimiter(data: bytes) -> None:
    assert cells(read_file("flota.csv", data)) == READ


def test_windows_signs_are_distinguished_from_the_iso_encoding() -> None:
    data = "Număr;Notă\nB 123 ABC;„Ana” – Škoda\n".encode("cp1250")
    assert cells(read_file("a.csv", data)) == [("B123ABC", "", "„Ana” – Škoda")]
    data = "Număr;Notă\nB 123 ABC;Škoda\n".encode("iso8859-2")
    assert cells(read_file("a.csv", data)) == [("B123ABC", "", "Škoda")]


def test_a_workbook_is_read_from_its_first_visible_sheet_with_row_numbers_of_its_own() -> None:
    data = workbook(
        [["ascunsă"]],
        [[], ["Nr. crt.", "Număr", "Fel", "Activ"], [1, "B 123 ABC", None, True], [], [2, 12345.0]],
        hidden=1,
    )
    lines = lines_of(read_file("f.xlsx", data))
    assert [(line.number, line.plate, line.active) for line in lines] == [
        (3, "B123ABC", "da"),
        (5, "12345", ""),
    ]


def test_a_pasted_column_needs_nothing_else() -> None:
    assert cells(read_text("b 123 abc\n\n CT34REM \n")) == [
        ("B123ABC", "", ""),
        ("CT34REM", "", ""),
    ]


def test_columns_without_a_heading_are_known_by_what_they_hold() -> None:
    text = "1\tMAN\tB 123 ABC\tcap tractor\n2\tSchmitz\tCT 34 REM\tsemiremorcă\n"
    assert cells(read_text(text)) == [
        ("B123ABC", "cap tractor", "MAN"),
        ("CT34REM", "semiremorcă", "Schmitz"),
    ]


def test_a_tractor_and_its_trailer_on_one_row_are_two_vehicles() -> None:
    text = "Cap tractor;Semiremorca;Șofer\nB 123 ABC;CT 34 REM;Ion\nB 124 ABC;;Gheorghe\n"
    lines = lines_of(read_text(text))
    assert [(line.plate, line.kind, line.driver) for line in lines] == [
        ("B123ABC", "vehicle", "Ion"),
        ("CT34REM", "trailer", ""),
        ("B124ABC", "vehicle", "Gheorghe"),
    ]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *dict.fromkeys(
            ("Semiremorcă", "REMORCA", "trailer", "r", "remorcă frig.", "O4", "o 3"),
            VehicleKind.TRAILER,
        ).items(),
        *dict.fromkeys(
            ("Cap tractor", "camion", "Autotractor", "autoutilitară", "vehicul", "v", "N3"),
            VehicleKind.VEHICLE,
        ).items(),
        ("elicopter", None),
        ("", None),
    ],
)
def test_kinds_as_people_call_them(word: str, kind: VehicleKind | None) -> None:
    assert kind_of(word) is kind


# -- what cannot be read -------------------------------------------------------------------------


def packed(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return file.getvalue()


@pytest.mark.parametrize(
    "sizes",
    [{"xl/worksheets/sheet1.xml": 40_000_000}, {f"xl/p{number}": 0 for number in range(400)}],
    ids=["one large part", "many parts"],
)
def test_a_bomb_is_refused(sizes: dict[str, int]) -> None:
    parts = {name: b" " * size for name, size in sizes.items()}
    data = packed(**{"xl/workbook.xml": b"<a/>"}, **parts)
    with pytest.raises(UnreadableFileError, match="ține mult mai mult"):
        reading.read(read_file("flota", data), FLEET)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "este gol"),
        (b"\n \n;;\n", "nu are niciun rând"),
        ("Număr;Fel\n".encode(), "numai capul de tabel"),
        (b"PK\x03\x04 torn", "deteriorat"),
        (packed(**{"word/document.xml": b"<a/>"}), "nu este un fișier Excel"),
        (packed(**{"xl/workbook.xml": b"not xml"}), "deteriorat"),
        (b"\xd0\xcf\x11\xe0 old", "formatul vechi .xls"),
        (b"%PDF-1.7", "nu este o listă"),
        (b"\x89PNG\0\0", "nu este o listă"),
        (("B1AAA\n" * (MAX_LIST_ROWS + 2)).encode(), "peste 5000 de rânduri"),
        (b'"' + b"x" * 200_000, "un câmp este mult prea lung"),
        (workbook([[]]), "nu are niciun rând"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_reported_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFileError, match=sentence):
        reading.read(read_file("flota", data), FLEET)


def test_a_workbook_that_calls_for_entities_is_refused() -> None:
    good = workbook([["B123ABC"]])
    file = io.BytesIO()
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.infolist():
            data = old.read(part.filename)
            if part.filename.endswith("sheet1.xml"):
                data = laughs + data.replace(b"B123ABC", b"&b;")
            new.writestr(part.filename, data)
    with pytest.raises(UnreadableFileError, match="deteriorat"):
        read_file("flota.xlsx", file.getvalue())


def test_a_row_at_the_end_of_the_sheet_is_found_and_soon() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet["A1"] = "B123ABC"
    sheet["A1048576"] = "CT34REM"
    file = io.BytesIO()
    book.save(file)
    lines = lines_of(read_file("a.xlsx", file.getvalue()))
    assert [(line.number, line.plate) for line in lines] == [(1, "B123ABC"), (1048576, "CT34REM")]


# -- judged --------------------------------------------------------------------------------------


def verdicts(lines: list[ImportLine], *listed: Vehicle) -> list[tuple[str, str]]:
    rows = [ReadRow(line.number, (line,)) for line in lines]
    judged = check_vehicle_rows(
        rows, {vehicle.plate: vehicle for vehicle in listed}, VehicleKind.VEHICLE
    )
    return [
        ("wrong", row.error) if row.error else (row.lines[0].verdict, row.lines[0].message)
        for row in judged
    ]


def test_each_line_is_judged_beside_the_fleet_and_the_lines_before_it() -> None:
    fleet = [
        Vehicle(plate="B1OLD", kind=VehicleKind.VEHICLE, note="Volvo"),
        Vehicle(plate="CT1OLD", kind=VehicleKind.VEHICLE, active=False),
    ]
    lines = [
        ImportLine(1, "B 1 NEW"),
        ImportLine(2, "b-1-new"),
        ImportLine(3, "B1NEW", "remorcă"),
        ImportLine(4, "B1OLD"),
        ImportLine(5, "CT 1 OLD", "remorcă", "", "da"),
        ImportLine(6, "", note="rest"),
        ImportLine(7, "B1X", "elicopter"),
        ImportLine(8, "B2X", "", "", "poate"),
        ImportLine(9, "B3X", note="x" * 200),
        ImportLine(10, "B4X", note="x" * 201),
        ImportLine(11, "B5X", driver="x" * 151),
        ImportLine(12, "B6X", phone="7" * 41),
        ImportLine(13, "B1OLD", driver="Popa Ion"),
    ]
    assert verdicts(lines, *fleet) == [
        ("new", ""),
        ("repeated", "Este și pe rândul 1: se ia o singură dată."),
        ("wrong", "B1NEW este și pe rândul 1, altfel. Lasă un singur rând."),
        ("same", ""),
        ("change", "vehicul → remorcă; din nou în uz"),
        ("wrong", "Scrie numărul de înmatriculare, de exemplu B 123 ABC."),
        ("wrong", "Nu înțelegem tipul „elicopter”: scrie vehicul sau remorcă."),
        ("wrong", "Nu înțelegem starea „poate”: scrie da (în uz) sau nu (scos din uz)."),
        ("new", ""),
        ("wrong", "Nota are cel mult 200 de caractere."),
        ("wrong", "Numele șoferului are cel mult 150 de caractere."),
        ("wrong", "Telefonul are cel mult 40 de caractere."),
        ("wrong", "B1OLD este și pe rândul 4, altfel. Lasă un singur rând."),
    ]


def test_a_row_is_taken_as_a_whole_or_waits_as_a_whole() -> None:
    text = "Cap tractor;Semiremorcă\nB 123 ABC;CT 34 REM\nB 124 ABC;fără\nB 125 ABC;B 125 ABC"
    rows, _ = reading.fleet(text)
    assert [len(row.lines) for row in rows] == [2, 0, 0]
    assert "„fără” nu este un număr de înmatriculare" in rows[1].error
    assert rows[2].error == "B125ABC este de două ori pe același rând."


def test_a_long_note_is_not_cut_silently() -> None:
    note = "Volvo, " * 40
    (line,) = lines_of(read_text(f"Număr;Notă\nB 12 ABC;{note}"))
    assert line.note == note.strip()
    assert verdicts([line]) == [("wrong", "Nota are cel mult 200 de caractere.")]


def test_a_cell_without_end_is_not_cut_silently() -> None:
    rows, _ = reading.fleet(f"Număr;Notă\nB 12 ABC;{'x' * 501}\nB 13 ABC;{'x' * 100}")
    assert rows[0].error.startswith("Rândul este prea lung")
    assert rows[1].lines


@given(
    st.lists(
        st.tuples(
            *[st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)] * 4
        ),
        min_size=1,
        max_size=6,
    )
)
def test_wrong_lines_can_be_corrected_from_the_text_they_are_given_back_in(
    rows: list[tuple[str, str, str, str]],
) -> None:
    draft = Draft(rows=[[number, list(row)] for number, row in enumerate(rows, start=1)])
    text = rows_as_text(draft, range(1, len(rows) + 1))
    assert len(text.split("\n")) == len(rows)
    for row, line in zip(rows, text.split("\n"), strict=True):
        assert line.startswith(" ".join(row[0].replace(";", ",").replace('"', "”").split()))
