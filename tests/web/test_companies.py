"""Firme: adding a CUI, naming it, and who may."""

from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.sync.models import SyncState
from tests import factories
from tests.authorize import at_once

FIRME = "/firme/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def due() -> list[Any]:
    """Return the companies that the poller would poll, and whether a person waits for them."""
    states = SyncState.objects.filter(next_sync_at__lte=timezone.now()).order_by("pk")
    return [(state.company_id, state.requested_at is not None) for state in states]


@pytest.mark.parametrize("written", ["14399840", "RO 14 399 840", "ro14399840"])
def test_a_company_is_added_by_its_cui(
    signed_in: Client, organization: Organization, written: str
) -> None:
    response = signed_in.post(FIRME, {"cui": written, "name": ""})
    assert (response.status_code, response["Location"]) == (302, FIRME)
    company = Company.objects.get()
    assert (company.cui, company.name, company.name_typed) == ("14399840", "", False)
    assert company.organization == organization
    assert "Firma cu CUI 14399840 a fost adăugată." in signed_in.get(FIRME).content.decode()


def test_anaf_is_polled_at_once_where_someone_has_authorized(
    signed_in: Client, organization: Organization
) -> None:
    factories.authorization(organization)
    signed_in.post(FIRME, {"cui": "14399840"})
    assert due() == [(Company.objects.get().pk, True)]


def test_nothing_is_polled_where_nobody_has_authorized(signed_in: Client, stranger: User) -> None:
    signed_in.post(FIRME, {"cui": "14399840"})
    assert due() == []


def test_a_typed_name_is_kept_and_an_empty_one_left_to_anaf(signed_in: Client) -> None:
    signed_in.post(FIRME, {"cui": "14399840", "name": "Trans Ana"})
    company = Company.objects.get()
    assert (company.name, company.name_typed) == ("Trans Ana", True)
    signed_in.post(f"{FIRME}{company.pk}/", {"name": ""})
    company.refresh_from_db()
    assert (company.name, company.name_typed) == ("", False)
    signed_in.post(f"{FIRME}{company.pk}/", {"name": "<b>Ana</b>", "cui": "900010100"})
    company.refresh_from_db()
    assert (company.name, company.name_typed, company.cui) == ("<b>Ana</b>", True, "14399840")
    assert "<b>Ana" not in signed_in.get(FIRME).content.decode()


@pytest.mark.parametrize(
    ("cui", "sentence"),
    [
        ("14399841", "cifra de control"),
        ("abc", "numai cifre"),
        ("RO", "Scrie CUI-ul"),
        ("RO 900010100", "este deja în listă"),
        ("\x00", ""),
        ("1" * 500, ""),
    ],
)
def test_a_wrong_cui_is_reported_in_a_sentence_and_adds_nothing(
    signed_in: Client, company: Company, cui: str, sentence: str
) -> None:
    response = signed_in.post(FIRME, {"cui": cui})
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert Company.objects.get() == company


def test_two_organizations_may_follow_the_same_cui(signed_in: Client, stranger: User) -> None:
    assert signed_in.post(FIRME, {"cui": factories.OTHER_CUI}).status_code == 302
    assert Company.objects.filter(cui=factories.OTHER_CUI).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_twice_adds_one_company(owner: User) -> None:
    clients = [client_of(owner) for _ in range(4)]
    responses = at_once(
        *[
            lambda client=client: client.post(FIRME, {"cui": "14399840"}).status_code
            for client in clients
        ]
    )
    assert set(responses) <= {200, 302}
    assert Company.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("admin", True), ("dispatcher", False), ("viewer", False)]
)
def test_an_admin_may_add_and_name_companies(
    organization: Organization, company: Company, role: str, may: bool
) -> None:
    client = client_of(factories.member(organization, role))
    assert client.get(FIRME).status_code == 200
    assert client.post(FIRME, {"cui": "14399840"}).status_code == (302 if may else 403)
    assert client.get(f"{FIRME}{company.pk}/").status_code == 200
    edited = client.post(f"{FIRME}{company.pk}/", {"name": "Alt nume"})
    assert edited.status_code == (302 if may else 403)
    company.refresh_from_db()
    assert (company.name == "Alt nume") == may
    assert Company.objects.count() == (2 if may else 1)


def test_the_list_is_ones_own(owner: User, company: Company, stranger: User) -> None:
    page = client_of(owner).get(FIRME).content.decode()
    assert factories.CUI in page
    assert factories.OTHER_CUI not in page


# -- how many -------------------------------------------------------------------------------------


def test_an_organization_has_a_limit_of_companies_and_one_more_is_refused_with_the_reason(
    signed_in: Client, organization: Organization, settings: LazySettings
) -> None:
    settings.COMPANIES_PER_ORGANIZATION = 2
    for cui in (factories.CUI, factories.OTHER_CUI):
        assert signed_in.post(FIRME, {"cui": cui}).status_code == 302
    response = signed_in.post(FIRME, {"cui": "14399840"})
    assert response.status_code == 200
    assert "O organizație poate avea cel mult 2 firme." in response.content.decode()
    assert organization.companies.count() == 2


def test_an_archived_company_does_not_count_and_comes_back_only_below_the_limit(
    signed_in: Client, organization: Organization, settings: LazySettings
) -> None:
    settings.COMPANIES_PER_ORGANIZATION = 1
    company = factories.company(organization)
    signed_in.post(f"{FIRME}{company.pk}/arhivare/")
    assert signed_in.post(FIRME, {"cui": factories.OTHER_CUI}).status_code == 302
    signed_in.post(f"{FIRME}{company.pk}/arhivare/", {"arhivata": "nu"})
    assert "cel mult 1 firmă" in signed_in.get(FIRME).content.decode()
    company.refresh_from_db()
    assert company.archived_at is not None


@pytest.mark.django_db(transaction=True)
def test_several_who_add_at_once_do_not_exceed_the_limit(
    organization: Organization, owner: User, settings: LazySettings
) -> None:
    settings.COMPANIES_PER_ORGANIZATION = 3
    cuis = ("14399840", factories.CUI, factories.OTHER_CUI, "900030302", "900040403")

    def add(cui: str) -> int:
        return client_of(owner).post(FIRME, {"cui": cui}).status_code

    codes = at_once(*[partial(add, cui) for cui in cuis])
    assert sorted(codes, key=str) == [200, 200, 302, 302, 302]
    assert organization.companies.count() == 3
