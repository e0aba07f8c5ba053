"""UITs as a spreadsheet: XLSX with real dates and the sums of each company on a second sheet, or
CSV. Text never becomes a formula.

XlsxWriter's constant-memory mode keeps one row in memory; PyPI's other writer, openpyxl, reads the
files back in the tests.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from caraus.accounts.spreadsheets import write_csv
from caraus.core.formatting import BUCHAREST, gettext_lazy, unknown_day
from caraus.fleet import queries as fleet
from caraus.fleet.display import issue_title
from caraus.transports import display
from caraus.transports.models import Transport
from caraus.workspace.company_totals import CompanyTotals

# A sheet has 1,048,576 rows, the heading among them.
MAX_EXPORT_ROWS = 1_048_575
# A cell holds 32,767 characters.
MAX_EXPORT_CELL_LENGTH = 32_000

type Cell = str | date | datetime | None


@dataclass(frozen=True, slots=True)
class FileFormat:
    label: str
    extension: str
    content_type: str
    delimiter: str = ""


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
FILE_FORMATS = {
    "xlsx": FileFormat("Excel (XLSX)", "xlsx", XLSX),
    "csv": FileFormat("CSV (;)", "csv", CSV, ";"),
    "csv-virgula": FileFormat("CSV (,)", "csv", CSV, ","),
}


@dataclass(frozen=True, slots=True)
class ExportColumn:
    title: Any
    # In characters, for XLSX.
    width: int
    value: Callable[[Transport, date], Cell]


def _moment(moment: datetime) -> datetime:
    """Return the time as a clock in Romania shows it: spreadsheets know no time zones."""
    return moment.astimezone(BUCHAREST).replace(tzinfo=None, microsecond=0)


def _place(field: str, name: str) -> Callable[[Transport, date], Cell]:
    return lambda uit, _today: str(getattr(uit, field).get(name) or "")


def _issues(uit: Transport, _today: date) -> Cell:
    return "; ".join(map(issue_title, fleet.issues_of(uit)))


EXPORT_COLUMNS = (
    ExportColumn("UIT", 19, lambda uit, _today: uit.uit),
    ExportColumn(
        gettext_lazy("Stare"), 20, lambda uit, today: str(display.status(uit, today=today).word)
    ),
    ExportColumn(gettext_lazy("Firma"), 28, lambda uit, _today: uit.company.name),
    ExportColumn(gettext_lazy("CUI firmă"), 12, lambda uit, _today: uit.company.cui),
    ExportColumn(gettext_lazy("Data transportului"), 17, lambda uit, _today: uit.transport_date),
    ExportColumn(gettext_lazy("Ultima zi valabilă"), 17, lambda uit, _today: uit.last_valid_day),
    ExportColumn(gettext_lazy("Declarant"), 34, lambda uit, _today: uit.declarant_name),
    ExportColumn(gettext_lazy("CUI declarant"), 14, lambda uit, _today: uit.declarant_cui),
    ExportColumn(gettext_lazy("Referință"), 18, lambda uit, _today: uit.declarant_ref),
    ExportColumn(gettext_lazy("Județ plecare"), 13, _place("start", "county")),
    ExportColumn(gettext_lazy("Loc plecare"), 24, _place("start", "locality")),
    ExportColumn(gettext_lazy("Adresa plecării"), 40, _place("start", "full_address")),
    ExportColumn(gettext_lazy("Județ sosire"), 13, _place("end", "county")),
    ExportColumn(gettext_lazy("Loc sosire"), 24, _place("end", "locality")),
    ExportColumn(gettext_lazy("Adresa sosirii"), 40, _place("end", "full_address")),
    ExportColumn(gettext_lazy("Vehicul"), 12, lambda uit, _today: uit.current_vehicle[0]),
    ExportColumn(gettext_lazy("Remorca 1"), 12, lambda uit, _today: uit.current_vehicle[1]),
    ExportColumn(gettext_lazy("Remorca 2"), 12, lambda uit, _today: uit.current_vehicle[2]),
    ExportColumn(
        gettext_lazy("Documente"),
        40,
        lambda uit, _today: "; ".join(document.get("text", "") for document in uit.documents),
    ),
    ExportColumn(gettext_lazy("Probleme"), 40, _issues),
    ExportColumn(
        gettext_lazy("Câmpuri necitite"),
        40,
        lambda uit, _today: "; ".join(display.unreadable_labels(uit)),
    ),
    ExportColumn(
        gettext_lazy("Văzut prima dată"), 17, lambda uit, _today: _moment(uit.first_seen_at)
    ),
    ExportColumn(
        gettext_lazy("Ultima modificare"), 17, lambda uit, _today: _moment(uit.last_changed_at)
    ),
)


def write_export(
    path: Path,
    file_format: str,
    rows: Iterable[Transport],
    *,
    today: date,
    folder: str | None = None,
) -> None:
    """Write the file; `folder` is for the temporary files of XLSX."""
    if file_format == "xlsx":
        _write_xlsx(path, rows, today, folder)
    else:
        _write_csv(path, _cells(rows, today), FILE_FORMATS[file_format].delimiter)


def _cells(rows: Iterable[Transport], today: date) -> Iterator[list[Cell]]:
    for row in rows:
        yield [column.value(row, today) for column in EXPORT_COLUMNS]


def _write_xlsx(path: Path, rows: Iterable[Transport], today: date, folder: str | None) -> None:
    import xlsxwriter  # larger than all else that a page needs

    # Closed also where reading the rows fails: each sheet holds a file of its own meanwhile.
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder}) as book:
        _write_book(book, rows, today)


def _write_book(book: Any, rows: Iterable[Transport], today: date) -> None:
    sheet = book.add_worksheet(gettext("Transporturi"))
    heading = book.add_format({"bold": True, "bg_color": "#E5EEFB", "bottom": 1})
    day = book.add_format({"num_format": "dd.mm.yyyy", "align": "left"})
    moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm", "align": "left"})
    sheet.freeze_panes(1, 1)
    for number, column in enumerate(EXPORT_COLUMNS):
        sheet.set_column(number, number, column.width)
        sheet.write_string(0, number, str(column.title), heading)
    totals = CompanyTotals(today)
    last = 0
    for last, cells in enumerate(_cells(totals.count_each(rows), today), start=1):
        for number, cell in enumerate(cells):
            if cell is None:
                sheet.write_string(last, number, unknown_day())
            elif isinstance(cell, str):
                sheet.write_string(last, number, cell[:MAX_EXPORT_CELL_LENGTH])
            else:
                # openpyxl and Excel alike read a day as a moment at midnight.
                is_moment = isinstance(cell, datetime)
                sheet.write_datetime(last, number, cell, moment if is_moment else day)
    sheet.autofilter(0, 0, last, len(EXPORT_COLUMNS) - 1)
    _write_totals(book, totals, heading)


def _write_totals(book: Any, totals: CompanyTotals, heading: Any) -> None:
    sheet = book.add_worksheet(gettext("Pe firme"))
    total = book.add_format({"bold": True, "top": 1})
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, len(totals.titles) - 1, 16)
    for number, title in enumerate(totals.titles):
        sheet.write_string(0, number, title, heading)
    for row, cells in enumerate(totals.rows(), start=1):
        style = total if row == totals.last_row else None
        for number, cell in enumerate(cells):
            write = sheet.write_string if isinstance(cell, str) else sheet.write_number
            write(row, number, cell, style)


def _write_csv(path: Path, rows: Iterable[list[Cell]], delimiter: str) -> None:
    """Write with a BOM, by which spreadsheets know the encoding; dates as 2026-11-28."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write_csv(file, [[str(column.title) for column in EXPORT_COLUMNS]], delimiter=delimiter)
        write_csv(file, (map(_text, cells) for cells in rows), delimiter=delimiter)


def _text(cell: Cell) -> str:
    if cell is None:
        return unknown_day()
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return cell if isinstance(cell, str) else cell.isoformat()
