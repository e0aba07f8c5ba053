"""Panou: numbers that agree with the list, charts with their tables, and no query too many."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization
from caraus.core.formatting import today
from caraus.fleet.models import Issue
from caraus.sync.models import CompanyDay, SyncRun, SyncState
from caraus.transports.models import Transport, UnreadableRecord
from caraus.web import dashboard
from caraus.web.dashboard import build_dashboard
from tests import factories
from tests.squeezed import squeezed
from tests.transports.test_views import transport


@pytest.fixture
def authorized(organization: Organization, company: Company) -> Company:
    now = timezone.now()
    factories.authorization(organization)
    SyncState.objects.create(
        company=company,
        last_attempt_at=now,
        last_good_at=now,
        next_sync_at=now + timedelta(minutes=5),
    )
    return company


def asked(company: Company, *, new: int, age: float | None, days_ago: int = 0) -> None:
    """A question that found so many new UITs, in a list so many seconds old."""
    at = timezone.now() - timedelta(days=days_ago)
    SyncRun.objects.create(
        company=company, started_at=at, finished_at=at, outcome="ok", new=new, age=age
    )


def figure(page: str, name: str) -> str:
    found = re.search(rf'data-figure="{name}".*?figure-number">(.*?)</span>', page, re.DOTALL)
    assert found
    return found[1].strip()


def test_what_expired_is_to_be_checked_until_it_is_dealt_with(
    signed_in: Client, authorized: Company
) -> None:
    for number, state in enumerate(("expired", "active", "missing", "delisted")):
        uit = f"1A2B3C4D5E6F7H{number:02}"
        transport(authorized, uit=uit, state=state, first_expired_day=today())
    transport(authorized, state="expired", first_expired_day=today() - timedelta(days=7))
    page = squeezed(signed_in.get("/").content.decode())
    assert figure(page, "problems") == "3"
    assert 'href="/transporturi/?arata=azi-noapte">3 expirate, de lămurit' in page
    assert figure(page, "active") == "0"


def test_today_in_one_glance_and_each_figure_leads_to_its_list(
    signed_in: Client, authorized: Company
) -> None:
    def in_days(number: int) -> Any:
        return today() + timedelta(days=number)

    states: list[dict[str, Any]] = [
        {},
        {"transport_date": in_days(2), "first_expired_day": in_days(7)},
        {"first_expired_day": in_days(1), "transport_date": in_days(-4)},
        {"first_expired_day": in_days(2), "transport_date": in_days(-3)},
        {"state": "missing", "transport_date": in_days(-1)},
        {"first_expired_day": in_days(0), "transport_date": in_days(-5)},
        {"state": "delisted"},
    ]
    for number, fields in enumerate(states):
        transport(authorized, f"UIT{number}", **fields)
    odd = Transport.objects.get(uit="UIT1")
    Issue.objects.create(
        company=authorized, transport=odd, code="not_in_fleet", place="plate", plate="B12ABC"
    )
    now = timezone.now()
    UnreadableRecord.objects.create(
        company=authorized, digest="d", raw="{}", reason="?", first_seen_at=now, last_seen_at=now
    )
    asked(authorized, new=3, age=120, days_ago=1)
    asked(authorized, new=2, age=60)
    page = squeezed(signed_in.get("/").content.decode())
    assert [figure(page, name) for name in ("active", "new", "ending", "problems")] == [
        *("5", "5", "1", "4"),
    ]
    assert "azi 2, ieri 3" in page
    for name, address in (
        ("active", ""),
        ("ending", "?arata=expira"),
    ):
        assert f'href="/transporturi/{address}" data-figure="{name}"' in page
        rows = signed_in.get(f"/transporturi/{address}").context["page"].rows
        # The list holds what has expired and what was delisted of late too.
        assert str(len(rows) - 2 * (address == "")) == figure(page, name)
    for address, said in (
        ("?probleme=1", "1 cu probleme"),
        ("?arata=neregasite", "1 lipsă la ANAF"),
    ):
        assert f'href="/transporturi/{address}">{said}</a>' in page
        assert len(signed_in.get(f"/transporturi/{address}").context["page"].rows) == 1
    # Not found and with a problem too, a UIT is looked at once.
    missing = Transport.objects.get(state="missing")
    Issue.objects.create(
        company=authorized, transport=missing, code="not_in_fleet", place="plate", plate="B12ABC"
    )
    page = squeezed(signed_in.get("/").content.decode())
    assert figure(page, "problems") == "4"
    assert ">2 cu probleme</a>" in page


def test_the_sums_of_a_day_come_from_the_questions(authorized: Company) -> None:
    asked(
        authorized, new=40, age=None
    )  # the first answer of all: nobody knows how long they waited
    asked(authorized, new=1, age=60)
    asked(authorized, new=3, age=300)
    asked(authorized, new=0, age=9000)
    day = CompanyDay.objects.get()
    assert (day.appeared, day.timed, day.waited, day.longest) == (44, 4, 960, 300)
    membership = Membership(organization=authorized.organization, role="owner")
    last = build_dashboard(membership).days[-1]
    assert (last.appeared, last.waited, last.longest) == (44, 4.0, 5.0)


def test_charts_have_a_title_and_a_table_with_every_number(
    signed_in: Client, authorized: Company
) -> None:
    asked(authorized, new=7, age=90, days_ago=3)
    page = squeezed(signed_in.get("/").content.decode())
    assert page.count('role="img"') == 2
    assert "7 UIT-uri noi în ultimele 30 de zile" in page
    tables = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert [table.count("<tr>") for table in tables] == [30, 1]
    assert ">7</td>" in tables[0]
    assert ">1,5</td>" in tables[1]
    assert 'style="' not in page


def test_no_other_company_is_counted(client: Client, authorized: Company) -> None:
    other = factories.company(authorized.organization, cui=factories.OTHER_CUI)
    transport(authorized, "UIT1")
    transport(other, "UIT2")
    asked(other, new=9, age=60)
    kept = factories.member(authorized.organization, "viewer")
    membership = Membership.objects.get(user=kept)
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(authorized)
    shown = build_dashboard(membership)
    assert (shown.active.number, shown.new) == (1, 0)


def test_a_great_number_is_counted_no_further_than_worth_it(
    signed_in: Client, authorized: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "COUNT_LIMIT", 2)
    for number in range(3):
        transport(authorized, f"UIT{number}")
    assert figure(squeezed(signed_in.get("/").content.decode()), "active") == "peste 2"


def test_the_number_of_queries_is_constant(signed_in: Client, authorized: Company) -> None:
    counts = set()
    for more in (1, 12):
        for number in range(more):
            one = factories.company(authorized.organization, cui=f"{more}{number}")
            SyncState.objects.create(company=one, last_code="http_5xx")
            transport(one, "UIT1")
            asked(one, new=1, age=60, days_ago=number)
        with CaptureQueriesContext(database) as queries:
            assert signed_in.get("/").status_code == 200
        counts.add(len(queries))
    assert len(counts) == 1


def test_before_the_first_authorization_home_leads_to_the_button(
    signed_in: Client, company: Company
) -> None:
    assert signed_in.get("/")["Location"] == "/integrari/"


def test_a_dead_authorization_and_an_outage_are_told(
    signed_in: Client, authorized: Company
) -> None:
    SyncState.objects.update(last_code="http_5xx", error_since=timezone.now())
    page = squeezed(signed_in.get("/").content.decode())
    assert "ANAF nu răspunde din" in page
    assert "Răspunde." not in page
    authorized.organization.authorizations.update(status="reauthorize")
    page = squeezed(signed_in.get("/").content.decode())
    assert 'data-authorization-colour="red"' in page
    assert "Nu este interogat: nicio autorizare nu este activă." in page
    assert "Răspunde." not in page
