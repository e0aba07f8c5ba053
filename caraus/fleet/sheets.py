"""A file or a pasted list as rows of cells: CSV in the encodings that Excel writes, and XLSX.

Everything that can't be read raises `UnreadableFileError` with a sentence in Romanian.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from django.utils.translation import gettext as _

type Row = list[str]

MOST_ROWS = 5000
MOST_COLUMNS = 50
LONGEST_CELL = 500
# What an XLSX may hold once unpacked: a real list of 5000 vehicles has less than a tenth.
MOST_UNPACKED = 16_000_000
MOST_PARTS = 300
_DELIMITERS = ";\t,|"
# Excel's „Text Unicode” is UTF-16.
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CEDILLAS = str.maketrans("şţŞŢ", "șțȘȚ")


class UnreadableFileError(ValueError):
    """A sentence in Romanian: what is wrong with the file and what to do."""


def rows_of_file(name: str, data: bytes) -> list[Row]:
    """The rows of a CSV or XLSX file, empty ones included so that numbers are the file's own."""
    if not data:
        raise UnreadableFileError(_("Fișierul este gol."))
    if data.startswith(b"PK"):
        return _rows_of_workbook(name, data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFileError(
            _(
                "Fișierul este în formatul vechi .xls sau are parolă. Deschide-l în Excel și "
                "salvează-l ca .xlsx, fără parolă, sau ca CSV."
            )
        )
    if data.startswith(b"%PDF") or (b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe"))):
        raise UnreadableFileError(
            _("Fișierul nu este o listă: primim CSV și Excel (.xlsx). Salveaz-o ca unul din ele.")
        )
    return rows_of_text(_decoded(data))


def rows_of_text(text: str) -> list[Row]:
    """The rows of a pasted list or of a CSV's text, parted by the sign that parts it best."""
    text = text.replace("\0", "").translate(_CEDILLAS).lstrip("\ufeff")
    first, __, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return _capped(_parted(rest, first.strip()[4]), skipped=1)
    return _capped(_parted(text, _delimiter(text)))


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    # The two agree in all Romanian letters; only Windows has signs at 0x80 to 0x9F.
    windows = any(0x80 <= byte <= 0x9F for byte in data)
    return data.decode("cp1250" if windows else "iso8859-2", "replace")


def _parted(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableFileError(
            _("Lista nu poate fi citită: un câmp este mult prea lung sau ghilimelele nu se închid.")
        ) from error


def _delimiter(text: str) -> str:
    """The sign that makes the most lines have more than one cell; the first of equals."""
    sample = "\n".join([line for line in text.splitlines() if line.strip()][:50])

    def score(delimiter: str) -> int:
        try:
            return sum(len(row) > 1 for row in _parted(sample, delimiter))
        except UnreadableFileError:
            return 0

    return max(_DELIMITERS, key=score)


def _capped(rows: Iterable[Row], *, skipped: int = 0) -> list[Row]:
    """At most so many rows that hold something; empty ones keep the numbers right."""
    empty: Row = []
    kept = [empty] * skipped
    full = 0
    for row in rows:
        cells = [cell.strip()[:LONGEST_CELL] for cell in row[:MOST_COLUMNS]]
        if not any(cells):
            kept.append(empty)
            continue
        kept.append(cells)
        full += 1
        if full > MOST_ROWS + 1:  # a heading is no vehicle
            raise UnreadableFileError(
                _("Lista are peste %(most)d de rânduri: împarte-o în mai multe.")
                % {"most": MOST_ROWS}
            )
    return kept


def _rows_of_workbook(name: str, data: bytes) -> list[Row]:
    damaged = _(
        "Fișierul Excel este deteriorat sau nu este .xlsx. Salvează-l din nou și reîncearcă."
    )
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableFileError(damaged) from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise UnreadableFileError(
            _("Fișierul Excel ține mult mai mult decât o listă de vehicule. Copiază lista singură")
            + " "
            + _("într-un fișier nou.")
        )
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise UnreadableFileError(
            _("„%(name)s” nu este un fișier Excel (.xlsx). Primim .xlsx și CSV.")
            % {"name": name[:80]}
        )
    try:
        return _first_sheet(data)
    except UnreadableFileError:
        raise
    except Exception as error:  # openpyxl raises whatever it meets in a broken file
        raise UnreadableFileError(damaged) from error


def _first_sheet(data: bytes) -> list[Row]:
    """The rows of the first visible sheet that holds anything."""
    from openpyxl import load_workbook  # of weight: only who imports a workbook waits for it

    book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()
            rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
            found = _capped([_cell(value) for value in row] if any(row) else [] for row in rows)
            if any(found):
                return found
        return []
    finally:
        book.close()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "da" if value else "nu"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return f"{value:%d.%m.%Y}"
    return str(value).translate(_CEDILLAS)
