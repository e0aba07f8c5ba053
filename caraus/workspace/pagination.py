"""Pages of the list by cursor: the thousandth is as quick as the first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import CharField, Count, F, Q, QuerySet, TextField

from caraus.transports.models import Transport
from caraus.transports.models.fields import DayOrUnknown

TRANSPORTS_PER_PAGE = 50
_DAYS = {
    field.name: field
    for field in Transport._meta.concrete_fields
    if isinstance(field, DayOrUnknown)
}
# What a row says, or what it says follows from; a column that is not read costs nothing.
_SHOWN = (
    *("company", "uit", "state", "transport_date", "first_expired_day", "expiry_computed"),
    *("declarant_cui", "declarant_name", "declarant_ref", "carrier_cui"),
    *("plate", "trailer1", "trailer2", "vehicle_changes", "start", "end", "documents"),
    *("unreadable_fields", "first_seen_at", "last_changed_at", "mark"),
)
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

    field = "first_expired_day"
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
    # How many UITs each group has on all pages, by its rank; None of an order without groups.
    groups: dict[int, int] | None = None

    def __iter__(self) -> Iterator[Transport]:
        return iter(self.rows)


def paginate(
    rows: QuerySet[Transport], *, sort: str = "newest", after: str = "", before: str = ""
) -> Page:
    """Return the rows after (or before) a cursor; the first ones where it cannot be read."""
    order = ORDERS[sort]
    condition, backwards = _read_cursor(order, after, before)
    if condition is not None:
        rows = rows.filter(condition)
    in_order = rows.only(*_SHOWN, order.field).order_by(*order.order_by(backwards=backwards))
    # One row more says whether another page follows.
    transports = list(in_order[: TRANSPORTS_PER_PAGE + 1])
    return _page(transports, order, is_first=condition is None, backwards=backwards, groups=None)


def paginate_groups(
    ranked: QuerySet[Transport],
    rows: QuerySet[Transport],
    *,
    folded: Collection[int] = (),
    after: str = "",
    before: str = "",
) -> Page:
    """Return the page in the urgent order, without the groups that are `folded`.

    `ranked` are the UITs with their urgency, of which the keys are read in one statement with the
    counts; the shown ones are read from `rows` in a second. One statement for all would sort whole
    rows, most of which are not shown, and rank them once more to count them.
    """
    order = UrgentOrder()
    condition, backwards = _read_cursor(order, after, before)
    _, *in_group = order.order_by(backwards=backwards)
    keys = ArrayAgg("pk", filter=condition, order_by=in_group)
    by_group = ranked.order_by().values_list(F("urgency")).annotate(number=Count("pk"), keys=keys)
    groups = sorted(by_group, reverse=backwards)
    in_order = ((key, rank) for rank, _, keys in groups if rank not in folded for key in keys or ())
    rank_of = dict(islice(in_order, TRANSPORTS_PER_PAGE + 1))
    shown = rows.order_by().filter(pk__in=rank_of).only(*_SHOWN)
    by_key = {transport.pk: transport for transport in shown}
    # A row may have gone between the statements.
    transports = [by_key[key] for key in rank_of if key in by_key]
    for transport in transports:
        transport.urgency = rank_of[transport.pk]  # type: ignore[attr-defined]
    numbers = {rank: number for rank, number, _ in groups}
    return _page(transports, order, is_first=condition is None, backwards=backwards, groups=numbers)


def _read_cursor(order: Order | UrgentOrder, after: str, before: str) -> tuple[Q | None, bool]:
    """Return the condition of the cursor, None for the first page, and whether it goes back."""
    cursor = before or after
    condition = order.after_cursor(cursor, backwards=bool(before)) if cursor else None
    return condition, bool(before) and condition is not None


def _page(
    transports: list[Transport],
    order: Order | UrgentOrder,
    *,
    is_first: bool,
    backwards: bool,
    groups: dict[int, int] | None,
) -> Page:
    """Return the page of the rows, read in their order, or against it, and one row beyond."""
    has_more, extra = len(transports) > TRANSPORTS_PER_PAGE, transports[TRANSPORTS_PER_PAGE:]
    transports = transports[:TRANSPORTS_PER_PAGE]
    if backwards:
        transports.reverse()
    has_previous, has_next = (has_more, True) if backwards else (not is_first, has_more)
    return Page(
        rows=tuple(transports),
        previous=order.cursor(transports[0]) if transports and has_previous else "",
        next=order.cursor(transports[-1]) if transports and has_next else "",
        following=None if backwards else next(iter(extra), None),
        groups=groups,
    )
