"""A file or a pasted list as rows of cells: CSV in the encodings that Excel writes, and XLSX.

Everything that can't be read raises `UnreadableFileError` with a sentence in Romanian.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import BoundedSemaphore

import structlog
from django.utils.translation import gettext

from caraus.core import bounded_process
from caraus.lists import workbook

log = structlog.get_logger(__name__)

type Row = list[str]

MAX_LIST_ROWS = workbook.MAX_LIST_ROWS
# A web thread waits so long for the reader of a workbook, and so long for its turn.
SECONDS, PATIENCE = 15.0, 5.0
_READING = BoundedSemaphore(2)
_DELIMITERS = "\t;,|"
_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTE = re.compile(r'[ ]*"')
_QUOTED = re.compile(r'[ ]*"((?:[^"]|"")*+)"[ ]*')
# A quoted cell goes on over so many lines at most; what is longer is a stray quotation mark.
_MOST_LINES_OF_CELL = 20
_MOST_SIGNS = 130_000
# Excel's „Text Unicode” is UTF-16.
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CEDILLAS = str.maketrans("şţŞŢ", "șțȘȚ")


class UnreadableFileError(ValueError):
    """A sentence in Romanian: what is wrong with the file and what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of cells, empty ones included so that numbers are the list's own; `delimiter`: what
    parts the cells, "" in a workbook."""

    rows: list[Row]
    delimiter: str = ""

    def numbered(self) -> list[tuple[int, Row]]:
        """Yield the rows that hold something, with their numbers."""
        return [(number, row) for number, row in enumerate(self.rows, start=1) if any(row)]


def read_file(name: str, data: bytes) -> Sheet:
    """Read the rows of a CSV or XLSX file. Raises UnreadableFileError."""
    if not data:
        raise UnreadableFileError(gettext("Fișierul este gol."))
    if data.startswith(b"PK"):
        return Sheet(_rows_of_workbook(name, data))
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
    return read_text(_decoded(data))


def read_text(text: str, *, delimiter: str = "") -> Sheet:
    """Read the rows of a pasted list or of a CSV's text, parted by the sign that parts them best.
    Raises UnreadableFileError."""
    text = text.replace("\0", "").translate(_CEDILLAS).lstrip("\ufeff")
    first, __, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter = first.strip()[4]
        return Sheet(_capped(_split(rest, delimiter), skipped=1), delimiter)
    delimiter = delimiter or _best_delimiter(text)
    return Sheet(_capped(_split(text, delimiter)), delimiter)


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
    lines = _LINE_END.split(text)
    at = 0
    while at < len(lines):
        row, taken = _row(lines, at, delimiter)
        if any(len(cell) > _MOST_SIGNS for cell in row):
            raise UnreadableFileError(
                gettext("Lista nu poate fi citită: un câmp este mult prea lung.")
            )
        yield row
        at += taken


def _row(lines: list[str], at: int, delimiter: str) -> tuple[Row, int]:
    """Return the cells of a row, and of how many lines it is."""
    line, taken = lines[at], 1
    if '"' not in line:
        return line.split(delimiter), taken
    row: Row = []
    start = 0
    while start <= len(line) and len(row) <= workbook.MAX_COLUMNS:
        if _QUOTE.match(line, start):
            if not _end_of_quoted(line, start, delimiter):
                more = lines[at + taken : at + _MOST_LINES_OF_CELL]
                line, on_next_lines = _with_next_lines(line, more, start, delimiter)
                taken += on_next_lines
            end = _end_of_quoted(line, start, delimiter)
            if end and (cell := _QUOTED.match(line, start)):
                row.append(cell[1].replace('""', '"'))
                start = end + 1
                continue
        # A quotation mark too many opens nothing.
        end = line.find(delimiter, start)
        end = len(line) if end < 0 else end
        row.append(_without_stray_mark(line[start:end].strip()))
        start = end + 1
    return row, taken


def _without_stray_mark(cell: str) -> str:
    if cell.count('"') > 1:
        return cell
    return cell.removeprefix('"').removesuffix('"')


def _end_of_quoted(line: str, start: int, delimiter: str) -> int:
    """Return where the quoted cell that starts here ends; 0 where it does not."""
    cell = _QUOTED.match(line, start)
    if cell and (cell.end() == len(line) or line.startswith(delimiter, cell.end())):
        return cell.end()
    return 0


def _with_next_lines(line: str, more: list[str], start: int, delimiter: str) -> tuple[str, int]:
    """Return the row with the lines on which its quoted cell goes on, and how many; a line with
    cells of its own before the mark that would close is another row, and so is each of a single
    column."""
    joined = line
    for taken, following in enumerate(more, start=1):
        joined += "\n" + following
        end = _end_of_quoted(joined, start, delimiter)
        if end and delimiter not in following.partition('"')[0]:
            return (joined, taken) if start or end < len(joined) else (line, 0)
        if end or delimiter in following or not following.strip():
            break
    return line, 0


def _best_delimiter(text: str) -> str:
    """Return the sign that makes the most lines have more than one cell; the first of equals. A
    comma in a few lines is one of a title or a name."""
    lines = [line for line in _LINE_END.split(text) if line.strip()][:50]
    parted = {sign: sum(sign in line for line in lines) for sign in _DELIMITERS}
    if parted[","] * 2 < len(lines):
        parted[","] = 0
    return max(parted, key=lambda sign: parted[sign])


def _capped(rows: Iterable[Row], *, skipped: int = 0) -> list[Row]:
    try:
        return workbook.capped_rows(rows, skipped=skipped)
    except workbook.WorkbookError as error:
        raise UnreadableFileError(_sentence(str(error))) from error


def _rows_of_workbook(name: str, data: bytes) -> list[Row]:
    """Read by a program of its own: its time and memory are bounded (`workbook.py`)."""
    try:
        output = bounded_process.run_bounded(
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
    output = json.loads(output)
    if code := output.get("error"):
        raise UnreadableFileError(_sentence(code, name))
    empty: Row = []
    rows = [empty] * (output["rows"][-1][0] if output["rows"] else 0)
    for number, row in output["rows"]:
        rows[number - 1] = row
    return rows


def _sentence(code: str, name: str = "") -> str:
    """Say what is wrong with the file and what to do."""
    if code == "too_many_rows":
        return gettext("Lista are peste %(most)d de rânduri: împarte-o în mai multe.") % {
            "most": MAX_LIST_ROWS
        }
    if code == "too_large":
        large = gettext("Fișierul Excel ține mult mai mult decât o listă. Copiază lista singură")
        return large + " " + gettext("într-un fișier nou.")
    if code == "no_workbook":
        return gettext("„%(name)s” nu este un fișier Excel (.xlsx). Primim .xlsx și CSV.") % {
            "name": name[:80]
        }
    return gettext(
        "Fișierul Excel este deteriorat sau nu este .xlsx. Salvează-l din nou și reîncearcă."
    )
