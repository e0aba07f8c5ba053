"""A list read as the pages read it, without a database."""

from dataclasses import dataclass

from caraus.fleet.drafts import CheckedVehicleRow, check_vehicle_rows
from caraus.fleet.import_lines import FLEET, read_vehicle_row
from caraus.fleet.models import VehicleKind
from caraus.lists.columns import Layout, ListFormat, NumberedRow, recognize, skipped_rows
from caraus.lists.spreadsheets import Sheet, read_text
from caraus.web import company_import
from caraus.web.company_import import COMPANIES


@dataclass(frozen=True)
class Read:
    rows: list[NumberedRow]
    layout: Layout
    skipped: dict[int, str]

    def to_judge(self) -> list[NumberedRow]:
        return [row for row in self.rows if row[0] not in self.skipped]


def read(source: str | Sheet, form: ListFormat) -> Read:
    sheet = read_text(source) if isinstance(source, str) else source
    rows = sheet.numbered()
    layout = recognize(rows, form, sheet.delimiter)
    return Read(rows, layout, skipped_rows(rows, form, layout))


def fleet(source: str | Sheet) -> tuple[list[CheckedVehicleRow], dict[int, str]]:
    """Return the rows judged beside an empty fleet, and what was skipped."""
    contents = read(source, FLEET)
    rows = [read_vehicle_row(row, contents.layout) for row in contents.to_judge()]
    return check_vehicle_rows(rows, {}, VehicleKind.VEHICLE), contents.skipped


def companies(source: str | Sheet) -> tuple[list[company_import.CheckedCompanyRow], dict[int, str]]:
    contents = read(source, COMPANIES)
    rows = [company_import.read_company_row(row, contents.layout) for row in contents.to_judge()]
    return company_import.check_company_rows(rows, {}), contents.skipped
