"""No text of others becomes a formula, at whatever sign a spreadsheet parts a line."""

import csv
import io

import pytest

from caraus.accounts.spreadsheets import escape_formulas, write_csv

FORMULAS = [
    "=1+1",
    "+40 721",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "＝1",
    "＋1",
    "－1",
    "＠A1",
    "Agro;=1+cmd|' /C calc'!A0",
    "Agro, =1",
    "Agro\t＝1",
    "Agro|@x",
    'Agro;"=1"',
    "Agro\n=1",
]


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_a_formula_whatever_parts_the_line(text: str, delimiter: str) -> None:
    file = io.StringIO()
    write_csv(file, [["UIT", text, "x"]], delimiter=delimiter)
    for separator in (";", ",", "\t", "|"):
        for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=separator):
            for cell in row:
                for line in cell.splitlines():
                    bare = line.strip(" \"'\t\r\u00a0\u200b")
                    if bare.startswith(tuple("=+-@＝＋－＠")):
                        assert "'" in line[: line.index(bare[0])], (separator, cell)


@pytest.mark.parametrize(
    "text", ["", "Trans Pop SRL", "a+b = c", "1-2", "0123", "4e2a21d5", "Str. Lungă 2, Arad"]
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert escape_formulas(text) == text


def test_every_cell_is_quoted() -> None:
    file = io.StringIO()
    write_csv(file, [["0123", "ș"]])
    assert file.getvalue() == '"0123";"ș"\r\n'
