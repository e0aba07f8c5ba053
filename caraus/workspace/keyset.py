"""Pages of the list by the place of a row, so that the thousandth costs what the first costs."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import JSONField, Q, QuerySet
from django.db.models.expressions import RawSQL

from caraus.queries import Part
from caraus.transports.models import Transport
from caraus.transports.models.fields import DayOrUnknown

PAGE_SIZE = 50


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
            value: date | datetime = date.fromisoformat(text) if self.is_day else _moment(text)
            pk = int(key)
        except (ValueError, OverflowError):
            return None
        if not 0 <= pk < 2**63:
            return None
        way = "lt" if self.newest_first != backwards else "gt"
        # The first condition says nothing more, but an index begins at it.
        near = Q(**{f"{self.field}__{way}e": value})
        return near & (Q(**{f"{self.field}__{way}": value}) | Q(**{f"pk__{way}": pk}))

    @property
    def is_day(self) -> bool:
        return self.field in _DAYS

    def place(self, row: Transport) -> str:
        value = getattr(row, self.field)
        if value is None:
            value = _DAYS[self.field].unknown
        return f"{value.isoformat()}.{row.pk}"


ORDERS = {
    "": Order("first_seen_at"),
    "modificate": Order("last_changed_at"),
    "transport": Order("transport_date"),
    "expira": Order("first_expired_day", newest_first=False),
}


# What was answered whole is not for a list.
_FIELDS = [field for field in Transport._meta.concrete_fields if field.name not in {"raw", "extra"}]
_NAMES = frozenset(field.attname for field in _FIELDS)
_COLUMNS = ", ".join(f'row."{field.column}"' for field in _FIELDS)
_JSON = [at for at, field in enumerate(_FIELDS) if isinstance(field, JSONField)]


_DAYS = {field.name: field for field in _FIELDS if isinstance(field, DayOrUnknown)}
_DAYS_AT = [(at, field) for at, field in enumerate(_FIELDS) if isinstance(field, DayOrUnknown)]


class TooManyError(Exception):
    """More than are worth putting in order by themselves."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: tuple[Transport, ...]
    # The places from which the neighbouring pages go on; "" where there is none.
    previous: str
    next: str
    # How many there are in all, where the first page could tell it by the way.
    total: int | None = None

    def __iter__(self) -> Iterator[Transport]:
        return iter(self.rows)


def page(
    found: QuerySet[Any],
    companies: Collection[int],
    *,
    sort: str = "",
    after: str = "",
    before: str = "",
    per_company: bool = True,
    most: int | None = None,
) -> Page:
    """The rows after (or before) a place. With `per_company`, an index is walked in each company:
    the right way unless a search has already narrowed the rows to few. `found` may be of another
    model with the list's fields and the UITs' keys. Raises TooManyError when more than
    `most` are found.
    """
    order = ORDERS[sort]
    backwards = bool(before)
    place = before or after
    beyond = order.beyond(place, backwards=backwards) if place else None
    if beyond is None:
        backwards, place = False, ""
    else:
        found = found.filter(beyond)
    by = order.by(backwards=backwards)
    try:
        picked = _walked(found, companies, by) if per_company else _sorted(found, by, most)
        rows, total = _rows(picked, by)
    except EmptyResultSet:
        rows, total = [], None
    if most is not None and total is not None and total > most:
        raise TooManyError
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(place), more)
    return Page(
        rows=tuple(rows),
        previous=order.place(rows[0]) if rows and has_previous else "",
        next=order.place(rows[-1]) if rows and has_next else "",
        total=None if per_company or place else total,
    )


def _sorted(found: QuerySet[Any], by: Sequence[str], most: int | None) -> Part:
    """The keys of the first rows of all, and how many all are: no more than one above `most`."""
    place = by[0].removeprefix("-")
    each = found.order_by().values_list("pk", place)
    if most is not None:
        each = each[: most + 1]
    text, values = each.query.sql_with_params()
    way = "DESC" if by[0][0] == "-" else "ASC"
    picked = f"""
        SELECT each.id, count(*) OVER () FROM ({text}) AS each (id, place)
        ORDER BY each.place {way}, each.id {way} LIMIT {PAGE_SIZE + 1}
    """  # noqa: S608 - our own names, Django's own SQL # nosec B608
    return picked, values


def _walked(found: QuerySet[Transport], companies: Collection[int], by: Sequence[str]) -> Part:
    """The keys of the first rows of each company, one more than a page has, and of these the
    first."""
    if len(companies) > 1:
        found = found.filter(company=RawSQL("looked_at.company", ()))
    place = by[0].removeprefix("-")
    each = found.order_by(*by).values_list("pk", place)[: PAGE_SIZE + 1]
    text, values = each.query.sql_with_params()
    way = "DESC" if by[0][0] == "-" else "ASC"
    walked = f"""
        SELECT each.id, NULL::bigint FROM unnest(%s::bigint[]) AS looked_at (company)
        CROSS JOIN LATERAL ({text}) AS each (id, place)
        ORDER BY each.place {way}, each.id {way} LIMIT {PAGE_SIZE + 1}
    """  # noqa: S608 - our own names, Django's own SQL # nosec B608
    return walked, (list(companies), *values)


def _rows(picked: Part, by: Sequence[str]) -> tuple[list[Transport], int | None]:
    """The first rows of those picked (keys, how many in all), and one more, by which is known that
    there is a next page; and how many all are, where that was picked too."""
    text, values = picked
    order = ", ".join(
        f"row.{name.removeprefix('-').replace('pk', 'id')}{' DESC' if name[0] == '-' else ''}"
        for name in by
    )
    asked = f"""
        SELECT {_COLUMNS}, picked.total FROM ({text}) AS picked (id, total)
        JOIN transports_transport AS row ON row.id = picked.id
        ORDER BY {order} LIMIT {PAGE_SIZE + 1}
    """  # noqa: S608 - our own names, Django's own SQL # nosec B608
    with connection.cursor() as cursor:
        cursor.execute(asked, values)
        found = cursor.fetchall()
    return [_made(list(row[:-1])) for row in found], found[0][-1] if found else None


def _made(values: list[Any]) -> Transport:
    """`RawQuerySet` takes twice as long for it."""
    for at in _JSON:
        values[at] = json.loads(values[at])
    for at, field in _DAYS_AT:
        values[at] = field.known(values[at])
    return Transport.from_db(connection.alias, _NAMES, values)
