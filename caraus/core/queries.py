"""What Django's ORM lacks: many counts in one round trip."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

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
