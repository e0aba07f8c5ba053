"""Which row of a list is its head, what each column holds, and which rows are no rows of it.

What a list is about (vehicles, companies) brings a `ListFormat`. The head is looked for in the
first ten rows; what *is* in a column says more than its head.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from caraus.core.formatting import folded, gettext_lazy
from caraus.lists import contents
from caraus.lists.spreadsheets import Row, UnreadableFileError
from caraus.lists.workbook import MAX_LIST_CELL_LENGTH

HEAD_WITHIN = 10
MOST_TITLES = 3
# A column that is not read.
NOTHING = ""
# Why a row is skipped.
SKIPPED = {
    "head": gettext_lazy("capul de tabel"),
    "title": gettext_lazy("titlu"),
    "total": gettext_lazy("total"),
    "counter": gettext_lazy("numai numărul curent"),
}

type NumberedRow = tuple[int, Row]


@dataclass(frozen=True, slots=True)
class ColumnRole:
    """What a column may hold; `heading` finds it in the folded word above the column."""

    name: str
    label: str
    heading: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ListFormat:
    """Lists about one kind of thing. `has_key`: whether a cell surely names one of them;
    `complete`: the roles of all columns, from what is in them and what their heads say."""

    roles: tuple[ColumnRole, ...]
    has_key: Callable[[str], bool]
    complete: Callable[[Mapping[int, list[str]], Mapping[int, str], str], dict[int, str]]
    # The roles of which one has to be among the columns.
    keys: frozenset[str]
    # What stands in a row beyond the columns, when somebody writes more there.
    beyond: str = NOTHING

    def role_of_heading(self, cell: str) -> str:
        """Return the role that a head names; "" for none."""
        heading = folded(cell)
        if not heading or len(heading) > 40 or self.has_key(cell):
            return NOTHING
        return next((role.name for role in self.roles if role.heading.search(heading)), NOTHING)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a list is read: the number of the row that is its head, and the role of each column."""

    head: int | None
    roles: tuple[str, ...]

    def cells(self, row: Row, *names: str) -> list[str]:
        """Return what the row has in the columns of these roles."""
        return [cell for cell, role in zip(row, self.roles, strict=False) if role in names and cell]


def recognize(rows: Sequence[NumberedRow], form: ListFormat, delimiter: str = "") -> Layout:
    """Recognize the layout of a list. Raises UnreadableFileError where there is nothing to read."""
    if not rows:
        raise UnreadableFileError(gettext("Lista este goală: nu are niciun rând cu text."))
    head = _head(rows, form)
    named: dict[int, str] = {}
    body = rows
    if head is not None:
        named = {at: form.role_of_heading(cell) for at, cell in enumerate(rows[head][1])}
        body = rows[head + 1 :]
        if not body:
            raise UnreadableFileError(gettext("Lista are numai capul de tabel."))
    width = max(len(row) for _, row in rows)
    sums_up = [row for _, row in body if not contents.is_total(row)] or [row for _, row in body]
    columns = {at: [row[at] for row in sums_up if at < len(row) and row[at]] for at in range(width)}
    roles = form.complete(columns, {at: role for at, role in named.items() if role}, delimiter)
    number = None if head is None else rows[head][0]
    return Layout(number, tuple(roles.get(at, NOTHING) for at in range(width)))


def _head(rows: Sequence[NumberedRow], form: ListFormat) -> int | None:
    """Return the row among the first with the most heads; no row after the first with a key."""
    width = max(sum(1 for cell in row if cell) for _, row in rows)
    best, most = None, 0
    for index, (_, row) in enumerate(rows[:HEAD_WITHIN]):
        if any(form.has_key(cell) for cell in row):
            break
        named = sum(1 for cell in row if form.role_of_heading(cell))
        # A single word over a list of many columns is its title.
        is_title = width > 1 and sum(1 for cell in row if cell) < 2
        if named > most and not is_title:
            best, most = index, named
    return best


def skipped_rows(rows: Sequence[NumberedRow], form: ListFormat, layout: Layout) -> dict[int, str]:
    """Return, by the number of each row that is none of the list's, which of SKIPPED it is."""
    keys = [at for at, role in enumerate(layout.roles) if role in form.keys]
    head = next((row for number, row in rows if number == layout.head), None)
    with_key = (index for index, (_, row) in enumerate(rows) if any(map(form.has_key, row)))
    first_key = next(with_key, 0)
    skipped = {}
    for index, (number, row) in enumerate(rows):
        if any(map(form.has_key, row)):
            continue
        if layout.head is None:
            is_title = index < first_key <= MOST_TITLES and sum(map(bool, row)) == 1
        else:
            is_title = number < layout.head or (len(layout.roles) > 1 and _names_group(row, keys))
        if row == head:
            skipped[number] = "head"
        elif contents.is_total(row):
            skipped[number] = "total"
        elif _has_counter_alone(row, keys):
            skipped[number] = "counter"
        elif is_title:
            skipped[number] = "title"
    return skipped


def _names_group(row: Row, keys: Collection[int]) -> bool:
    """Return whether a row has a single cell, of words, where its name or number would be."""
    filled = [at for at, cell in enumerate(row) if cell]
    return (
        len(filled) == 1
        and filled[0] in {0, *keys}
        and not any(sign.isdigit() for sign in row[filled[0]])
    )


def _has_counter_alone(row: Row, keys: Collection[int]) -> bool:
    filled = [at for at, cell in enumerate(row) if cell]
    return len(filled) == 1 and filled[0] not in keys and contents.is_count(row[filled[0]])


def too_long(row: Row) -> str:
    """Say what is wrong with a row with a cell that was cut; "" for others."""
    if any(len(cell) > MAX_LIST_CELL_LENGTH for cell in row):
        return gettext("Rândul este prea lung: o celulă are cel mult %(most)d de caractere.") % {
            "most": MAX_LIST_CELL_LENGTH
        }
    return ""
