"""The first sheet of an XLSX file as rows: a program of its own, without Django.

It runs under `caraus.core.bounded_process`:

`python -m caraus.lists.workbook < list.xlsx > rows.json`: `{"rows": [[number, […]], …]}`, or
`{"error": "…"}` with one of the codes of `spreadsheets.py`. A file of some kilobytes can hold rows
and cells without end: all is counted before it is kept, and the process is bounded besides.
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

MAX_LIST_ROWS = 5000
# The last row of a sheet; empty ones are counted, not kept.
LAST_ROW = 1_048_576
MAX_COLUMNS = 50
MAX_CELLS = MAX_LIST_ROWS * MAX_COLUMNS
# A longer cell is kept so long and a sign more, by which its row is known to be too long.
MAX_LIST_CELL_LENGTH = 500
# What an XLSX may hold once unpacked: a real list of 5000 vehicles has less than a tenth.
MAX_UNPACKED_BYTES = 16_000_000
MAX_PARTS = 300
CPU_SECONDS, MEGABYTES = 8, 1024
_ROW = re.compile(rb"<row\b[^>]*?\sr=[\"'](\d{1,100})")
_CEDILLAS = str.maketrans("şţŞŢ", "șțȘȚ")

type Row = list[str]


class WorkbookError(Exception):
    """The file is not taken; the text is the error's code."""


def capped_rows(rows: Iterable[Row], *, skipped: int = 0) -> list[Row]:
    """Return at most MAX_LIST_ROWS rows that hold something; empty ones keep the numbers right."""
    empty: Row = []
    capped = [empty] * skipped
    full = 0
    for row in rows:
        cells = [cell.strip()[: MAX_LIST_CELL_LENGTH + 1] for cell in row[:MAX_COLUMNS]]
        is_full = any(cells)
        capped.append(cells if is_full else empty)
        full += is_full
        if full > MAX_LIST_ROWS + 1:  # a heading is no vehicle
            raise WorkbookError("too_many_rows")
        if len(capped) > LAST_ROW:
            raise WorkbookError("damaged")
    return capped


def read_rows(data: bytes) -> list[Row]:
    """Read the rows of the first visible sheet that holds anything. Raises WorkbookError."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check(archive)
        return _first_sheet(data)
    except (WorkbookError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever it meets in a broken file
        raise WorkbookError("damaged") from error


def _check(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise WorkbookError("too_large")
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise WorkbookError("no_workbook")
    for part in parts:
        if part.filename.startswith("xl/worksheets/"):
            content = archive.read(part)
            if any(int(number) > LAST_ROW for number in _ROW.findall(content)):
                raise WorkbookError("damaged")
            if content.count(b"<c ") + content.count(b"<c>") + content.count(b"<c/") > MAX_CELLS:
                raise WorkbookError("too_large")


def _first_sheet(data: bytes) -> list[Row]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=LAST_ROW, max_col=MAX_COLUMNS, values_only=True)
        sheet_rows = capped_rows(
            [_cell(value) for value in row] if any(row) else [] for row in rows
        )
        if any(sheet_rows):
            return sheet_rows
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
    """Read a file, write its rows or its error."""
    limit_resources(cpu_seconds=CPU_SECONDS, megabytes=MEGABYTES)
    try:
        rows = read_rows(sys.stdin.buffer.read())
        full = [(number, row) for number, row in enumerate(rows, start=1) if row]
        output: dict[str, object] = {"rows": full}
    except WorkbookError as error:
        output = {"error": str(error)}
    except MemoryError:
        output = {"error": "too_large"}
    json.dump(output, sys.stdout)


if __name__ == "__main__":
    main()
