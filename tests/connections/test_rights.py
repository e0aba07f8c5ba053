"""Which authorization serves which company."""

from datetime import timedelta

import pytest
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.anaf.errors import Outcome
from caraus.connections import rights
from caraus.connections.models import CompanyRight, Connection
from caraus.transports.sync import sync_company
from tests import factories
from tests.authorizations import authorization
from tests.simulator_process import SimulatorProcess


def test_without_an_authorization_there_is_none(company: Company, stranger: object) -> None:
    assert rights.connection_for(company) is None
    assert not rights.refused_everywhere(company)


def test_the_newest_untried_one_is_asked_with(organization: Organization, company: Company) -> None:
    factories.connection(organization)
    newest = factories.connection(organization)
    assert rights.connection_for(company) == newest


def test_one_that_covers_the_company_goes_before_a_newer_untried_one(
    organization: Organization, company: Company
) -> None:
    covering = factories.connection(organization)
    factories.connection(organization)
    other = factories.company(organization, cui=factories.OTHER_CUI)
    rights.remember(connection=covering, company=company, covered=True)
    assert rights.connection_for(company) == covering
    assert rights.connection_for(other) != covering


@pytest.mark.parametrize("status", ["reauthorize", "replaced", "disconnected"])
def test_only_active_ones_serve(organization: Organization, company: Company, status: str) -> None:
    old = factories.connection(organization, status=status)
    rights.remember(connection=old, company=company, covered=True)
    assert rights.connection_for(company) is None


def test_a_refused_company_is_tried_again_after_a_day(
    organization: Organization, company: Company
) -> None:
    only = factories.connection(organization)
    now = timezone.now()
    rights.remember(connection=only, company=company, covered=False, at=now)
    assert rights.refused_everywhere(company)
    almost = now + timedelta(hours=23, minutes=59)
    assert rights.connection_for(company, now=almost) is None
    assert rights.connection_for(company, now=now + timedelta(days=1)) == only


def test_a_refusal_for_one_company_says_nothing_about_another(
    organization: Organization, company: Company
) -> None:
    only = factories.connection(organization)
    other = factories.company(organization, cui=factories.OTHER_CUI)
    rights.remember(connection=only, company=company, covered=False)
    assert rights.connection_for(other) == only


def test_a_person_may_have_it_tried_at_once(organization: Organization, company: Company) -> None:
    only = factories.connection(organization)
    rights.remember(connection=only, company=company, covered=False)
    rights.forget_refusals(company)
    assert rights.connection_for(company) == only
    assert CompanyRight.objects.get().state == "unknown"


def test_each_company_is_asked_about_with_the_certificate_that_covers_it(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    single = factories.company(organization, cui="900040403")
    three, one = authorization(anaf, organization), authorization(anaf, organization, "single")
    for each in (company, single):
        assert sync_company(company_id=each.pk).outcome is Outcome.OK
    assert rights.connection_for(company) == three
    assert rights.connection_for(single) == one
    anaf.forget_calls()
    for each in (company, single):
        sync_company(company_id=each.pk)
    assert [call["status"] for call in anaf.calls()] == [200, 200]


def test_a_company_moves_to_another_certificate_when_the_right_is_lost(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    three = authorization(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    one = authorization(anaf, organization, "single")
    anaf.rights("three", cuis=[])
    anaf.rights("single", cuis=[company.cui])
    result = sync_company(company_id=company.pk)
    assert result.outcome is Outcome.OK
    assert rights.connection_for(company) == one
    states = dict(CompanyRight.objects.values_list("connection", "state"))
    assert states == {three.pk: "no_right", one.pk: "covered"}
    assert set(Connection.objects.values_list("status", flat=True)) == {"active"}


def test_a_company_moves_to_another_certificate_when_an_authorization_dies(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    three = authorization(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    one = authorization(anaf, organization, "single")
    anaf.rights("single", cuis=[company.cui])
    anaf.revoke("three")
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    three.refresh_from_db()
    assert three.status == "reauthorize"
    assert rights.connection_for(company) == one


def test_when_the_covering_one_dies_and_no_other_has_the_right_its_death_is_told(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    authorization(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    authorization(anaf, organization, "single")
    anaf.revoke("three")
    for _ in range(2):
        result = sync_company(company_id=company.pk)
        assert result.error
        assert result.error.code == "refresh_rejected"


def test_a_key_lost_for_one_authorization_does_not_stop_the_other(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    locked = factories.connection(organization)
    Connection.objects.filter(pk=locked.pk).update(access_token_sealed="under another key")
    rights.remember(connection=locked, company=company, covered=True)
    authorization(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
