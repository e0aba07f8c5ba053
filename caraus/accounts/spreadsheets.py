"""What is written for a spreadsheet."""

import csv
import re
from collections.abc import Iterable
from typing import Protocol

# A spreadsheet takes these for the start of a formula, also after blanks; and whichever of the
# signs between cells it parts a line at, it finds a start of a cell after it.
_FORMULA = re.compile(
    r"(^|[;,|\t\r\n])([\s\"\x00-\x1f\u200b-\u200f\u2060\ufeff]*)(?=[=+\-@＝＋－＠])"
)


def escape_formulas(cell: str) -> str:
    """Change the text so that no part of it can become a formula, at whatever sign a program parts
    it."""
    if cell.startswith(("\t", "\r")):
        return "'" + escape_formulas(cell.lstrip("\t\r"))
    return _FORMULA.sub(r"\1'\2", cell)


class _Writer(Protocol):
    def write(self, text: str, /) -> object: ...


def write_csv(file: _Writer, rows: Iterable[Iterable[str]], *, delimiter: str = ";") -> None:
    """Write the rows with every cell quoted and without formulas; semicolons by default, at which
    spreadsheets in Romanian part a line."""
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([escape_formulas(cell) for cell in row])
