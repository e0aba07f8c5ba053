"""What a cell of a list holds: a counter, a phone, a person, a total. Pure."""

import re
from collections.abc import Callable, Collection
from itertools import pairwise

from caraus.core.formatting import folded

_COUNTER = re.compile(r"(\d{1,6})[.)]?")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)?\d(?:[\s.\-/()]{0,2}\d){8,13}(?!\w)")
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.\-]*[.\-]?(?:[^\W\d_]+\.?)?")
_TOTAL = re.compile(r"(?:sub)?total|numartotal|nrtotal|totalgeneral")
# No person is called so: makes of vehicles and trailers, what their colours and bodies are.
_NO_PERSON = {
    *("volvo", "man", "daf", "scania", "iveco", "renault", "mercedes", "benz", "actros", "ford"),
    *("krone", "schmitz", "cargobull", "kogel", "schwarzmuller", "wielton", "koegel", "fliegl"),
    *("alb", "alba", "rosu", "negru", "gri", "verde", "albastru", "camion", "tractor", "srl", "sa"),
    *("prelata", "frigo", "frigorific", "cisterna", "bena", "semiremorca", "remorca", "service"),
    *("transport", "trans", "logistic", "euro", "firma", "flota", "auto", "parc", "in", "la"),
}


def is_counter(cells: Collection[str]) -> bool:
    """Return whether a column counts its rows: whole numbers that rise, whatever the first."""
    numbers = [int(match[1]) for cell in cells if (match := _COUNTER.fullmatch(cell))]
    if len(numbers) < 2 or len(numbers) * 10 < len(cells) * 9:
        return False
    return all(before < after for before, after in pairwise(numbers))


def is_count(cell: str) -> bool:
    """Return whether the cell may count a row."""
    return _COUNTER.fullmatch(cell) is not None


def is_number(cell: str) -> bool:
    """Return whether the cell is a count, a year, a date, an amount: nothing that shows what a row
    is about."""
    return not any(sign.isalpha() for sign in cell)


def phone(cell: str) -> str:
    """Return the phone in the cell as it is kept: „+40 733 222 111” → „+40733222111”; "" for
    none."""
    match = _PHONE.search(cell)
    if match is None:
        return ""
    digits = "".join(sign for sign in match[0] if sign.isdigit())
    return f"+{digits}" if match[0].startswith("+") else digits


def without_phone(cell: str) -> str:
    """Return the rest of the cell."""
    return _PHONE.sub(" ", cell).strip(" /,;:-–|\t\n")


def is_phone(cell: str) -> bool:
    """Return whether the cell is a phone and nothing else."""
    return bool(phone(cell)) and not without_phone(cell)


def is_person(cell: str) -> bool:
    """Return whether the cell looks like the name of a person: some words of letters, each
    capitalized."""
    parts = cell.split()
    return (
        2 <= len(parts) <= 4
        and all(_NAME.fullmatch(part) and part[0].isupper() for part in parts)
        and not any(folded(part) in _NO_PERSON for part in parts)
    )


def is_total(row: Collection[str]) -> bool:
    """Return whether the row sums up the others: „Total: 2 buc.”."""
    cells = [cell for cell in row if cell]
    if not cells or not _TOTAL.match(folded(cells[0])):
        return False
    return not any(re.search(r"\d{6}", cell) for cell in cells) and len(cells[0]) <= 60


def share(cells: Collection[str], holds: Callable[[str], object]) -> float:
    """Return, of the cells that hold something, the share that holds this."""
    return sum(bool(holds(cell)) for cell in cells) / len(cells) if cells else 0.0
