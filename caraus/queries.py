"""What Django's ORM lacks: many counts in one round trip, many keys as one value."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, Value

# SQL with `%s`, and its values.
type Part = tuple[str, Sequence[Any]]


def counted(*asked: QuerySet[Any, Any]) -> list[int]:
    """How many rows each gives. Slice what may be many: nothing is counted beyond the slice."""
    return scalars(*map(count_of, asked))


def count_of(rows: QuerySet[Any, Any]) -> Part:
    """SQL that counts them, to be asked with others."""
    try:
        text, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT 0", ()
    return f"SELECT count(*) FROM ({text}) AS counted", values  # noqa: S608 - Django's own SQL # nosec B608


def scalars(*parts: Part) -> list[Any]:
    """One value of each, all in one statement; None where there is no row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"({text})" for text, _ in parts),
            [value for _, values in parts for value in values],
        )
        return list(cursor.fetchone())


def at_most[M: Model](rows: QuerySet[M], number: int) -> QuerySet[M, dict[str, Any]]:
    """Only keys, in no order, and no more than so many: the cheapest thing to count."""
    return rows.order_by().values("pk")[:number]


def keys_of(rows: QuerySet[Any, Any]) -> tuple[int, str]:
    """How many keys a query of keys gives, and these as PostgreSQL writes an array, for `among`:
    thousands of them need not be made numbers and written out again."""
    text, values = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), coalesce(array_agg(key), '{{}}')::text FROM ({text}) AS keys (key)",  # noqa: S608 - Django's own SQL # nosec B608
            values,
        )
        number, keys = cursor.fetchone()
    return number, keys


def among(keys: Iterable[int] | str) -> Q:
    """As `pk__in`, but one value for all keys, which may be an array as PostgreSQL writes it."""
    text = keys if isinstance(keys, str) else f"{{{','.join(map(str, keys))}}}"
    return Q(
        Func(
            F("pk"),
            Value(text),
            template="%(expressions)s::bigint[])",
            arg_joiner=" = ANY(",
            output_field=BooleanField(),
        )
    )
