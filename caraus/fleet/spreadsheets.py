"""A file or a pasted list as rows of cells: CSV in the encodings that Excel writes, and XLSX.

Everything that can't be read raises `UnreadableFileError` with a sentence in Romanian.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from threading import BoundedSemaphore

import structlog
from django.utils.translation import gettext

from caraus.core import bounded_process
from caraus.fleet import workbook

log = structlog.get_logger(__name__)

type Row = list[str]

MAX_ROWS = workbook.MAX_ROWS
# A web thread waits so long for the reader of a workbook, and so long for its turn.
SECONDS, PATIENCE = 15.0, 5.0
_READING = BoundedSemaphore(2)
_DELIMITERS = ";\t,|"
# Excel's „Text Unicode” is UTF-16.
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CEDILLAS = str.maketrans("şţŞŢ", "șțȘȚ")


class UnreadableFileError(ValueError):
    """A sentence in Romanian: what is wrong with the file and what to do."""


def rows_of_file(name: str, data: bytes) -> list[Row]:
    """The rows of a CSV or XLSX file, empty ones included so that numbers are the file's own."""
    if not data:
        raise UnreadableFileError(gettext("Fișierul este gol."))
    if data.startswith(b"PK"):
        return _rows_of_workbook(name, data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFileError(
            gettext(
                "Fișierul este în formatul vechi .xls sau are parolă. Deschide-l în Excel și "
                "salvează-l ca .xlsx, fără parolă, sau ca CSV."
            )
        )
    if data.startswith(b"%PDF") or (b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe"))):
        raise UnreadableFileError(
            gettext(
                "Fișierul nu este o listă: primim CSV și Excel (.xlsx). Salveaz-o ca unul din ele."
            )
        )
    return rows_of_text(_decoded(data))


def rows_of_text(text: str) -> list[Row]:
    """The rows of a pasted list or of a CSV's text, parted by the sign that parts it best."""
    text = text.replace("\0", "").translate(_CEDILLAS).lstrip("\ufeff")
    first, __, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return _capped(_split(rest, first.strip()[4]), skipped=1)
    return _capped(_split(text, _delimiter(text)))


def _decoded(data: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    # The two agree in all Romanian letters; only Windows has signs at 0x80 to 0x9F.
    windows = any(0x80 <= byte <= 0x9F for byte in data)
    return data.decode("cp1250" if windows else "iso8859-2", "replace")


def _split(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableFileError(
            gettext(
                "Lista nu poate fi citită: un câmp este mult prea lung sau ghilimelele nu se "
                "închid."
            )
        ) from error


def _delimiter(text: str) -> str:
    """The sign that makes the most lines have more than one cell; the first of equals."""
    sample = "\n".join([line for line in text.splitlines() if line.strip()][:50])

    def score(delimiter: str) -> int:
        try:
            return sum(len(row) > 1 for row in _split(sample, delimiter))
        except UnreadableFileError:
            return 0

    return max(_DELIMITERS, key=score)


def _capped(rows: Iterable[Row], *, skipped: int = 0) -> list[Row]:
    try:
        return workbook.capped_rows(rows, skipped=skipped)
    except workbook.WorkbookError as error:
        raise UnreadableFileError(_sentence(str(error))) from error


def _rows_of_workbook(name: str, data: bytes) -> list[Row]:
    """Read by a program of its own: its time and memory are bounded (`workbook.py`)."""
    try:
        answer = bounded_process.run(
            workbook.__name__, data, seconds=SECONDS, slots=_READING, patience=PATIENCE
        )
    except bounded_process.BusyError as error:
        raise UnreadableFileError(
            gettext(
                "Serverul citește acum alte fișiere. Nu este vina fișierului: încearcă din nou "
                "peste un minut."
            )
        ) from error
    except bounded_process.ChildError as error:
        log.warning("workbook_not_read", why=str(error))
        raise UnreadableFileError(_sentence("too_large")) from error
    answer = json.loads(answer)
    if code := answer.get("error"):
        raise UnreadableFileError(_sentence(code, name))
    empty: Row = []
    rows = [empty] * (answer["rows"][-1][0] if answer["rows"] else 0)
    for number, row in answer["rows"]:
        rows[number - 1] = row
    return rows


def _sentence(code: str, name: str = "") -> str:
    """What is wrong with the file and what to do."""
    if code == "too_many_rows":
        return gettext("Lista are peste %(most)d de rânduri: împarte-o în mai multe.") % {
            "most": MAX_ROWS
        }
    if code == "too_large":
        large = gettext(
            "Fișierul Excel ține mult mai mult decât o listă de vehicule. Copiază lista singură"
        )
        return large + " " + gettext("într-un fișier nou.")
    if code == "no_workbook":
        return gettext("„%(name)s” nu este un fișier Excel (.xlsx). Primim .xlsx și CSV.") % {
            "name": name[:80]
        }
    return gettext(
        "Fișierul Excel este deteriorat sau nu este .xlsx. Salvează-l din nou și reîncearcă."
    )
