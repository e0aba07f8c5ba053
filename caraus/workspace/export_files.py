"""UITs as a spreadsheet: XLSX with real dates, or CSV. Text never becomes a formula.

XlsxWriter's constant-memory mode keeps one row in memory; PyPI's other writer, openpyxl, reads the
files back in the tests.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext, gettext_lazy

from caraus.accounts.spreadsheets import write_csv
from caraus.core.formatting import BUCHAREST, unknown_day
from caraus.fleet import queries as fleet
from caraus.fleet.display import short_label
from caraus.transports import display
from caraus.transports.models import Transport

# A sheet has 1,048,576 rows, the heading among them.
MOST_ROWS = 1_048_575
# A cell has room for 32,767 characters.
LONGEST_CELL = 32_000

type Cell = str | date | datetime | None


@dataclass(frozen=True, slots=True)
class Kind:
    label: str
    extension: str
    content_type: str
    delimiter: str = ""


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
KINDS = {
    "xlsx": Kind("Excel (XLSX)", "xlsx", XLSX),
    "csv": Kind("CSV (;)", "csv", CSV, ";"),
    "csv-virgula": Kind("CSV (,)", "csv", CSV, ","),
}


@dataclass(frozen=True, slots=True)
class Column:
    title: Any
    # In characters, for XLSX.
    width: int
    value: Callable[[Transport, date], Cell]


def _moment(moment: datetime) -> datetime:
    """As a clock in Romania shows it: spreadsheets know no time zones."""
    return moment.astimezone(BUCHAREST).replace(tzinfo=None, microsecond=0)


def _place(field: str, name: str) -> Callable[[Transport, date], Cell]:
    return lambda uit, _today: str(getattr(uit, field).get(name) or "")


def _problems(uit: Transport, _today: date) -> Cell:
    return "; ".join(f"{one.plate} {short_label(one)}" for one in fleet.issues_of(uit))


COLUMNS = (
    Column("UIT", 19, lambda uit, _today: uit.uit),
    Column(
        gettext_lazy("Stare"), 20, lambda uit, today: str(display.status(uit, today=today).word)
    ),
    Column(gettext_lazy("Firma"), 28, lambda uit, _today: uit.company.name),
    Column(gettext_lazy("CUI firmă"), 12, lambda uit, _today: uit.company.cui),
    Column(gettext_lazy("Data transportului"), 17, lambda uit, _today: uit.transport_date),
    Column(gettext_lazy("Ultima zi valabilă"), 17, lambda uit, _today: uit.last_valid_day),
    Column(gettext_lazy("Declarant"), 34, lambda uit, _today: uit.declarant_name),
    Column(gettext_lazy("CUI declarant"), 14, lambda uit, _today: uit.declarant_cui),
    Column(gettext_lazy("Referință"), 18, lambda uit, _today: uit.declarant_ref),
    Column(gettext_lazy("Județ plecare"), 13, _place("start", "county")),
    Column(gettext_lazy("Loc plecare"), 24, _place("start", "locality")),
    Column(gettext_lazy("Adresa plecării"), 40, _place("start", "full_address")),
    Column(gettext_lazy("Județ sosire"), 13, _place("end", "county")),
    Column(gettext_lazy("Loc sosire"), 24, _place("end", "locality")),
    Column(gettext_lazy("Adresa sosirii"), 40, _place("end", "full_address")),
    Column(gettext_lazy("Vehicul"), 12, lambda uit, _today: uit.current_vehicle[0]),
    Column(gettext_lazy("Remorca 1"), 12, lambda uit, _today: uit.current_vehicle[1]),
    Column(gettext_lazy("Remorca 2"), 12, lambda uit, _today: uit.current_vehicle[2]),
    Column(
        gettext_lazy("Documente"),
        40,
        lambda uit, _today: "; ".join(one.get("text", "") for one in uit.documents),
    ),
    Column(gettext_lazy("Probleme"), 40, _problems),
    Column(
        gettext_lazy("Câmpuri necitite"),
        40,
        lambda uit, _today: "; ".join(display.unreadable_words(uit)),
    ),
    Column(gettext_lazy("Prima dată văzut"), 17, lambda uit, _today: _moment(uit.first_seen_at)),
    Column(gettext_lazy("Ultima modificare"), 17, lambda uit, _today: _moment(uit.last_changed_at)),
)


def write(
    path: Path, kind: str, rows: Iterable[Transport], *, today: date, folder: str | None = None
) -> None:
    """Write the file; `folder` is for what XLSX needs on the way."""
    cells = ([column.value(row, today) for column in COLUMNS] for row in rows)
    if kind == "xlsx":
        _write_xlsx(path, cells, folder)
    else:
        _write_csv(path, cells, KINDS[kind].delimiter)


def _write_xlsx(path: Path, rows: Iterable[list[Cell]], folder: str | None) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
    sheet = book.add_worksheet(gettext("Transporturi"))
    heading = book.add_format({"bold": True, "bg_color": "#E5EEFB", "bottom": 1})
    day = book.add_format({"num_format": "dd.mm.yyyy", "align": "left"})
    moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm", "align": "left"})
    sheet.freeze_panes(1, 1)
    for number, column in enumerate(COLUMNS):
        sheet.set_column(number, number, column.width)
        sheet.write_string(0, number, str(column.title), heading)
    last = 0
    for last, cells in enumerate(rows, start=1):
        for number, cell in enumerate(cells):
            if cell is None:
                sheet.write_string(last, number, unknown_day())
            elif isinstance(cell, str):
                sheet.write_string(last, number, cell[:LONGEST_CELL])
            else:
                # openpyxl and Excel alike take a day for a moment at midnight.
                is_moment = isinstance(cell, datetime)
                sheet.write_datetime(last, number, cell, moment if is_moment else day)
    sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    book.close()


def _write_csv(path: Path, rows: Iterable[list[Cell]], delimiter: str) -> None:
    """With a BOM, by which spreadsheets know the diacritics; dates as 2026-11-28."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write_csv(file, [[str(column.title) for column in COLUMNS]], delimiter=delimiter)
        write_csv(file, (map(_text, cells) for cells in rows), delimiter=delimiter)


def _text(cell: Cell) -> str:
    if cell is None:
        return unknown_day()
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return cell if isinstance(cell, str) else cell.isoformat()
