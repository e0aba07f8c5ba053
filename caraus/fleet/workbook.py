"""The first sheet of an XLSX file as rows: a program of its own, without Django.

It runs under `caraus.core.bounded_process`:

`python -m caraus.fleet.workbook < list.xlsx > rows.json`: `{"rows": [[number, […]], …]}`, or
`{"problem": "…"}` with one of the codes of `sheets.py`. A file of some kilobytes can hold rows and
cells without end: all is counted before it is kept, and the process is bounded besides.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from io import BytesIO
from typing import Any

from caraus.core.bounded_process import limit_resources

MOST_ROWS = 5000
# The last row of a sheet; empty ones are counted, not kept.
LAST_ROW = 1_048_576
MOST_COLUMNS = 50
MOST_CELLS = MOST_ROWS * MOST_COLUMNS
LONGEST_CELL = 500
# What an XLSX may hold once unpacked: a real list of 5000 vehicles has less than a tenth.
MOST_UNPACKED = 16_000_000
MOST_PARTS = 300
CPU_SECONDS, MEGABYTES = 8, 1024
_ROW = re.compile(rb"<row\b[^>]*?\sr=[\"'](\d{1,100})")
_CEDILLAS = str.maketrans("şţŞŢ", "șțȘȚ")

type Row = list[str]


class ProblemError(Exception):
    """The file is not taken; the text is the problem's code."""


def capped(rows: Iterable[Row], *, skipped: int = 0) -> list[Row]:
    """At most MOST_ROWS rows that hold something; empty ones keep the numbers right."""
    empty: Row = []
    kept = [empty] * skipped
    full = 0
    for row in rows:
        cells = [cell.strip()[:LONGEST_CELL] for cell in row[:MOST_COLUMNS]]
        is_full = any(cells)
        kept.append(cells if is_full else empty)
        full += is_full
        if full > MOST_ROWS + 1:  # a heading is no vehicle
            raise ProblemError("too_many_rows")
        if len(kept) > LAST_ROW:
            raise ProblemError("damaged")
    return kept


def rows_of(data: bytes) -> list[Row]:
    """The rows of the first visible sheet that holds anything. Raises ProblemError."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check(archive)
        return _first_sheet(data)
    except (ProblemError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever it meets in a broken file
        raise ProblemError("damaged") from error


def _check(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise ProblemError("too_large")
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise ProblemError("no_workbook")
    for part in parts:
        if part.filename.startswith("xl/worksheets/"):
            content = archive.read(part)
            if any(int(number) > LAST_ROW for number in _ROW.findall(content)):
                raise ProblemError("damaged")
            if content.count(b"<c ") + content.count(b"<c>") + content.count(b"<c/") > MOST_CELLS:
                raise ProblemError("too_large")


def _first_sheet(data: bytes) -> list[Row]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=LAST_ROW, max_col=MOST_COLUMNS, values_only=True)
        found = capped([_cell(value) for value in row] if any(row) else [] for row in rows)
        if any(found):
            return found
    return []


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


def main() -> None:
    """Read a file, write its rows or its problem."""
    limit_resources(cpu_seconds=CPU_SECONDS, megabytes=MEGABYTES)
    try:
        rows = rows_of(sys.stdin.buffer.read())
        full = [(number, row) for number, row in enumerate(rows, start=1) if row]
        answer: dict[str, object] = {"rows": full}
    except ProblemError as error:
        answer = {"problem": str(error)}
    except MemoryError:
        answer = {"problem": "too_large"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
