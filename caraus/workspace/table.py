"""The table of the list: texts, classes and addresses of its rows, made in Python, so that the
template of a row stays flat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Self, TypedDict

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from caraus.core.formatting import day_in_brief, day_in_full, plural
from caraus.filings.rows import change_pill
from caraus.fleet.templatetags.fleet import issue_labels
from caraus.transports import display
from caraus.transports.models import Mark, Transport
from caraus.workspace.columns import BEFORE_STATE, LIST_COLUMNS, ListLayout
from caraus.workspace.filters import ListFilters
from caraus.workspace.listing import CappedCount
from caraus.workspace.pagination import ORDERS, Page
from caraus.workspace.urgency import GROUPS, Group, folded_ranks

# Documents of a UIT that its row names.
DOCUMENTS_PER_ROW = 2
# On paper the days stand instead of these.
_NOT_PRINTED = (
    *(display.FUTURE, display.TODAY, display.UNDERWAY),
    *(display.ENDS_TODAY, display.ENDS_TOMORROW),
)
_ENDS_SOON = (display.ENDS_TODAY, display.ENDS_TOMORROW)


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
    templates look up quicker than in an object."""

    pk: str
    uit: str
    uit_spans: SafeString
    url: str
    copy_label: str
    company: str
    # Seconds since 1970, for list.js.
    first_seen: str
    last_changed: str
    first_seen_at: datetime
    last_changed_at: datetime
    # Drawn once for all rows of the page that share it.
    state: SafeString
    validity: SafeString
    issues: list[str]
    declarant_name: str
    declarant_cui: str
    start: str
    end: str
    # What a person said of it, and who; "" where nobody did.
    mark: str
    mark_kind: str
    is_dealt_with: bool
    plate: str
    trailer1: str
    trailer2: str
    vehicle_note: str
    # Where a change of its vehicle is filed; "" where it may no longer be.
    filing_url: str
    reference: str
    documents: list[str]
    more_documents: str


def table_rows(
    transports: Iterable[Transport], *, layout: ListLayout, today: date, with_company: bool
) -> list[TableRow]:
    """Return the rows of a page, in its order."""
    to_detail, to_filing = detail_url(), _split_url("filings:new")
    copy_label = gettext("Copiază UIT {uit}")

    @cache
    def state_and_validity(validity: Validity) -> tuple[SafeString, SafeString]:
        return _state_and_validity(validity, layout=layout, today=today)

    return [
        _row(
            transport,
            cells=state_and_validity(Validity.of_transport(transport, today=today)),
            url=str(transport.pk).join(to_detail),
            filing_url=str(transport.pk).join(to_filing) if _may_change(transport, today) else "",
            copy_label=copy_label.format(uit=transport.uit),
            company=str(transport.company) if with_company else "",
        )
        for transport in transports
    ]


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
    if transport.unreadable_fields:
        issues.append(gettext("câmpuri necitite"))
    return {
        "pk": str(transport.pk),
        "uit": transport.uit,
        "uit_spans": _uit_spans(transport.uit),
        "url": url,
        "copy_label": copy_label,
        "company": company,
        "first_seen": str(int(transport.first_seen_at.timestamp())),
        "last_changed": str(int(transport.last_changed_at.timestamp())),
        "first_seen_at": transport.first_seen_at,
        "last_changed_at": transport.last_changed_at,
        "state": state + change_pill(transport),
        "validity": validity_cell,
        "issues": issues,
        "declarant_name": transport.declarant_name or "—",
        "declarant_cui": transport.declarant_cui,
        "start": display.place_title(transport.start),
        "end": display.place_title(transport.end),
        "mark": _mark_label(transport),
        "mark_kind": mark.kind if mark else "",
        "is_dealt_with": mark is not None and mark.is_dealt_with,
        "plate": plate,
        "trailer1": trailer1,
        "trailer2": trailer2,
        "vehicle_note": _vehicle_note(transport, plate),
        "filing_url": filing_url,
        "reference": transport.declarant_ref,
        "documents": [
            str(document.get("text", "")) for document in transport.documents[:DOCUMENTS_PER_ROW]
        ],
        "more_documents": gettext("și încă {n}").format(n=more) if more > 0 else "",
    }


@dataclass(frozen=True, slots=True)
class Validity:
    """The fields of a UIT from which its state and its validity are drawn."""

    # A key of `display.STATUSES`.
    status: str
    transport_date: date | None
    first_expired_day: date | None
    is_computed: bool

    @classmethod
    def of_transport(cls, transport: Transport, *, today: date) -> Self:
        return cls(
            display.status(transport, today=today).key,
            transport.transport_date,
            transport.first_expired_day,
            transport.expiry_computed,
        )


def _state_and_validity(
    validity: Validity, *, layout: ListLayout, today: date
) -> tuple[SafeString, SafeString]:
    """Draw the state with the day of transport, and the cell of the validity."""
    status = display.STATUSES[validity.status]
    transport = Transport(
        transport_date=validity.transport_date, first_expired_day=validity.first_expired_day
    )
    context: dict[str, object] = {
        "status": status,
        "pill_class": _pill_class(transport, status, today=today),
        "day_on_paper": _on_paper(validity.transport_date),
    }
    if "transport_date" in layout.columns and status is not display.TODAY:
        context["day"] = day_in_brief(validity.transport_date, today=today)
        context["day_title"] = gettext("Data transportului: {day}").format(
            day=day_in_full(validity.transport_date, today=today)
        )
    state = render_to_string("workspace/_state.html", context)
    if "validity" not in layout.columns:
        return state, SafeString()
    until, until_on_paper = _until(transport, status, today=today)
    is_unsure = status is display.MISSING
    context = {
        "is_delisted": status is display.DELISTED,
        "left": display.validity_left(transport, today=today),
        "left_class": f"validity-words{' no-print' * bool(until)}{' is-unsure' * is_unsure}",
        "bar": display.validity_bar(transport, status, today=today) if layout.is_airy else None,
        "title": display.validity(transport, today=today),
        "until": until,
        "until_on_paper": until_on_paper,
        "is_computed": validity.is_computed,
    }
    return state, render_to_string("workspace/_validity.html", context)


def _uit_spans(uit: str) -> SafeString:
    """Return the code in fours."""
    return SafeString("".join(f"<span>{escape(group)}</span>" for group in display.uit_groups(uit)))


def _on_paper(day: date | None) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year:04}" if day else ""


def _pill_class(transport: Transport, status: display.Status, *, today: date) -> str:
    just_expired = status is display.EXPIRED and transport.first_expired_day == today
    tone = "bad" if just_expired else status.tone
    return f"pill pill-{tone}{' no-print' if status in _NOT_PRINTED else ''}"


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


def _until(transport: Transport, status: display.Status, *, today: date) -> tuple[str, str]:
    """Return until when a UIT is, or was, valid: on screen and on paper."""
    last = transport.last_valid_day
    if last is None:
        return "", ""
    is_over = status is display.EXPIRED
    sentence = gettext("a fost valabil până {day}") if is_over else gettext("până {day}")
    until = sentence.format(day=day_in_brief(last, today=today))
    hour = ", 24:00"
    return f"{until}{hour * (status in _ENDS_SOON)}", sentence.format(day=_on_paper(last)) + hour
