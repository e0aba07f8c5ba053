"""The table of the list as its template shows it: texts, classes and addresses, made once in
Python, so that the template of a row stays flat."""

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

from caraus.core.formatting import day_in_brief, day_in_full
from caraus.fleet.templatetags.fleet import issue_labels
from caraus.transports import display
from caraus.transports.models import Transport
from caraus.workspace.columns import COLUMNS
from caraus.workspace.filters import Asked
from caraus.workspace.pagination import ORDERS

# A row names so many documents of a UIT.
DOCUMENTS = 2
# On paper the days themselves stand in the place of these.
_NOT_PRINTED = (
    *(display.FUTURE, display.TODAY, display.UNDERWAY),
    *(display.ENDS_TODAY, display.ENDS_TOMORROW),
)
_ENDS_SOON = (display.ENDS_TODAY, display.ENDS_TOMORROW)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; `address` orders the list by it, "" where nothing does."""

    label: str
    width: str = ""
    address: str = ""
    # As ARIA says it: "ascending", "descending", "" where the list is in another order.
    order: str = ""


def heads(asked: Asked, columns: frozenset[str]) -> list[Head]:
    """Return the heads of the chosen columns, in the order of the cells."""

    def head(label: str, sort: str | None, width: str = "") -> Head:
        if sort is None:
            return Head(label, width)
        direction = "descending" if ORDERS[sort].newest_first else "ascending"
        return Head(label, width, asked.link(sortare=sort), direction * (asked.sortare == sort))

    without_head = {"data", "documente"} if "referinta" in columns else {"data"}
    shared = dict.fromkeys(("referinta", "documente"), papers_label(columns))
    both_seen = {"vazut", "modificat"} <= columns
    return [
        head("UIT", "uit", "wide-uit"),
        head(gettext("Transport"), "transport", "wide-status"),
        *(
            head(
                shared.get(name) or str(column.head or column.label),
                column.sort,
                "wide-seen-of-two" if both_seen and column.width == "wide-seen" else column.width,
            )
            for name, column in COLUMNS.items()
            if name in columns - without_head
        ),
    ]


def papers_label(columns: frozenset[str]) -> str:
    """Return the head of the column that reference and documents share."""
    if "referinta" in columns:
        return gettext("Referință, documente") if "documente" in columns else gettext("Referință")
    return gettext("Documente") if "documente" in columns else ""


class Row(TypedDict):
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
    # Drawn once for all rows of the page that it is the same in.
    state: SafeString
    validity: SafeString
    issues: list[str]
    declarant_name: str
    declarant_cui: str
    start: str
    end: str
    plate: str
    trailer1: str
    trailer2: str
    vehicle_note: str
    reference: str
    documents: list[str]
    more_documents: str


def rows(
    transports: Iterable[Transport], *, columns: frozenset[str], today: date, with_company: bool
) -> list[Row]:
    """Return the rows of a page, in its order."""
    before, after = detail_url()
    copy_label = gettext("Copiază UIT {uit}")

    @cache
    def state_and_validity(days: Days) -> tuple[SafeString, SafeString]:
        return _state_and_validity(days, columns=columns, today=today)

    return [
        _row(
            transport,
            cells=state_and_validity(Days.of(transport, today=today)),
            url=f"{before}{transport.pk}{after}",
            copy_label=copy_label.format(uit=transport.uit),
            company=str(transport.company) if with_company else "",
        )
        for transport in transports
    ]


def detail_url() -> tuple[str, str]:
    """Return what stands before and after the key in the address of a UIT's page: reversing the
    address of each row would take longer than all else of it."""
    before, _key, after = reverse("workspace:detail", args=[0]).rpartition("0")
    return before, after


def _row(
    transport: Transport,
    *,
    cells: tuple[SafeString, SafeString],
    url: str,
    copy_label: str,
    company: str,
) -> Row:
    state, validity = cells
    plate, trailer1, trailer2 = transport.current_vehicle
    more = len(transport.documents) - DOCUMENTS
    issues = issue_labels(transport)
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
        "state": state,
        "validity": validity,
        "issues": issues,
        "declarant_name": transport.declarant_name or "—",
        "declarant_cui": transport.declarant_cui,
        "start": display.place_title(transport.start),
        "end": display.place_title(transport.end),
        "plate": plate,
        "trailer1": trailer1,
        "trailer2": trailer2,
        "vehicle_note": _vehicle_note(transport, plate),
        "reference": transport.declarant_ref,
        "documents": [str(each.get("text", "")) for each in transport.documents[:DOCUMENTS]],
        "more_documents": gettext("și încă {n}").format(n=more) if more > 0 else "",
    }


@dataclass(frozen=True, slots=True)
class Days:
    """All of a UIT that its state and its validity are shown from, beside the clock."""

    # A key of `present.STATUSES`.
    status: str
    transport_date: date | None
    first_expired_day: date | None
    is_computed: bool

    @classmethod
    def of(cls, transport: Transport, *, today: date) -> Self:
        return cls(
            display.status(transport, today=today).key,
            transport.transport_date,
            transport.first_expired_day,
            transport.expiry_computed,
        )


def _state_and_validity(
    days: Days, *, columns: frozenset[str], today: date
) -> tuple[SafeString, SafeString]:
    """Draw the state with the day of transport, and the cell of the validity."""
    status = display.STATUSES[days.status]
    transport = Transport(
        transport_date=days.transport_date, first_expired_day=days.first_expired_day
    )
    context: dict[str, object] = {
        "status": status,
        "pill_class": _pill_class(transport, status, today=today),
        "day_on_paper": _on_paper(days.transport_date),
    }
    if "data" in columns and status is not display.TODAY:
        context["day"] = day_in_brief(days.transport_date, today=today)
        context["day_title"] = gettext("Data transportului: {day}").format(
            day=day_in_full(days.transport_date, today=today)
        )
    state = render_to_string("workspace/_state.html", context)
    if "valabilitate" not in columns:
        return state, SafeString()
    until, until_on_paper = _until(transport, status, today=today)
    is_unsure = status is display.MISSING
    context = {
        "is_delisted": status is display.DELISTED,
        "left": display.validity_left(transport, today=today),
        "left_class": f"validity-words{' no-print' * bool(until)}{' is-unsure' * is_unsure}",
        "bar": display.validity_bar(transport, status, today=today),
        "title": display.validity(transport, today=today),
        "until": until,
        "until_on_paper": until_on_paper,
        "is_computed": days.is_computed,
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


def _vehicle_note(transport: Transport, plate: str) -> str:
    """Say that the vehicle was changed: which one was declared, where it is another."""
    if not transport.vehicle_changes:
        return ""
    if plate == transport.plate:
        return gettext("schimbat după declarare")
    return gettext("declarat: {plate}").format(plate=transport.plate or "—")


def _until(transport: Transport, status: display.Status, *, today: date) -> tuple[str, str]:
    """Say until when it is, or was, valid: on screen and on paper."""
    last = transport.last_valid_day
    if last is None:
        return "", ""
    is_over = status is display.EXPIRED
    sentence = gettext("a fost valabil până {day}") if is_over else gettext("până {day}")
    until = sentence.format(day=day_in_brief(last, today=today))
    hour = ", 24:00"
    return f"{until}{hour * (status in _ENDS_SOON)}", sentence.format(day=_on_paper(last)) + hour
