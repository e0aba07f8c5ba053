"""Firme as an accountant reads it: the state of every client at once, the worst first."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from caraus.accounts.models import AuditLogEntry, Company, Organization, User
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.fleet.models import Vehicle
from caraus.sync.limiter import permits
from caraus.sync.models import RateLimiter, SyncState
from caraus.transports.models import Transport, UnreadableRecord
from tests import factories
from tests.squeezed import squeezed

CUIS = ("14399840", "900010100", "900020201", "900030302")


def order(client: Client, query: str = "") -> list[str]:
    """Return the CUIs in the order of the page."""
    page = client.get(f"/firme/?{query}").content.decode()
    return re.findall(r'data-cui="(\d+)"', page)


@pytest.fixture
def clients(organization: Organization) -> dict[str, Company]:
    """Four firms: all well; one refused by ANAF; one with an outage; one with an unread record."""
    authorization = factories.authorization(organization)
    now = timezone.now()
    rows = {}
    for number, name in enumerate(("bine", "fara_drept", "pana", "necitit")):
        company = factories.company(organization, cui=CUIS[number], name=f"{4 - number} {name}")
        rows[name] = company
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
            company=rows["bine"],
            uit=f"UIT{number}",
            transport_date=now.date(),
            # The third is over.
            first_expired_day=now.date() + timedelta(days=3 if number < 2 else -3),
            first_seen_at=now,
            last_seen_at=now,
            last_changed_at=now,
        )
    UnreadableRecord.objects.create(
        company=rows["necitit"],
        digest="d",
        raw="r",
        reason="r",
        first_seen_at=now,
        last_seen_at=now,
    )
    return rows


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
        ("stare=fara-uit", {"fara_drept", "pana", "necitit"}),
        ("stare=fara-uit&q=NECITIT", {"necitit"}),
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
        match[1]: match[0]
        for match in re.finditer(r'<tr class="row.*?data-cui="(\d+)".*?</tr>', page, re.DOTALL)
    }
    assert ">2</a>" in rows[clients["bine"].cui]
    assert ">bună<" in rows[clients["bine"].cui]
    # What the pill says is not said again.
    refused = rows[clients["fara_drept"].cui]
    assert re.findall("drept în SPV|nu are drept", refused) == ["drept în SPV"]
    assert "issue-line" not in refused
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


def test_three_hundred_clients_cost_no_more_queries_than_three(
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
        assert len(order(signed_in)) == 25
    page = signed_in.get("/firme/?pagina=13").content.decode()
    assert "301–304" in page
    assert len(re.findall('data-cui="', page)) == 4


def test_the_pages_and_the_orders_keep_tab_and_search(
    signed_in: Client, organization: Organization
) -> None:
    Company.objects.bulk_create(
        Company(organization=organization, cui=str(10_000_000 + number), name=f"Firma {number}")
        for number in range(30)
    )
    page = signed_in.get("/firme/?stare=fara-uit&q=Firma&ordine=uit").content.decode()
    assert 'href="?q=Firma&amp;stare=fara-uit&amp;ordine=uit&amp;pagina=2"' in page
    assert 'href="?ordine=denumire&amp;q=Firma&amp;stare=fara-uit"' in page
    assert '<input type="hidden" name="stare" value="fara-uit">' in page


def test_tabs_say_how_many_companies_stand_under_each(
    signed_in: Client, clients: dict[str, Company]
) -> None:
    Company.objects.filter(pk=clients["pana"].pk).update(archived_at=timezone.now())
    for query in ("", "?stare=arhivate", "?stare=fara-drept&q=nimic"):
        page = squeezed(signed_in.get(f"/firme/{query}").content.decode())
        tabs = dict(re.findall(r'href="\?stare=([\w-]+)"[^>]*><span><strong>(\d+)</strong>', page))
        assert tabs == {
            "toate": "3",
            "probleme": "2",
            "fara-drept": "1",
            "fara-uit": "2",
            "arhivate": "1",
        }


def test_an_outage_of_anaf_is_no_companys_own_issue(
    signed_in: Client, clients: dict[str, Company]
) -> None:
    SyncState.objects.update(last_code="http_5xx", last_good_at=timezone.now() - timedelta(hours=3))
    assert len(order(signed_in, "stare=probleme")) == 4
    now = timezone.now()
    RateLimiter.objects.create(
        host=permits.anaf_host(), next_of_all=now, next_of_timer=now, open_since=now
    )
    cuis = {clients[name].cui for name in ("fara_drept", "necitit")}
    assert set(order(signed_in, "stare=probleme")) == cuis


def select(client: Client, do: str, *companies: Company) -> str:
    form = {"ce": do, "firma": [str(company.pk) for company in companies]}
    return str(client.post("/firme/alese/", form)["Location"])


def test_ticked_companies_are_archived_together_and_come_back(
    signed_in: Client, clients: dict[str, Company], stranger: User
) -> None:
    foreign = Company.objects.get(organization__memberships__user=stranger)
    chosen = [clients["bine"], clients["pana"], foreign]
    select(signed_in, "arhiveaza", *chosen)
    foreign.refresh_from_db()
    assert foreign.archived_at is None
    assert set(order(signed_in)) == {clients["fara_drept"].cui, clients["necitit"].cui}
    assert "A arhivat 2 firme: " in AuditLogEntry.objects.filter(action="company").latest("pk").text
    select(signed_in, "restaureaza", *chosen)
    assert len(order(signed_in)) == 4


def test_companies_come_back_only_where_all_of_them_are_below_the_limit(
    signed_in: Client, clients: dict[str, Company], settings: LazySettings
) -> None:
    select(signed_in, "arhiveaza", *clients.values())
    settings.COMPANIES_PER_ORGANIZATION = 3
    select(signed_in, "restaureaza", *clients.values())
    assert "cel mult 3 firme" in signed_in.get("/firme/?stare=arhivate").content.decode()
    assert Company.objects.exclude(archived_at=None).count() == 4


def test_a_link_is_made_for_the_ticked_companies(
    signed_in: Client, clients: dict[str, Company]
) -> None:
    address = select(signed_in, "link", clients["bine"], clients["fara_drept"])
    form = signed_in.get(address).context["form"]
    ticked = [str(box.choice_label) for box in form["companies"] if "checked" in str(box.tag())]
    assert sorted(ticked) == sorted(str(clients[name]) for name in ("bine", "fara_drept"))
    assert select(signed_in, "link") == "/firme/"


def test_a_dispatcher_may_request_a_link_and_archives_nothing(
    organization: Organization, clients: dict[str, Company]
) -> None:
    client = Client()
    client.force_login(factories.member(organization, "dispatcher"))
    assert "integrari" in select(client, "link", clients["bine"])
    form = {"ce": "arhiveaza", "firma": [str(clients["bine"].pk)]}
    assert client.post("/firme/alese/", form).status_code == 403
    assert not Company.objects.exclude(archived_at=None).exists()


def test_a_companys_page_shows_all_about_it(
    signed_in: Client, organization: Organization, clients: dict[str, Company]
) -> None:
    company = clients["bine"]
    factories.member(organization, "viewer")
    Vehicle.objects.create(company=company, plate="B01ABC")
    Vehicle.objects.create(company=company, plate="B01REM", kind="trailer")
    page = signed_in.get(f"/firme/{company.pk}/").content.decode()
    for words in ("1 vehicul", "1 remorcă", f"?firma={company.cui}", "autorizată", "cititor"):
        assert words in page
    assert (
        "nu are drept în SPV"
        in signed_in.get(f"/firme/{clients['fara_drept'].pk}/").content.decode()
    )
    signed_in.post(f"/firme/{company.pk}/", {"name": company.name, "note": "Sună-l pe Dan"})
    company.refresh_from_db()
    assert company.note == "Sună-l pe Dan"
    viewer = Client()
    viewer.force_login(organization.memberships.get(role="viewer").user)
    page = viewer.get(f"/firme/{company.pk}/").content.decode()
    assert "Sună-l pe Dan" in page
    assert "Salvează" not in page
