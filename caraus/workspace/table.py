"""The table of the list: texts, classes and addresses of its rows, made in Python, so that the
template of a row stays flat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import TypedDict

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from caraus.core.formatting import plural
from caraus.filings.rows import change_pill
from caraus.fleet.templatetags.fleet import issue_labels
from caraus.transports import display
from caraus.transports.models import Mark, Transport
from caraus.workspace.columns import BEFORE_STATE, LIST_COLUMNS, ListLayout
from caraus.workspace.filters import ListFilters
from caraus.workspace.listing import CappedCount
from caraus.workspace.pagination import ORDERS, Page
from caraus.workspace.state_cells import Validity, draw_state, draw_validity
from caraus.workspace.urgency import GROUPS, Group, folded_ranks

# Documents of a UIT that its row names.
DOCUMENTS_PER_ROW = 2


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

    without_head = {"transport_date"} | ({"documents"} if "reference" in columns else set())
    shared = dict.fromkeys(("reference", "documents"), papers_label(columns))

    def selected(key: str) -> ColumnHead:
        column = LIST_COLUMNS[key]
        return head(shared.get(key) or str(column.head or column.label), column.sort, column.width)

    return [
        *(selected(key) for key in BEFORE_STATE if key in columns),
        head(gettext("Stare"), "transport_date", "wide-status"),
        *(
            selected(key)
            for key in LIST_COLUMNS
            if key in columns - without_head and key not in BEFORE_STATE
        ),
        head("UIT", "uit", "wide-uit"),
    ]


def papers_label(columns: frozenset[str]) -> str:
    """Return the head of the column that reference and documents share."""
    if "reference" in columns:
        return gettext("Referință, documente") if "documents" in columns else gettext("Referință")
    return gettext("Documente") if "documents" in columns else ""


class TableRow(TypedDict):
    """What the list shows of a UIT; "" where it shows nothing. A dictionary, in which Django's
    templates look up quicker than in an object; its texts are escaped once, for the template
    writes most of them several times."""

    pk: SafeString
    uit: SafeString
    uit_spans: SafeString
    url: SafeString
    copy_label: SafeString
    company: SafeString
    # Seconds since 1970, for list.js.
    first_seen: SafeString
    last_changed: SafeString
    first_seen_at: datetime
    last_changed_at: datetime
    # Drawn once for all rows of the page that share it; "" of a UIT that is dealt with.
    state: SafeString
    validity: SafeString
    issues: list[str]
    declarant_name: SafeString
    declarant_cui: SafeString
    start: SafeString
    end: SafeString
    # What a person said of it, and who; "" where nobody did.
    mark: SafeString
    mark_kind: str
    is_dealt_with: bool
    plate: SafeString
    trailer1: SafeString
    trailer2: SafeString
    vehicle_note: SafeString
    # Where a change of its vehicle is filed; "" where it may no longer be, or not by the reader.
    filing_url: SafeString
    reference: SafeString
    documents: list[str]
    more_documents: str


def table_rows(
    transports: Iterable[Transport],
    *,
    layout: ListLayout,
    today: date,
    with_company: bool,
    may_file: bool,
) -> list[TableRow]:
    """Return the rows of a page, in its order."""
    to_detail, to_filing = detail_url(), _split_url("filings:new")
    copy_label = gettext("Copiază UIT {uit}")

    cells: dict[Validity, tuple[SafeString, SafeString]] = {}
    rows = []
    for transport in transports:
        status = display.status(transport, today=today)
        validity = Validity.of_transport(transport, status)
        if validity not in cells:
            cells[validity] = (
                draw_state(transport, status, layout=layout, today=today),
                draw_validity(transport, status, layout=layout, today=today),
            )
        row = _row(
            transport,
            cells=cells[validity],
            url=str(transport.pk).join(to_detail),
            filing_url=str(transport.pk).join(to_filing)
            if may_file and _may_change(transport, today)
            else "",
            copy_label=copy_label.format(uit=transport.uit),
            company=str(transport.company) if with_company else "",
        )
        rows.append(row)
    return rows


def detail_url() -> tuple[str, str]:
    """Return the address of a UIT's page before and after the key: to reverse the address of each
    row would take longer than the rest of the row."""
    return _split_url("workspace:detail")


def _split_url(name: str) -> tuple[str, str]:
    before, _key, after = reverse(name, args=[0]).rpartition("0")
    return before, after


def _may_change(transport: Transport, today: date) -> bool:
    """Return whether the vehicle of the UIT can still be changed at ANAF, by what a row knows."""
    return transport.state in Transport.OPEN_STATES and not transport.is_over_on(today)


def _row(
    transport: Transport,
    *,
    cells: tuple[SafeString, SafeString],
    url: str,
    filing_url: str,
    copy_label: str,
    company: str,
) -> TableRow:
    state, validity_cell = cells
    plate, trailer1, trailer2 = transport.current_vehicle
    more = len(transport.documents) - DOCUMENTS_PER_ROW
    issues = issue_labels(transport)
    mark: Mark | None = getattr(transport, "mark", None)
    is_dealt_with = mark is not None and mark.is_dealt_with
    if transport.unreadable_fields:
        issues.append(gettext("câmpuri necitite"))
    return {
        "pk": SafeString(transport.pk),
        "uit": _safe(transport.uit),
        "uit_spans": _uit_spans(transport.uit),
        "url": SafeString(url),
        "copy_label": _safe(copy_label),
        "company": _safe(company),
        "first_seen": SafeString(int(transport.first_seen_at.timestamp())),
        "last_changed": SafeString(int(transport.last_changed_at.timestamp())),
        "first_seen_at": transport.first_seen_at,
        "last_changed_at": transport.last_changed_at,
        "state": SafeString() if is_dealt_with else state + change_pill(transport),
        "validity": validity_cell,
        "issues": issues,
        "declarant_name": _safe(transport.declarant_name or "—"),
        "declarant_cui": _safe(transport.declarant_cui),
        "start": _safe(display.place_title(transport.start)),
        "end": _safe(display.place_title(transport.end)),
        "mark": _safe(_mark_label(transport)),
        "mark_kind": mark.kind if mark else "",
        "is_dealt_with": is_dealt_with,
        "plate": _safe(plate),
        "trailer1": _safe(trailer1),
        "trailer2": _safe(trailer2),
        "vehicle_note": _safe(_vehicle_note(transport, plate)),
        "filing_url": SafeString(filing_url),
        "reference": _safe(transport.declarant_ref),
        "documents": [
            str(document.get("text", "")) for document in transport.documents[:DOCUMENTS_PER_ROW]
        ],
        "more_documents": gettext("și încă {n}").format(n=more) if more > 0 else "",
    }


def _safe(text: str) -> SafeString:
    """Escape a text once; Django's own `escape` takes three times as long, for lazy texts."""
    return SafeString(escape(text))


def _uit_spans(uit: str) -> SafeString:
    """Return the code in fours."""
    return SafeString("".join(f"<span>{escape(group)}</span>" for group in display.uit_groups(uit)))


def _mark_label(transport: Transport) -> str:
    """Format „descărcat · Ana Pop”; "" without a mark."""
    mark: Mark | None = getattr(transport, "mark", None)
    if mark is None:
        return ""
    name: str | None = getattr(transport, "mark_by_name", None)
    return " · ".join(filter(None, [mark.get_kind_display(), name]))


@dataclass(frozen=True, slots=True)
class TableSection:
    """Rows under the head of their group; without a group there is one section, without a head."""

    rows: list[TableRow]
    group: Group | None = None
    # All UITs of the group, on all pages.
    number: int = 0
    is_folded: bool = False
    # The query string that opens or closes the group.
    address: str = ""
    # The head of what is no group of the list; `address` then leads to all of it.
    title: str = ""


def table_sections(rows: list[TableRow], page: Page, filters: ListFilters) -> list[TableSection]:
    """Return the rows by group, the closed groups between them."""
    groups = page.groups
    if groups is None:
        return [TableSection(rows)] if rows else []
    by_rank: dict[int, list[TableRow]] = {}
    for transport, row in zip(page.rows, rows, strict=True):
        by_rank.setdefault(transport.urgency, []).append(row)  # type: ignore[attr-defined]
    folded = folded_ranks(filters)
    first = min(by_rank) if by_rank and page.previous else -1
    last = _rank_after(page, filters)
    return [
        TableSection(
            by_rank.get(rank, []),
            group,
            groups.get(rank, 0),
            rank in folded,
            filters.toggle_link(group.key),
        )
        for rank, group in enumerate(GROUPS)
        if rank in by_rank or (rank in folded and groups.get(rank) and first < rank < last)
    ]


def closed_section(rows: list[TableRow], filters: ListFilters, count: CappedCount) -> TableSection:
    """Return the closed UITs that a search found where nothing open fits: „2 încheiate”."""
    title = plural(count.number, "încheiat", "încheiate")
    if count.is_more:
        title = gettext("peste {number}").format(number=title)
    address = "" if len(rows) == count.number else filters.all_address
    return TableSection(rows, title=title, address=address)


def _rank_after(page: Page, filters: ListFilters) -> int:
    """Return the rank at which the next page begins; beyond all ranks on the last page."""
    if page.following is not None:
        return int(page.following.urgency)  # type: ignore[attr-defined]
    if page.next and filters.before:
        return int(filters.before.partition(".")[0])
    return len(GROUPS)


def _vehicle_note(transport: Transport, plate: str) -> str:
    """Return a note on a changed vehicle, with the declared one where it is another."""
    if not transport.vehicle_changes:
        return ""
    if plate == transport.plate:
        return gettext("schimbat după declarare")
    return gettext("declarat: {plate}").format(plate=transport.plate or "—")
