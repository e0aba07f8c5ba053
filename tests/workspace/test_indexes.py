"""Conditions of the list that its indexes answer themselves, without looking at other rows."""

import pytest
from django.db import connection

from caraus.accounts import access
from caraus.accounts.models import Membership, User
from caraus.core.formatting import today
from caraus.transports.models import Transport
from caraus.workspace import listing, pagination
from caraus.workspace.filters import ListFilters
from tests.workspace.conftest import MakeTransport


def drop_other_indexes(name: str) -> None:
    """Leave the planner no other choice; the transaction of the test takes it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'transports_transport' AND "
            "indexname NOT IN (SELECT conname FROM pg_constraint) AND indexname <> %s",
            [name],
        )
        for (index,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{index}"')
        cursor.execute("SET LOCAL enable_seqscan = off")


@pytest.mark.parametrize(
    ("query", "index", "columns"),
    [
        ({"q": "b07"}, "list_search", ("organization_id", "search_text")),
        ({"vehicul": "b07"}, "list_search", ("organization_id", "search_text")),
        ({"loc": "cj"}, "list_search", ("organization_id", "search_text")),
        ({"de_la": "2025-10-06"}, "list_by_newest", ("organization_id", "transport_date")),
        ({"pana_la": "2025-10-26"}, "list_by_newest", ("organization_id", "transport_date")),
    ],
)
def test_an_index_serves_the_whole_condition(
    make: MakeTransport, owner: User, query: dict[str, str], index: str, columns: tuple[str, ...]
) -> None:
    make()
    visible = access.visible(Transport.objects.all(), Membership.objects.get(user=owner))
    filters = ListFilters.from_query(query | {"arata": "toate"})
    rows = listing.filter_transports(filters, visible, None, today=today())
    drop_other_indexes(index)
    plan = rows.order_by(*pagination.ORDERS["newest"].order_by(backwards=False))[:50].explain()
    assert index in plan
    conditions = [line for line in plan.splitlines() if "Index Cond:" in line]
    assert len(conditions) == 1, plan
    for column in columns:
        assert f"({column} " in conditions[0], plan
