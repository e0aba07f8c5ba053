"""Firme as an accountant reads it: the state of every client at once, the worst first."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.sync.models import SyncState
from caraus.transports.models import Transport, UnreadableRecord
from tests import factories

CUIS = ("14399840", "900010100", "900020201", "900030302")


def order(client: Client, query: str = "") -> list[str]:
    """The CUIs in the order of the page."""
    page = client.get(f"/firme/?{query}").content.decode()
    return re.findall(r'data-cui="(\d+)"', page)


@pytest.fixture
def clients(organization: Organization) -> dict[str, Company]:
    """Four firms: all well; one refused by ANAF; one with an outage; one with an unread record."""
    authorization = factories.authorization(organization)
    now = timezone.now()
    found = {}
    for number, name in enumerate(("bine", "fara_drept", "pana", "necitit")):
        company = factories.company(organization, cui=CUIS[number], name=f"{4 - number} {name}")
        found[name] = company
        refused = name == "fara_drept"
        CompanyRight.objects.create(
            authorization=authorization,
            company=company,
            state=CompanyRight.State.NO_RIGHT if refused else CompanyRight.State.COVERED,
            checked_at=now,
        )
        SyncState.objects.create(
            company=company,
            last_attempt_at=now,
            last_good_at=None if refused else now - timedelta(minutes=10 * number),
            last_code="http_5xx" if name == "pana" else "",
        )
    for number in range(3):
        Transport.objects.create(
            company=found["bine"],
            uit=f"UIT{number}",
            transport_date=now.date(),
            # The third is over.
            first_expired_day=now.date() + timedelta(days=3 if number < 2 else -3),
            first_seen_at=now,
            last_seen_at=now,
            last_changed_at=now,
        )
    UnreadableRecord.objects.create(
        company=found["necitit"],
        digest="d",
        raw="r",
        reason="r",
        first_seen_at=now,
        last_seen_at=now,
    )
    return found


def test_the_worst_stands_first(signed_in: Client, clients: dict[str, Company]) -> None:
    cuis = order(signed_in)
    assert cuis[0] == clients["fara_drept"].cui
    assert cuis[-1] == clients["bine"].cui
    assert len(cuis) == 4


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("ordine=denumire", "necitit"),
        ("ordine=sincronizare", "fara_drept"),
        ("ordine=uit", "bine"),
    ],
)
def test_any_column_orders(
    signed_in: Client, clients: dict[str, Company], query: str, first: str
) -> None:
    assert order(signed_in, query)[0] == clients[first].cui


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("stare=probleme", {"fara_drept", "pana", "necitit"}),
        ("stare=fara-drept", {"fara_drept"}),
        ("q=RO+14399840", {"bine"}),
        ("q=NECITIT", {"necitit"}),
        ("q=nimic", set()),
        ("stare=prostii&ordine=prostii", {"bine", "fara_drept", "pana", "necitit"}),
    ],
)
def test_it_is_filtered(
    signed_in: Client, clients: dict[str, Company], query: str, left: set[str]
) -> None:
    assert set(order(signed_in, query)) == {clients[name].cui for name in left}


def test_each_row_says_what_is_wrong_and_what_is_active(
    signed_in: Client, clients: dict[str, Company]
) -> None:
    page = signed_in.get("/firme/?ordine=uit").content.decode()
    rows = {
        found[1]: found[0]
        for found in re.finditer(r'<tr class="row.*?data-cui="(\d+)".*?</tr>', page, re.DOTALL)
    }
    assert ">2</a>" in rows[clients["bine"].cui]
    assert "niciuna" in rows[clients["bine"].cui]
    # What the pill says is not said again: the row goes on with what to do.
    refused = rows[clients["fara_drept"].cui]
    assert re.findall("drept în SPV|nu are drept", refused) == ["drept în SPV"]
    assert "Cere-i firmei dreptul" in refused
    assert "Serviciul ANAF" in rows[clients["pana"].cui]
    assert "Înregistrări necitite: 1" in rows[clients["necitit"].cui]


def test_an_authorization_that_died_is_every_clients_problem(
    signed_in: Client, clients: dict[str, Company]
) -> None:
    Authorization.objects.update(
        status=Authorization.Status.REAUTHORIZE, last_failure_code="refused"
    )
    page = signed_in.get("/firme/?stare=probleme").content.decode()
    assert len(re.findall(r'data-tone="bad"', page)) == 4


def test_three_hundred_clients_ask_the_database_no_more_often_than_three(
    signed_in: Client,
    organization: Organization,
    clients: dict[str, Company],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    Company.objects.bulk_create(
        Company(organization=organization, cui=str(10_000_000 + number), name=f"Firma {number}")
        for number in range(300)
    )
    with django_assert_max_num_queries(30):
        assert len(order(signed_in)) == 304
