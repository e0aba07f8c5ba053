"""The table of the list: the heads of its columns, and its rows under the heads of their groups."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from caraus.core.formatting import plural
from caraus.workspace.columns import LIST_COLUMNS, cell_keys, papers_label
from caraus.workspace.filters import ListFilters
from caraus.workspace.listing import CappedCount
from caraus.workspace.pagination import ORDERS, Page
from caraus.workspace.urgency import GROUPS, Group, folded_ranks


@dataclass(frozen=True, slots=True)
class ColumnHead:
    """The head of a column; `address` orders the list by it, "" where nothing does."""

    label: str
    width: str = ""
    address: str = ""
    # As ARIA says it: "ascending", "descending", "" where the list is in another order.
    order: str = ""


def column_heads(filters: ListFilters, columns: frozenset[str]) -> list[ColumnHead]:
    """Return the heads of the selected columns, in the order of the cells."""

    def head(label: str, sort: str, width: str = "") -> ColumnHead:
        if not sort:
            return ColumnHead(label, width)
        direction = "descending" if ORDERS[sort].descending else "ascending"
        return ColumnHead(
            label, width, filters.link(sort=sort), direction * (filters.order == sort)
        )

    shared = dict.fromkeys(("reference", "documents"), papers_label(columns))
    always = {
        "state": head(gettext("Stare"), "transport_date", "wide-status"),
        "uit": head("UIT", "uit", "wide-uit"),
    }

    def selected(key: str) -> ColumnHead:
        column = LIST_COLUMNS[key]
        return head(shared.get(key) or str(column.head or column.label), column.sort, column.width)

    return [always.get(key) or selected(key) for key in cell_keys(columns)]


@dataclass(frozen=True, slots=True)
class TableSection:
    """Rows, drawn, under the head of their group; without a group there is one section, without a
    head."""

    rows: SafeString
    group: Group | None = None
    # All UITs of the group, on all pages.
    number: int = 0
    is_folded: bool = False
    # The query string that opens or closes the group.
    address: str = ""
    # The head of what is no group of the list; `address` then leads to all of it.
    title: str = ""


def table_sections(rows: list[SafeString], page: Page, filters: ListFilters) -> list[TableSection]:
    """Return the rows by group, the closed groups between them."""
    groups = page.groups
    if groups is None:
        return [TableSection(_join(rows))] if rows else []
    by_rank: dict[int, list[SafeString]] = {}
    for transport, row in zip(page.rows, rows, strict=True):
        by_rank.setdefault(transport.urgency, []).append(row)  # type: ignore[attr-defined]
    folded = folded_ranks(filters)
    first = min(by_rank) if by_rank and page.previous else -1
    last = _rank_after(page, filters)
    return [
        TableSection(
            _join(by_rank.get(rank, [])),
            group,
            groups.get(rank, 0),
            rank in folded,
            filters.toggle_link(group.key),
        )
        for rank, group in enumerate(GROUPS)
        if rank in by_rank or (rank in folded and groups.get(rank) and first < rank < last)
    ]


def closed_section(
    rows: list[SafeString], filters: ListFilters, count: CappedCount
) -> TableSection:
    """Return the closed UITs that a search found where nothing open fits: „2 încheiate”."""
    title = plural(count.number, "încheiat", "încheiate")
    if count.is_more:
        title = gettext("peste {number}").format(number=title)
    address = "" if len(rows) == count.number else filters.all_address
    return TableSection(_join(rows), title=title, address=address)


def _join(rows: list[SafeString]) -> SafeString:
    return SafeString("".join(rows))


def _rank_after(page: Page, filters: ListFilters) -> int:
    """Return the rank at which the next page begins; beyond all ranks on the last page."""
    if page.following is not None:
        return int(page.following.urgency)  # type: ignore[attr-defined]
    if page.next and filters.before:
        return int(filters.before.partition(".")[0])
    return len(GROUPS)
