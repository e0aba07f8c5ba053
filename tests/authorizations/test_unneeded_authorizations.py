"""An authorization that serves nobody turns nothing red; one that ended leaves nothing green."""

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.anaf.errors import Outcome
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.authorizations.status import unneeded_authorizations
from caraus.sync.company_sync import sync_company
from caraus.sync.models import SyncState
from tests import factories
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess


def right(authorization: Authorization, company: Company, state: str) -> None:
    CompanyRight.objects.create(authorization=authorization, company=company, state=state)


@pytest.fixture
def good(organization: Organization, company: Company) -> Authorization:
    authorization = factories.authorization(organization)
    right(authorization, company, "covered")
    return authorization


@pytest.fixture
def useless(organization: Organization, company: Company, good: Authorization) -> Authorization:
    authorization = factories.authorization(organization)
    right(authorization, company, "no_right")
    return authorization


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def dies(authorization: Authorization) -> None:
    Authorization.objects.filter(pk=authorization.pk).update(
        status="reauthorize", last_failure_code="refresh_rejected", last_failure_at=timezone.now()
    )


@pytest.mark.parametrize("path", ["/integrari/", "/panou/"])
def test_a_useless_second_authorization_is_a_grey_note_and_the_product_stays_active(
    signed_in: Client, useless: Authorization, path: str
) -> None:
    path = "/" if path == "/panou/" else path
    shown = page(signed_in, path)
    assert "certificatul nu are drept" not in shown
    if path == "/integrari/":
        assert "pill-good pill-large" in shown
        assert "Nu servește nicio firmă" in shown
        assert "Nefolosită" in shown
    else:
        assert 'data-authorization-colour="green"' in shown


def test_the_only_authorization_without_rights_is_no_spare_one(
    signed_in: Client, organization: Organization, company: Company
) -> None:
    right(factories.authorization(organization), company, "no_right")
    shown = page(signed_in, "/integrari/")
    assert "Fără drept" in shown
    assert "pill-warn pill-large" in shown


def test_an_ended_authorization_leaves_none_of_its_companies_green(
    signed_in: Client, useless: Authorization, good: Authorization, company: Company
) -> None:
    """And the cause is its end, not the other certificate's missing right."""
    dies(good)
    card, companies, panou = (page(signed_in, path) for path in ("/integrari/", "/firme/", "/"))
    assert "autorizată</span>" not in card.replace("nu mai este autorizată</span>", "")
    assert "shield-check" not in card[card.index("rights-company") :].split("</ul>")[0]
    assert "nu mai este autorizată" in card
    assert "pill-bad pill-large" in card
    assert "Trebuie refăcută" in card
    assert "nu mai este autorizată" in companies
    assert "Trebuie refăcută" in companies
    assert "Cere-i firmei dreptul" not in companies
    assert 'data-authorization-colour="red"' in panou


def test_an_ended_one_whose_companies_another_serves_is_spare(
    signed_in: Client, organization: Organization, good: Authorization, company: Company
) -> None:
    right(factories.authorization(organization), company, "covered")
    dies(good)
    shown = page(signed_in, "/integrari/")
    assert "pill-good pill-large" in shown
    assert "Nefolosită" in shown
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    right(good, other_company, "covered")
    living = list(Authorization.objects.prefetch_related("rights"))
    assert unneeded_authorizations(living) == set()
    assert "pill-good pill-large" not in page(signed_in, "/integrari/")


def test_the_cause_of_a_failing_sync_is_the_end_of_the_one_that_served(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    """Also when a person presses, and the useless one is tried anew."""
    good = authorize(anaf, organization)
    useless = authorize(anaf, organization, "norights")
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    assert useless.rights.get().state == "no_right"
    anaf.revoke("three")
    first = sync_company(company_id=company.pk)
    assert first.error
    assert first.error.code == "refresh_rejected"
    good.refresh_from_db()
    assert good.status == "reauthorize"
    CompanyRight.objects.filter(authorization=useless).update(state="unknown", retry_at=None)
    SyncState.objects.update(last_code="no_rights_cui")  # as an older version kept it
    second_result = sync_company(company_id=company.pk)
    assert second_result.error
    assert (second_result.outcome, second_result.error.code) == (
        Outcome.REAUTHORIZE,
        "refresh_rejected",
    )
