"""The callback answers at once; what ANAF says about each company is shown as it comes."""

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations import rights_progress
from caraus.authorizations.models import Authorization, CompanyRight
from tests import factories
from tests.simulator_process import SimulatorProcess
from tests.squeezed import squeezed
from tests.worker import Worker

START, CALLBACK, GIVEN = "/integrari/autorizare/", "/anaf/callback", "/integrari/drepturi/"
HTMX = {"hx-request": "true"}


def come_back(client: Client, anaf: SimulatorProcess, certificate: str) -> str:
    callback = anaf.log_in(certificate, url=client.post(START)["Location"])
    return client.get(CALLBACK, callback).content.decode()


def companies(organization: Organization, number: int) -> list[Company]:
    return Company.objects.bulk_create(
        Company(organization=organization, cui=f"{index:09}") for index in range(1, number + 1)
    )


def answered(authorization: Authorization, state: str, some: list[Company]) -> None:
    CompanyRight.objects.bulk_create(
        CompanyRight(authorization=authorization, company=company, state=state) for company in some
    )


@pytest.mark.django_db(transaction=True)
def test_the_callback_polls_no_company_and_costs_the_same_for_one_and_for_1000(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization
) -> None:
    numbers = []
    for number in (1, 1000):
        Authorization.objects.all().delete()
        Company.objects.all().delete()
        companies(organization, number)
        callback = anaf.log_in("three", url=signed_in.post(START)["Location"])
        anaf.forget_calls()
        with CaptureQueriesContext(database) as queries:
            page = signed_in.get(CALLBACK, callback).content.decode()
        assert "Autorizarea a reușit" in page
        assert [call["endpoint"] for call in anaf.calls()] == ["token"]
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] < 60


def test_the_page_after_anaf_counts_as_the_responses_come(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization
) -> None:
    some = companies(organization, 165)
    page = come_back(signed_in, anaf, "three")
    assert "Autorizarea a reușit" in page
    assert "Verificăm drepturile: 0 da, 0 nu, încă 165 de firme." in page
    assert f'hx-get="{GIVEN}"' in page

    authorization = Authorization.objects.get()
    answered(authorization, "no_right", some[:40])
    part = signed_in.get(GIVEN, headers=HTMX).content.decode()
    assert "0 da, 40 nu, încă 125 de firme" in part
    assert "fără drept în SPV" not in part  # not before ANAF has answered about all
    assert "<html" not in part

    answered(authorization, "covered", some[40:43])
    answered(authorization, "no_right", some[43:])
    part = signed_in.get(GIVEN, headers=HTMX).content.decode()
    assert "Autorizarea a reușit" in part
    assert "Am verificat drepturile: 3 da, 162 nu." in part
    assert "hx-get" not in part  # nothing more is to come
    whole = signed_in.get(GIVEN).content.decode()  # without JavaScript: a page
    assert "3 da, 162 nu" in whole
    assert "<html" in whole


def test_with_a_few_companies_the_page_says_what_came_of_each(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization
) -> None:
    some = companies(organization, 3)
    page = come_back(signed_in, anaf, "three")
    assert page.count("verificăm…") == 3
    assert "dacă certificatul are drept în SPV" in page

    authorization = Authorization.objects.get()
    answered(authorization, "covered", some[:1])
    part = signed_in.get(GIVEN, headers=HTMX).content.decode()
    assert "Verificăm drepturile: 1 da, 0 nu, încă 2 firme." in part
    assert (part.count("are drept</span>"), part.count("verificăm…")) == (1, 2)

    answered(authorization, "covered", some[1:])
    part = signed_in.get(GIVEN, headers=HTMX).content.decode()
    assert "Am verificat drepturile: 3 da, 0 nu." in part
    assert part.count("are drept</span>") == 3
    assert "dacă certificatul are drept în SPV" not in part
    assert "verificăm…" not in part


def test_who_has_no_right_is_not_among_those_that_can_be_read(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization
) -> None:
    some = companies(organization, 3)
    come_back(signed_in, anaf, "three")
    authorization = Authorization.objects.get()
    answered(authorization, "covered", some[:2])
    answered(authorization, "no_right", some[2:])
    part = signed_in.get(GIVEN, headers=HTMX).content.decode()
    scope = part[part.index("data-scope") :]
    assert "Am verificat drepturile: 2 da, 1 nu." in part
    assert scope.count("are drept</span>") == 2
    assert str(some[2]) not in scope


def test_a_certificate_without_any_right_is_reported_as_such_once_anaf_has_responded(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, organization: Organization
) -> None:
    for number in range(20):
        factories.company(organization, cui=f"9000001{number:02}")
    assert "Autorizarea a reușit" in come_back(signed_in, anaf, "norights")
    worker.drain()
    part = signed_in.get(GIVEN, headers=HTMX).content.decode()
    assert "Autorizat, dar fără drept în SPV" in part
    assert "CUI 900000100</strong>" not in part  # two are named, the others are counted
    assert "<strong>CUI 900000100, CUI 900000101</strong>și încă 18 firme." in squeezed(part)
    assert "pentru acest CUI" not in part
    assert "19AB…990003" in part  # the certificate, as ANAF's token names it
    assert "Cere dreptul în SPV pentru certificat" in part
    assert 'href="/o/trans-test/firme/?stare=fara-drept"' in part
    assert "Alege alt certificat" not in part
    assert "/integrari/ajutor/fara-drept-pentru-cui/" in part
    assert "hx-get" not in part


def test_three_companies_with_a_right_among_many_are_a_success(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, organization: Organization
) -> None:
    for cui in (*(f"9000404{index:02}" for index in range(5)), factories.CUI):
        factories.company(organization, cui=cui)
    come_back(signed_in, anaf, "three")
    worker.drain()
    part = signed_in.get(GIVEN, headers=HTMX).content.decode()
    assert "Autorizarea a reușit" in part
    assert "1 da, 5 nu" in part
    assert "<strong>CUI 900040400, CUI 900040401</strong>și încă 3 firme." in squeezed(part)
    assert 'href="/o/trans-test/firme/?stare=fara-drept"' in part


def test_without_javascript_a_link_loads_the_page_again_until_all_is_known(
    anaf: SimulatorProcess, signed_in: Client, company: Company
) -> None:
    assert f'<noscript><a href="{GIVEN}"' in squeezed(come_back(signed_in, anaf, "three"))
    answered(Authorization.objects.get(), "covered", [company])
    assert "<noscript>" not in signed_in.get(GIVEN).content.decode()


def test_only_the_browser_that_authorized_sees_it(
    client: Client, anaf: SimulatorProcess, signed_in: Client, company: Company, stranger: User
) -> None:
    come_back(signed_in, anaf, "three")
    for someone in (None, stranger):
        other_client = Client()
        if someone:
            other_client.force_login(someone)
        assert other_client.get(GIVEN).status_code == 404
        assert other_client.get(GIVEN, headers=HTMX).status_code == 286  # htmx asks no more


def test_the_line_on_integrari_and_firme_counts_what_the_member_sees(
    organization: Organization, owner: User
) -> None:
    authorization = factories.authorization(organization)
    some = companies(organization, 30)
    answered(authorization, "covered", some[:2])
    answered(authorization, "no_right", some[2:10])
    client = Client()
    client.force_login(owner)
    for page in ("/integrari/", "/firme/"):
        shown = client.get(page).content.decode()
        assert "Verificăm drepturile: 2 da, 8 nu, încă 20 de firme." in shown
        assert f'hx-get="/integrari/{authorization.pk}/drepturi/"' in shown

    restricted = factories.member(organization, "dispatcher")
    restricted.memberships.update(only_some_companies=True)
    restricted.memberships.get().companies.set(some[:1])
    client.force_login(restricted)
    line = client.get(f"/integrari/{authorization.pk}/drepturi/").content.decode()
    assert "1 da, 0 nu" in line


def test_an_old_authorization_is_watched_no_longer(organization: Organization) -> None:
    authorization = factories.authorization(organization)
    companies(organization, 2)
    assert rights_progress.rights_progress(authorization).is_running
    authorization.authorized_at = timezone.now() - rights_progress.RECENT
    assert not rights_progress.rights_progress(authorization).is_running
    authorization.authorized_at = timezone.now()
    authorization.status = Authorization.Status.REAUTHORIZE
    assert not rights_progress.rights_progress(authorization).is_running


def test_who_has_left_the_organization_sees_no_more_of_it(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization, owner: User
) -> None:
    companies(organization, 2)
    come_back(signed_in, anaf, "three")
    assert str(organization) in signed_in.get(GIVEN).content.decode()
    owner.memberships.all().delete()
    assert signed_in.get(GIVEN).status_code == 404
    assert signed_in.get(GIVEN, headers=HTMX).status_code == 286
