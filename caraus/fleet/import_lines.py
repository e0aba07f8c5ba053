"""Rows of cells as lines of a fleet: which column is the plate, which the kind, which the note."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.translation import gettext

from caraus.accounts.name_fields import single_line
from caraus.fleet import plates
from caraus.fleet.models import Kind
from caraus.fleet.spreadsheets import Row, UnreadableFileError, rows_of_file, rows_of_text

# Of a note; one that is too long is shown as wrong, with so much of it.
MAX_NOTE_READ = 1000

type ColumnRole = Literal["plate", "vehicle", "trailer", "kind", "note", "active"]

# Headings, folded. „Cap tractor” beside „Semiremorcă”: two plates on one row.
_HEADINGS: dict[str, ColumnRole] = {
    **dict.fromkeys(
        (
            *("numar", "nr", "placuta", "inmatriculare", "nrinmatriculare", "numarinmatriculare"),
            *("nrdeinmatriculare", "numardeinmatriculare", "numaruldeinmatriculare", "nrauto"),
            *("numarauto", "nrvehicul", "numarvehicul", "vehicul", "auto", "plate", "plates"),
            *("licenseplate", "numberplate", "registration", "registrationnumber", "regno"),
        ),
        "plate",
    ),
    **dict.fromkeys(("captractor", "tractor", "autotractor", "camion", "truck"), "vehicle"),
    **dict.fromkeys(
        (
            *("remorca", "semiremorca", "remorca1", "remorca2", "nrremorca", "numarremorca"),
            *("nrsemiremorca", "trailer", "semitrailer"),
        ),
        "trailer",
    ),
    **dict.fromkeys(
        ("tip", "fel", "felul", "categorie", "tipvehicul", "kind", "type", "category"), "kind"
    ),
    **dict.fromkeys(
        (
            *("nota", "note", "observatii", "obs", "mentiuni", "detalii", "comentarii", "marca"),
            *("model", "marcamodel", "marcasimodel", "denumire", "sofer", "notes", "comment"),
        ),
        "note",
    ),
    **dict.fromkeys(("activ", "stare", "inuz", "status", "active", "inuse"), "active"),
}
_TRAILER = re.compile(r"^(semi)?remorc|^(semi)?trailer|^r$|^sr$")
_VEHICLE = re.compile(
    r"^vehic|^autove|^autotr|^autout|^autoca|^autosp|^auto$|^cap|^tractor|^camion|^duba|^dub$|^truck"
    r"|^van$|^v$|^lorry"
)
_YES = {"da", "d", "yes", "y", "1", "x", "activ", "activa", "active", "inuz", "true", "adevarat"}
_NO = {
    *("nu", "n", "no", "0", "inactiv", "inactiva", "inactive", "retras", "retrasa", "scosdinuz"),
    *("scoasadinuz", "vandut", "vanduta", "radiat", "radiata", "false", "fals"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A vehicle as somebody wrote it: nothing is judged yet. `number` is the row in the list."""

    number: int
    plate: str
    kind: str = ""
    note: str = ""
    active: str = ""


def read_file(name: str, data: bytes) -> list[Line]:
    """The lines of a CSV or XLSX file. Raises UnreadableFileError."""
    return parse_rows(rows_of_file(name, data))


def read_text(text: str) -> list[Line]:
    """The lines of a pasted list. Raises UnreadableFileError."""
    return parse_rows(rows_of_text(text))


def parse_rows(rows: Sequence[Row]) -> list[Line]:
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    if not numbered:
        raise UnreadableFileError(gettext("Lista este goală: nu are niciun rând cu text."))
    heading = _heading(numbered[0][1])
    body = numbered[1:] if heading else numbered
    if not body:
        raise UnreadableFileError(gettext("Lista are numai capul de tabel, fără niciun vehicul."))
    roles = heading if {"plate", "vehicle", "trailer"} & {*heading.values()} else {}
    roles = roles or _roles_by_content([row for _, row in body])
    return [line for number, row in body for line in _lines(number, row, roles)]


def _heading(row: Row) -> dict[int, ColumnRole]:
    """The columns that a first row names; none where it is a vehicle already."""
    if any(plates.looks_like_plate(cell) for cell in row):
        return {}
    named = {
        at: _HEADINGS[word]
        for at, cell in enumerate(row)
        if (word := _folded_word(cell)) in _HEADINGS
    }
    # „Vehicul” alone beside a column „Remorcă” is a plate; „camion” under nothing is a kind.
    return named if len(row) > 1 or "plate" in named.values() else {}


def _roles_by_content(body: Sequence[Row]) -> dict[int, ColumnRole]:
    """The column with the most plates; of the others, the one of kinds; the rest is the note."""
    width = max(map(len, body))
    columns = {at: [row[at] for row in body if at < len(row) and row[at]] for at in range(width)}
    plate = max(columns, key=lambda at: sum(map(plates.looks_like_plate, columns[at])))
    roles: dict[int, ColumnRole] = {plate: "plate"}
    for at, cells in columns.items():
        if at == plate or not cells or all(cell.isdigit() for cell in cells):
            continue
        words = sum(kind_of(cell) is not None for cell in cells)
        if "kind" not in roles.values() and words * 2 > len(cells):
            roles[at] = "kind"
        else:
            roles[at] = "note"
    return roles


def _lines(number: int, row: Row, roles: dict[int, ColumnRole]) -> list[Line]:
    def cells(role: ColumnRole) -> list[str]:
        return [row[at] for at, its in roles.items() if its == role and at < len(row) and row[at]]

    rest = Line(
        number,
        "",
        kind=" ".join(cells("kind")),
        note=single_line(", ".join(cells("note")))[:MAX_NOTE_READ],
        active=" ".join(cells("active")),
    )
    lines = [replace(rest, plate=plate) for plate in cells("plate")]
    lines += [replace(rest, plate=plate, kind=Kind.VEHICLE.value) for plate in cells("vehicle")]
    lines += [replace(rest, plate=plate, kind=Kind.TRAILER.value) for plate in cells("trailer")]
    if "trailer" in roles.values() and "kind" not in roles.values():
        lines = [replace(line, kind=line.kind or Kind.VEHICLE.value) for line in lines]
    # What is written on a row without a plate is shown as wrong, not dropped.
    return lines or [
        replace(rest, note=rest.note or single_line(" ".join(filter(None, row)))[:200])
    ]


def kind_of(word: str) -> Kind | None:
    """The kind that a word means; None for none."""
    folded = _folded_word(word)
    if folded in {Kind.VEHICLE.value, Kind.TRAILER.value}:
        return Kind(folded)
    if _TRAILER.search(folded):
        return Kind.TRAILER
    return Kind.VEHICLE if _VEHICLE.search(folded) else None


def is_active(word: str) -> bool | None:
    """Whether a word says that the vehicle is in use; None for neither."""
    folded = _folded_word(word)
    return True if folded in _YES else False if folded in _NO else None


def _folded_word(cell: str) -> str:
    return plates.normalized(cell).lower()
