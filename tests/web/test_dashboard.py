"""Panou: numbers that agree with the list, charts with their tables, and no query too many."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization
from caraus.authorizations.models import CompanyRight
from caraus.core.formatting import today
from caraus.fleet.models import Issue, Vehicle
from caraus.sync.models import CompanyDay, SyncRun, SyncState
from caraus.transports.models import Transport
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


def add_run(company: Company, *, new: int, age: float | None, days_ago: int = 0) -> None:
    """Add a poll that found so many new UITs, in a list so many seconds old."""
    at = timezone.now() - timedelta(days=days_ago)
    SyncRun.objects.create(
        company=company, started_at=at, finished_at=at, outcome="ok", new=new, age=age
    )


def figure(page: str, name: str) -> str:
    match = re.search(rf'data-figure="{name}">\s*<strong>(.*?)</strong>', page, re.DOTALL)
    assert match
    return match[1].strip()


def risks(page: str) -> dict[str, str]:
    """Return the numbers by kind."""
    pattern = r'data-risk="(\w+)".*?class="risk-count">(.*?)</strong>'
    return {kind: number.strip() for kind, number in re.findall(pattern, page, re.DOTALL)}


def in_days(number: int) -> date:
    return today() + timedelta(days=number)


def test_the_first_sentence_says_what_is_fined_and_each_kind_has_its_law(
    signed_in: Client, authorized: Company
) -> None:
    states: list[dict[str, Any]] = [
        {"first_expired_day": in_days(1), "plate": "B12ABC"},
        {"first_expired_day": in_days(1), "plate": "B12ABC"},
        {"first_expired_day": in_days(1), "plate": "CJ77XYZ"},
        {"first_expired_day": in_days(1), "plate": ""},
        {"first_expired_day": in_days(0), "state": "expired", "plate": "GJ91WNX"},
        {"state": "missing", "plate": "VS80KWU"},
        {"plate": "B334VYD"},
        {"first_expired_day": in_days(2)},
    ]
    for number, fields in enumerate(states):
        transport(authorized, f"UIT{number}", **({"transport_date": in_days(-4)} | fields))
    odd = Transport.objects.get(uit="UIT6")
    Issue.objects.create(
        company=authorized, transport=odd, code="not_in_fleet", plate_field="plate", plate="B334VYD"
    )
    page = squeezed(signed_in.get("/").content.decode())
    assert (
        "1 UIT expirat nu este rezolvat; 4 UIT-uri expiră azi la 24:00, pe 2 camioane; 1 UIT "
        "lipsește la ANAF sau are alt transportator; 1 UIT are un vehicul nepotrivit." in page
    )
    assert risks(page) == {"expired": "1", "ends_today": "4", "must_not_start": "1", "vehicle": "1"}
    parts = dict(re.findall(r'data-risk="(\w+)"(.*?)</section>', page, re.DOTALL))
    for kind, plate, law in (
        ("expired", "GJ91WNX", "art. 13¹, amendă de 20.000–100.000 lei"),
        ("ends_today", "CJ77XYZ", "art. 13¹, amendă de 20.000–100.000 lei"),
        ("must_not_start", "VS80KWU", "șoferul 5.000–10.000 lei"),
        ("vehicle", "B334VYD", "art. 8 alin. (1¹)"),
    ):
        assert plate in parts[kind]
        assert law in parts[kind]
        (address,) = re.findall(r'<a href="(/transporturi/[^"]*)">', parts[kind].split("</h3>")[0])
        listed = signed_in.get(address).context["page"].rows
        assert {row.uit for row in listed} >= {
            row.uit for row in Transport.objects.filter(plate=plate)
        }
    assert (figure(page, "active"), figure(page, "tomorrow")) == ("7 UIT-uri active", "1")


def test_without_a_risk_it_says_so_and_what_it_can_not_know(
    signed_in: Client, authorized: Company
) -> None:
    transport(authorized)
    page = squeezed(signed_in.get("/").content.decode())
    assert "Niciun risc de amendă acum, după datele ANAF" in page
    assert "flota este goală" in page
    assert risks(page) == {}
    Vehicle.objects.create(company=authorized, plate="B99XYZ")
    assert "flota este goală" not in signed_in.get("/").content.decode()


def test_a_risk_is_dealt_with_on_the_spot(signed_in: Client, authorized: Company) -> None:
    for number, state in enumerate(("expired", "active", "missing", "delisted")):
        uit = f"1A2B3C4D5E6F7H{number:02}"
        transport(authorized, uit=uit, state=state, first_expired_day=today(), plate="B12ABC")
    transport(authorized, state="expired", first_expired_day=today() - timedelta(days=7))
    page = squeezed(signed_in.get("/").content.decode())
    assert risks(page) == {"expired": "3"}
    keys = re.findall(r'name="uit" value="(\d+)"', page)
    assert len(keys) == 3
    response = signed_in.post(
        "/transporturi/alese/", {"uit": keys, "ce": "descarcat", "inapoi": "/"}
    )
    assert response["Location"] == "/"
    assert risks(squeezed(signed_in.get("/").content.decode())) == {}


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_a_form_leads_back_to_this_site_alone(
    signed_in: Client, authorized: Company, address: str
) -> None:
    response = signed_in.post("/transporturi/alese/", {"ce": "descarcat", "inapoi": address})
    assert response["Location"].startswith("/transporturi/")


def test_a_viewer_sees_the_risks_and_no_buttons(client: Client, authorized: Company) -> None:
    transport(authorized, first_expired_day=in_days(1), transport_date=in_days(-4))
    client.force_login(factories.member(authorized.organization, "viewer"))
    page = squeezed(client.get("/").content.decode())
    assert risks(page) == {"ends_today": "1"}
    assert 'value="descarcat"' not in page


def test_with_many_companies_it_is_a_table_the_worst_first(
    signed_in: Client, authorized: Company
) -> None:
    calm = [
        factories.company(authorized.organization, cui=f"{number}")
        for number in range(dashboard.MOST_COMPANIES_BY_LORRY)
    ]
    tonight = {"first_expired_day": in_days(1), "transport_date": in_days(-4)}
    transport(calm[5], "UIT1", plate="B12ABC", **tonight)
    transport(calm[7], "UIT2", plate="B13ABC", first_expired_day=in_days(0), state="expired")
    page = squeezed(signed_in.get("/").content.decode())
    assert re.findall(r'data-company="(\w+)"', page)[:2] == [calm[7].cui, calm[5].cui]
    assert "data-risk=" not in page
    assert (
        "1 UIT expirat nu este rezolvat (B13ABC); 1 UIT expiră azi la 24:00, pe 1 camion (B12ABC)."
        in page
    )


def test_the_sums_of_a_day_come_from_the_polls(authorized: Company) -> None:
    add_run(
        authorized, new=40, age=None
    )  # the first response of all: nobody knows how long they waited
    add_run(authorized, new=1, age=60)
    add_run(authorized, new=3, age=300)
    add_run(authorized, new=0, age=9000)
    day = CompanyDay.objects.get()
    assert (day.appeared, day.timed, day.waited, day.longest) == (44, 4, 960, 300)
    membership = Membership(organization=authorized.organization, role="owner")
    assert build_dashboard(membership).days[-1].appeared == 44


@pytest.mark.parametrize(("new", "words"), [(1, "nou"), (2, "noi"), (20, "noi")])
def test_what_is_new_is_named_by_its_number(
    signed_in: Client, authorized: Company, new: int, words: str
) -> None:
    add_run(authorized, new=new, age=60)
    page = squeezed(signed_in.get("/").content.decode())
    assert f"<strong>{new}</strong>{words} (azi {new}, ieri 0)" in page


def test_the_chart_comes_after_seven_days_with_a_table_of_every_number(
    signed_in: Client, authorized: Company
) -> None:
    add_run(authorized, new=7, age=90, days_ago=5)
    assert 'role="img"' not in signed_in.get("/").content.decode()
    add_run(authorized, new=2, age=90, days_ago=6)
    page = squeezed(signed_in.get("/").content.decode())
    assert page.count('role="img"') == 1
    assert "9 UIT-uri noi în ultimele 30 de zile" in page
    (table,) = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert table.count("<tr>") == 30
    assert ">7</td>" in table
    assert 'style="' not in page


def test_no_other_company_is_counted(client: Client, authorized: Company) -> None:
    other_company = factories.company(authorized.organization, cui=factories.OTHER_CUI)
    transport(authorized, "UIT1")
    transport(other_company, "UIT2")
    add_run(other_company, new=9, age=60)
    restricted = factories.member(authorized.organization, "viewer")
    membership = Membership.objects.get(user=restricted)
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(authorized)
    shown = build_dashboard(membership)
    assert (shown.active.number, shown.new) == (1, 0)


def test_a_great_number_is_counted_no_further_than_worth_it(
    signed_in: Client, authorized: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "DASHBOARD_COUNT_LIMIT", 2)
    for number in range(3):
        transport(authorized, f"UIT{number}")
    assert (
        figure(squeezed(signed_in.get("/").content.decode()), "active") == "peste 2 UIT-uri active"
    )


def test_the_number_of_queries_is_constant(signed_in: Client, authorized: Company) -> None:
    counts = set()
    for number in range(dashboard.MOST_COMPANIES_BY_LORRY):
        factories.company(authorized.organization, cui=f"9{number}")
    for more in (1, 12):
        for number in range(more):
            company = factories.company(authorized.organization, cui=f"{more}{number}")
            SyncState.objects.create(company=company, last_code="http_5xx")
            transport(company, "UIT1")
            add_run(company, new=1, age=60, days_ago=number)
        with CaptureQueriesContext(database) as queries:
            assert signed_in.get("/").status_code == 200
        counts.add(len(queries))
    assert len(counts) == 1


def test_before_the_first_authorization_home_leads_to_the_button(
    signed_in: Client, company: Company
) -> None:
    with CaptureQueriesContext(database) as queries:
        signed_in.get("/")
    assert not any("sync_companyday" in query["sql"] for query in queries)  # no Panou is built
    page = signed_in.get("/", follow=True)
    assert page.redirect_chain[-1][0] == "/integrari/"
    assert "Panoul se umple după prima autorizare SPV" in squeezed(page.content.decode())


@pytest.mark.parametrize("status", ["disconnected", None])
def test_without_a_living_authorization_the_question_is_still_answered(
    signed_in: Client, authorized: Company, status: str | None
) -> None:
    authorizations = authorized.organization.authorizations
    if status:
        authorizations.update(status=status)
    else:  # a UIT came in another way: an import, a restored backup
        authorizations.all().delete()
    gone = transport(authorized, "UIT1", first_expired_day=in_days(0), state="expired")
    page = squeezed(signed_in.get("/").content.decode())
    assert "1 UIT expirat nu este rezolvat. Nicio autorizare SPV nu mai este activă" in page
    assert 'class="verdict verdict-bad"' in page
    assert "Nicio autorizare activă." in page
    assert "Autorizează din nou, ca UIT-urile să vină de la ANAF." in page
    Transport.objects.filter(pk=gone.pk).update(first_expired_day=in_days(5), state="active")
    page = squeezed(signed_in.get("/").content.decode())
    assert 'class="verdict verdict-warn"' in page  # no green tick on data that has ended
    assert "Niciun risc de amendă acum" in page


def test_a_dead_authorization_and_an_outage_are_reported(
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


# -- many companies ------------------------------------------------------------------------------


def many_companies(organization: Organization, number: int = 14) -> list[Company]:
    return [
        factories.company(organization, cui=f"9000002{index:02}", name=f"Client {index}")
        for index in range(1, number + 1)
    ]


def test_of_many_companies_those_with_uits_stand_before_those_that_have_none(
    signed_in: Client, authorized: Company
) -> None:
    companies = many_companies(authorized.organization)
    authorization = authorized.organization.authorizations.get()
    for company in companies[:12]:
        CompanyRight.objects.create(authorization=authorization, company=company, state="no_right")
    ending, calm = companies[12], companies[13]
    transport(ending, "UIT1", first_expired_day=in_days(1), plate="B12ABC")
    transport(calm, "UIT2", first_expired_day=in_days(9), plate="B13ABC")
    response = signed_in.get("/")
    shown = [overview.company for overview, _ in response.context["dashboard"].company_lines]
    assert shown[:2] == [ending, calm]
    # As people count: 2 before 10.
    assert [str(company) for company in shown[2:14]] == [f"Client {n}" for n in range(1, 13)]
    page = squeezed(response.content.decode())
    assert "1 UIT expiră azi la 24:00, pe 1 camion (B12ABC)" in page


def test_the_table_of_companies_has_no_column_of_zeros(
    signed_in: Client, authorized: Company
) -> None:
    companies = many_companies(authorized.organization)
    for number in range(5):
        transport(
            companies[number], f"UIT{number}", first_expired_day=in_days(1), plate=f"B1{number}ABC"
        )
    SyncState.objects.create(company=companies[0], last_code="http_5xx")
    response = signed_in.get("/")
    page = squeezed(response.content.decode())
    table = page[page.index("company-risks") :]
    assert 'data-label="Expiră azi"' in table
    for head in ("Expirate", "Nu porni", "Vehicul nepotrivit"):
        assert f'data-label="{head}"' not in table
    assert ">0<" not in table[: table.index("</table>")]
    assert "(B10ABC, B11ABC, B12ABC, …)" in page
