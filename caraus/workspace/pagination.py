"""Pages of the list by the place of a row, so that the thousandth costs what the first costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Q, QuerySet

from caraus.transports.models import Transport
from caraus.transports.models.fields import DayOrUnknown

PAGE_SIZE = 50
_DAYS = {
    field.name: field
    for field in Transport._meta.concrete_fields
    if isinstance(field, DayOrUnknown)
}
# What was answered whole, and what is only searched, is not for a list.
_NOT_SHOWN = ("raw", "extra", "search_text")
_TEXTS = frozenset({"uit", "sort_vehicle", "sort_declarant", "sort_route", "sort_reference"})


def _moment(text: str) -> datetime:
    """PostgreSQL takes fewer offsets from UTC than Python."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """A field and a direction; the key breaks ties in the same direction. An index serves each."""

    field: str
    newest_first: bool = True

    def by(self, *, backwards: bool) -> list[str]:
        sign = "-" if self.newest_first != backwards else ""
        return [f"{sign}{self.field}", f"{sign}pk"]

    def beyond(self, place: str, *, backwards: bool) -> Q | None:
        """The rows beyond a place; None when the place cannot be read."""
        text, _, key = place.rpartition(".")
        try:
            value = self._value(text)
            pk = int(key)
        except (ValueError, OverflowError):
            return None
        if not 0 <= pk < 2**63:
            return None
        way = "lt" if self.newest_first != backwards else "gt"
        # The first condition says nothing more, but an index begins at it.
        near = Q(**{f"{self.field}__{way}e": value})
        return near & (Q(**{f"{self.field}__{way}": value}) | Q(**{f"pk__{way}": pk}))

    def _value(self, text: str) -> date | datetime | str:
        if self.field in _DAYS:
            return date.fromisoformat(text)
        return text if self.field in _TEXTS else _moment(text)

    def place(self, row: Transport) -> str:
        value = getattr(row, self.field)
        if value is None:
            value = _DAYS[self.field].unknown
        return f"{value if isinstance(value, str) else value.isoformat()}.{row.pk}"


ORDERS = {
    "": Order("first_seen_at"),
    "modificate": Order("last_changed_at"),
    "transport": Order("transport_date"),
    "expira": Order("first_expired_day", newest_first=False),
    "uit": Order("uit", newest_first=False),
    "vehicul": Order("sort_vehicle", newest_first=False),
    "declarant": Order("sort_declarant", newest_first=False),
    "ruta": Order("sort_route", newest_first=False),
    "referinta": Order("sort_reference", newest_first=False),
}


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Transport, ...]
    # The places from which the neighbouring pages go on; "" where there is none.
    previous: str
    next: str

    def __iter__(self) -> Iterator[Transport]:
        return iter(self.rows)


def page(rows: QuerySet[Transport], *, sort: str = "", after: str = "", before: str = "") -> Page:
    """Return the rows after (or before) a place; from the start where it cannot be read."""
    order = ORDERS[sort]
    place = before or after
    beyond = order.beyond(place, backwards=bool(before)) if place else None
    backwards = bool(before) and beyond is not None
    if beyond is not None:
        rows = rows.filter(beyond)
    # One row more tells whether another page follows.
    in_order = rows.defer(*_NOT_SHOWN).order_by(*order.by(backwards=backwards))
    transports = list(in_order[: PAGE_SIZE + 1])
    more, transports = len(transports) > PAGE_SIZE, transports[:PAGE_SIZE]
    if backwards:
        transports.reverse()
    has_previous, has_next = (more, True) if backwards else (beyond is not None, more)
    return Page(
        rows=tuple(transports),
        previous=order.place(transports[0]) if transports and has_previous else "",
        next=order.place(transports[-1]) if transports and has_next else "",
    )
