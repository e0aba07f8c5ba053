"""What Django's ORM lacks: many counts in one round trip; the keys that a form names."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def count_each(*querysets: QuerySet[Any, Any]) -> list[int]:
    """Return how many rows each gives. Slice what may be many: nothing is counted beyond the slice.

    The ORM writes each part; it sends a statement for each count, and a page has ten.
    """
    counts: list[str] = []
    values: list[Any] = []
    for rows in querysets:
        text, parameters = _count_of(rows)
        counts.append(text)
        values.extend(parameters)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", values)
        return list(cursor.fetchone())


# More than any page of a list has.
MAX_KEYS = 500


def parse_keys(texts: Sequence[str], *, limit: int | None = MAX_KEYS) -> list[int]:
    """Return the numbers above 0, such as primary keys, that a form or an address names: of the
    first `limit` texts, those that are one."""
    return [key for text in texts[:limit] if (key := parse_key(text))]


def parse_key(text: str) -> int:
    """Return the primary key that a form or an address names; 0, which no row has, for none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _count_of(rows: QuerySet[Any, Any]) -> tuple[str, Sequence[Any]]:
    try:
        text, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return "0", ()
    return f"(SELECT count(*) FROM ({text}) AS rows)", values  # noqa: S608 - Django's own SQL # nosec B608
