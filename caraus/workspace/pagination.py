"""Pages of the list by cursor: the thousandth is as quick as the first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import CharField, Q, QuerySet, TextField

from caraus.transports.models import Transport
from caraus.transports.models.fields import DayOrUnknown

TRANSPORTS_PER_PAGE = 50
_DAYS = {
    field.name: field
    for field in Transport._meta.concrete_fields
    if isinstance(field, DayOrUnknown)
}
# The whole record and the text for the search are not for a list.
_NOT_SHOWN = ("raw", "extra", "search_text")
_TEXTS = frozenset(
    field.name
    for field in Transport._meta.concrete_fields
    if isinstance(field, CharField | TextField)
)


def _moment(text: str) -> datetime:
    """Parse a moment into UTC: PostgreSQL takes fewer offsets than Python."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """A field and a direction; the key orders equals in the same direction. Each has an index."""

    field: str
    descending: bool = True

    def order_by(self, *, backwards: bool) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [f"{sign}{self.field}", f"{sign}pk"]

    def after_cursor(self, cursor: str, *, backwards: bool) -> Q | None:
        """Match the rows after (or before) a cursor; None when the cursor cannot be read."""
        text, _, key = cursor.rpartition(".")
        try:
            value = self._value(text)
            pk = int(key)
        except (ValueError, OverflowError):
            return None
        if not 0 <= pk < 2**63:
            return None
        comparison = "lt" if self.descending != backwards else "gt"
        # The first condition adds nothing, but an index begins at it.
        index_start = Q(**{f"{self.field}__{comparison}e": value})
        return index_start & (
            Q(**{f"{self.field}__{comparison}": value}) | Q(**{f"pk__{comparison}": pk})
        )

    def _value(self, text: str) -> date | datetime | str:
        if self.field in _DAYS:
            return date.fromisoformat(text)
        return text if self.field in _TEXTS else _moment(text)

    def cursor(self, row: Transport) -> str:
        value = getattr(row, self.field)
        if value is None:
            value = _DAYS[self.field].unknown
        return f"{value if isinstance(value, str) else value.isoformat()}.{row.pk}"


@dataclass(frozen=True, slots=True)
class UrgentOrder:
    """By the group (`urgency.with_urgency`), then by the end of the validity."""

    descending = False

    def order_by(self, *, backwards: bool) -> list[str]:
        sign = "-" if backwards else ""
        return [f"{sign}{field}" for field in ("urgency", "first_expired_day", "pk")]

    def after_cursor(self, cursor: str, *, backwards: bool) -> Q | None:
        """Match the rows after (or before) a cursor; None when the cursor cannot be read."""
        text, _, rest = cursor.partition(".")
        day, _, key = rest.partition(".")
        try:
            rank, end, pk = int(text), date.fromisoformat(day), int(key)
        except (ValueError, OverflowError):
            return None
        if not (0 <= pk < 2**63 and 0 <= rank < 100):
            return None
        side = "lt" if backwards else "gt"
        later = Q(**{f"first_expired_day__{side}": end}) | Q(
            **{"first_expired_day": end, f"pk__{side}": pk}
        )
        return Q(**{f"urgency__{side}": rank}) | (Q(urgency=rank) & later)

    def cursor(self, row: Transport) -> str:
        end = row.first_expired_day or _DAYS["first_expired_day"].unknown
        return f"{row.urgency}.{end.isoformat()}.{row.pk}"  # type: ignore[attr-defined]


ORDERS: dict[str, Order | UrgentOrder] = {
    "urgent": UrgentOrder(),
    "newest": Order("first_seen_at"),
    "last_changed": Order("last_changed_at"),
    "transport_date": Order("transport_date"),
    "expiry": Order("first_expired_day", descending=False),
    "uit": Order("uit", descending=False),
    "vehicle": Order("sort_vehicle", descending=False),
    "declarant": Order("sort_declarant", descending=False),
    "route": Order("sort_route", descending=False),
    "reference": Order("sort_reference", descending=False),
}


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Transport, ...]
    # The cursors of the neighbouring pages; "" where there is none.
    previous: str
    next: str
    # The row at which the next page begins, where it was read.
    following: Transport | None = None

    def __iter__(self) -> Iterator[Transport]:
        return iter(self.rows)


def paginate(
    rows: QuerySet[Transport], *, sort: str = "newest", after: str = "", before: str = ""
) -> Page:
    """Return the rows after (or before) a cursor; the first ones where it cannot be read."""
    order = ORDERS[sort]
    cursor = before or after
    condition = order.after_cursor(cursor, backwards=bool(before)) if cursor else None
    backwards = bool(before) and condition is not None
    if condition is not None:
        rows = rows.filter(condition)
    # One row more says whether another page follows.
    in_order = rows.defer(*_NOT_SHOWN).order_by(*order.order_by(backwards=backwards))
    transports = list(in_order[: TRANSPORTS_PER_PAGE + 1])
    has_more, extra = len(transports) > TRANSPORTS_PER_PAGE, transports[TRANSPORTS_PER_PAGE:]
    transports = transports[:TRANSPORTS_PER_PAGE]
    if backwards:
        transports.reverse()
    has_previous, has_next = (has_more, True) if backwards else (condition is not None, has_more)
    return Page(
        rows=tuple(transports),
        previous=order.cursor(transports[0]) if transports and has_previous else "",
        next=order.cursor(transports[-1]) if transports and has_next else "",
        following=None if backwards else next(iter(extra), None),
    )
