"""The order of the list as it opens: what is urgent first, in groups that fold."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from caraus.accounts.models import User
from caraus.core.formatting import BUCHAREST, today
from caraus.fleet.models import Issue
from caraus.transports.marks import mark_transports
from caraus.transports.models import Transport
from caraus.workspace import listing, pagination, urgency
from caraus.workspace.filters import ListFilters
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport

LIST = "/transporturi/?arata="


def at_hour(hour: int) -> datetime:
    return datetime.combine(today(), datetime.min.time(), BUCHAREST) + timedelta(hours=hour)


def group_of(row: Transport, hour: int = 8) -> str:
    rows = urgency.with_urgency(Transport.objects.all(), today=today(), now=at_hour(hour))
    ranked: Any = rows.get(pk=row.pk)
    return urgency.GROUPS[ranked.urgency].key


def heads(page: str) -> list[tuple[str, str, str]]:
    """Return, of each group that the page shows: key, count, whether it is open."""
    groups = re.findall(
        r'id="grupa-([a-z-]+)" aria-expanded="(\w+)".*?<strong>(\d+)</strong>', page, re.DOTALL
    )
    return [(key, number, is_open) for key, is_open, number in groups]


@pytest.mark.parametrize(
    ("fields", "hour", "key"),
    [
        ({"first_expired_day": 0, "state": "expired"}, 8, "expirate"),
        ({"first_expired_day": -6, "state": "expired"}, 8, "expirate"),
        ({"first_expired_day": 0}, 8, "expirate"),
        ({"first_expired_day": 1}, 11, "azi"),
        ({"first_expired_day": 1}, 12, "ultimele-ore"),
        ({"first_expired_day": 1, "state": "missing"}, 23, "ultimele-ore"),
        ({"state": "missing"}, 8, "nu-porni"),
        ({"state": "delisted"}, 8, "nu-porni"),
        ({"carrier_cui": factories.OTHER_CUI}, 8, "nu-porni"),
        ({"carrier_cui": factories.CUI}, 8, "restul"),
        ({"first_expired_day": 2}, 8, "maine"),
        ({"first_expired_day": 3}, 8, "restul"),
        ({"first_expired_day": None}, 8, "restul"),
    ],
)
def test_each_uit_stands_in_its_group(
    make: MakeTransport, fields: dict[str, Any], hour: int, key: str
) -> None:
    day = fields.get("first_expired_day")
    if isinstance(day, int):
        fields = fields | {"first_expired_day": today() + timedelta(days=day)}
    assert group_of(make(**fields), hour) == key


def test_an_issue_goes_before_the_days_until_it_is_dealt_with(make: MakeTransport) -> None:
    row = make(first_expired_day=today() + timedelta(days=1))
    issue = Issue.objects.create(
        transport=row, company=row.company, code="not_in_fleet", plate_field="plate", plate="B1"
    )
    assert group_of(row) == "probleme"
    Issue.objects.filter(pk=issue.pk).update(mark="taken")
    assert group_of(row) == "probleme"
    Issue.objects.filter(pk=issue.pk).update(mark="fine")
    assert group_of(row) == "azi"


def test_the_list_opens_with_the_urgent_groups(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    day = today()
    calm = make()
    tomorrow = make(first_expired_day=day + timedelta(days=2))
    done = make(first_expired_day=day + timedelta(days=2))
    mark_transports([done], "unloaded", owner)
    issue = make()
    Issue.objects.create(
        transport=issue, company=issue.company, code="retired", plate_field="plate", plate="B1"
    )
    missing = make(state="missing")
    expired = make(state="expired", first_expired_day=day)
    response = signed_in.get(LIST)
    expected = [expired, missing, issue, tomorrow, calm]
    assert [row.uit for row in response.context["page"]] == [row.uit for row in expected]
    page = page_of(response)
    assert heads(page) == [
        *(("expirate", "1", "true"), ("nu-porni", "1", "true"), ("probleme", "1", "true")),
        *(("maine", "1", "true"), ("restul", "1", "true"), ("rezolvate", "1", "false")),
    ]
    assert "dacă este încă pe drum, oprește-l și cere un UIT valabil" in page


def test_a_group_folds_and_opens_by_its_head(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    calm, missing, done = make(), make(state="missing"), make()
    mark_transports([done], "fine", owner)

    def toggle(page: str, key: str) -> str:
        link = re.search(rf'href="(\?[^"]+)" id="grupa-{key}"', page)
        assert link
        response = signed_in.get(f"/transporturi/{link[1].replace('&amp;', '&')}")
        assert [row.uit for row in response.context["page"]] == [row.uit for row in expected]
        return page_of(response)

    expected = [calm]
    folded = toggle(page_of(signed_in.get(LIST)), "nu-porni")
    assert heads(folded)[0] == ("nu-porni", "1", "false")
    expected = [calm, done]
    opened = toggle(folded, "rezolvate")
    assert heads(opened)[-1] == ("rezolvate", "1", "true")
    expected = [missing, calm, done]
    toggle(opened, "nu-porni")
    # What is searched for is shown, though its group is closed.
    shown_rows = signed_in.get(f"/transporturi/?q={done.uit}").context["page"]
    assert [row.uit for row in shown_rows] == [done.uit]


def test_a_folded_group_stands_once_between_the_pages(
    signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 2)
    for _ in range(2):
        make(state="missing")
        make(first_expired_day=today() + timedelta(days=2))
        make()
    first = signed_in.get("/transporturi/?grupe=maine")
    assert heads(page_of(first)) == [("nu-porni", "2", "true"), ("maine", "2", "false")]
    second = signed_in.get(f"/transporturi/?grupe=maine&dupa={first.context['page'].next}")
    assert heads(page_of(second)) == [("restul", "2", "true")]
    back = signed_in.get(f"/transporturi/?grupe=maine&inainte={second.context['page'].previous}")
    assert heads(page_of(back)) == heads(page_of(first))


def test_an_expired_uit_leaves_when_a_new_one_replaces_it(make: MakeTransport) -> None:
    old = make(plate="B 77 ABC", state="expired", first_expired_day=today())
    make(plate="CJ01XYZ")
    shown = Transport.objects.filter(urgency.is_expired_unresolved(today()))
    assert list(shown.all()) == [old]
    new = make(plate="B77ABC", transport_date=today() + timedelta(days=1))
    assert list(shown.all()) == [old]  # it is not valid yet
    Transport.objects.filter(pk=new.pk).update(transport_date=today())
    assert list(shown.all()) == []


def test_the_past_has_no_urgency(signed_in: Client, make: MakeTransport) -> None:
    make(state="missing")
    page = page_of(signed_in.get("/transporturi/?arata=toate"))
    assert "grupa-" not in page
    assert ListFilters(show="expired").order == ListFilters(show="delisted").order == "newest"


def test_the_database_orders_the_open_uits_alone(make: MakeTransport) -> None:
    """The order is an expression over the rows since last week, not over all of the past."""
    row = make()
    filters = ListFilters()
    rows = Transport.objects.filter(organization=row.organization_id)
    with CaptureQueriesContext(connection) as captured:
        listing.list_page(filters, rows, None, today=today())
    # The keys with the counts of the groups, then the rows of the page by their keys.
    groups, page = [query["sql"] for query in captured]
    since = today() - urgency.EXPIRED_FOR
    assert f"\"first_expired_day\" > '{since}'::date" in groups
    assert 'ARRAY_AGG("transports_transport"."id" ORDER BY' in groups
    assert "GROUP BY 1" in groups
    assert f'"transports_transport"."id" IN ({row.pk})' in page
    assert "CASE" not in page


def test_no_uit_is_searched_for_its_replacement_by_itself(make: MakeTransport) -> None:
    """PostgreSQL joins the expired UITs to the open ones: what is no part of an alternative."""
    make(state="expired", first_expired_day=today())
    rows = listing.filter_transports(ListFilters(), Transport.objects.all(), None, today=today())
    plan = rows.explain()
    assert "Anti Join" in plan
    assert "SubPlan" not in plan


def test_the_groups_are_counted_over_all_pages(
    signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 2)
    for _ in range(5):
        make(state="missing")
    query = LIST
    for _ in range(3):
        response = signed_in.get(query)
        assert heads(page_of(response)) == [("nu-porni", "5", "true")]
        query = f"{LIST}&dupa={response.context['page'].next}"
    assert response.context["page"].next == ""


def test_a_mark_between_two_pages_loses_no_uit(
    signed_in: Client, make: MakeTransport, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row at which the first page ended has gone to another group since."""
    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 2)
    rows = [make() for _ in range(4)]
    page = signed_in.get(LIST).context["page"]
    assert list(page) == rows[:2]
    mark_transports([rows[1]], "fine", owner)
    response = signed_in.get(f"{LIST}&dupa={page.next}")
    assert list(response.context["page"]) == rows[2:]
    assert heads(page_of(response))[0] == ("restul", "3", "true")
