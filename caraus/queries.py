"""What Django's ORM lacks: many counts in one round trip, many keys as one value."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, Q, QuerySet, Value


def counted(*asked: QuerySet[Any, Any]) -> list[int]:
    """How many rows each gives. Slice what may be many: nothing is counted beyond the slice."""
    parts: list[str] = []
    values: list[Any] = []
    for one in asked:
        try:
            text, given = one.query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({text}) AS counted)")  # noqa: S608 - Django's own SQL
        values += given
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), values)
        return list(cursor.fetchone())


def at_most[M: Model](rows: QuerySet[M], number: int) -> QuerySet[M, dict[str, Any]]:
    """Only keys, in no order, and no more than so many: the cheapest thing to count."""
    return rows.order_by().values("pk")[:number]


def among(keys: Sequence[int]) -> Q:
    """As `pk__in`, but one value for all keys: thousands of them need not be written out."""
    return Q(
        Func(
            F("pk"),
            Value(list(keys), output_field=ArrayField(BigIntegerField())),
            template="%(expressions)s)",
            arg_joiner=" = ANY(",
            output_field=BooleanField(),
        )
    )
