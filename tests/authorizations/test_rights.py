"""Which authorization serves which company."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.anaf.errors import Outcome
from caraus.authorizations import rights
from caraus.authorizations.models import Authorization, CompanyRight, ExternalLink
from caraus.authorizations.rights_check import check_rights
from caraus.sync.company_sync import sync_company
from tests import factories
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def test_without_an_authorization_there_is_none(company: Company, stranger: object) -> None:
    assert rights.authorization_for(company) is None
    assert not rights.refused_everywhere(company)


def test_the_newest_untried_authorization_is_used(
    organization: Organization, company: Company
) -> None:
    factories.authorization(organization)
    newest = factories.authorization(organization)
    assert rights.authorization_for(company) == newest


def test_one_that_covers_the_company_goes_before_a_newer_untried_one(
    organization: Organization, company: Company
) -> None:
    covering = factories.authorization(organization)
    factories.authorization(organization)
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    rights.record_right(authorization=covering, company=company, covered=True)
    assert rights.authorization_for(company) == covering
    assert rights.authorization_for(other_company) != covering


@pytest.mark.parametrize("status", ["reauthorize", "replaced", "disconnected"])
def test_only_active_ones_serve(organization: Organization, company: Company, status: str) -> None:
    old = factories.authorization(organization, status=status)
    rights.record_right(authorization=old, company=company, covered=True)
    assert rights.authorization_for(company) is None


def test_a_refused_company_is_tried_again_after_a_day(
    organization: Organization, company: Company
) -> None:
    only = factories.authorization(organization)
    now = timezone.now()
    rights.record_right(authorization=only, company=company, covered=False, at=now)
    assert rights.refused_everywhere(company)
    almost = now + timedelta(hours=23, minutes=59)
    assert rights.authorization_for(company, now=almost) is None
    assert rights.authorization_for(company, now=now + timedelta(days=1)) == only


def test_a_refusal_for_one_company_says_nothing_about_another(
    organization: Organization, company: Company
) -> None:
    only = factories.authorization(organization)
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    rights.record_right(authorization=only, company=company, covered=False)
    assert rights.authorization_for(other_company) == only


def test_a_person_may_have_it_tried_at_once(organization: Organization, company: Company) -> None:
    only = factories.authorization(organization)
    rights.record_right(authorization=only, company=company, covered=False)
    rights.clear_refusals(company)
    assert rights.authorization_for(company) == only
    assert CompanyRight.objects.get().state == "unknown"


def test_each_company_is_polled_with_the_certificate_that_covers_it(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    single = factories.company(organization, cui="900040403")
    three_companies, single_company = (
        authorize(anaf, organization),
        authorize(anaf, organization, "single"),
    )
    for each in (company, single):
        assert sync_company(company_id=each.pk).outcome is Outcome.OK
    assert rights.authorization_for(company) == three_companies
    assert rights.authorization_for(single) == single_company
    anaf.forget_calls()
    for each in (company, single):
        sync_company(company_id=each.pk)
    assert [call["status"] for call in anaf.calls()] == [200, 200]


def test_a_company_moves_to_another_certificate_when_the_right_is_lost(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    three = authorize(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    single = authorize(anaf, organization, "single")
    anaf.rights("three", cuis=[])
    anaf.rights("single", cuis=[company.cui])
    result = sync_company(company_id=company.pk)
    assert result.outcome is Outcome.OK
    assert rights.authorization_for(company) == single
    states = dict(CompanyRight.objects.values_list("authorization", "state"))
    assert states == {three.pk: "no_right", single.pk: "covered"}
    assert set(Authorization.objects.values_list("status", flat=True)) == {"active"}


def test_a_company_moves_to_another_certificate_when_an_authorization_dies(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    three = authorize(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    single = authorize(anaf, organization, "single")
    anaf.rights("single", cuis=[company.cui])
    anaf.revoke("three")
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    three.refresh_from_db()
    assert three.status == "reauthorize"
    assert rights.authorization_for(company) == single


def test_when_the_covering_one_dies_and_no_other_has_the_right_its_death_is_reported(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    authorize(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    authorize(anaf, organization, "single")
    anaf.revoke("three")
    for _ in range(2):
        result = sync_company(company_id=company.pk)
        assert result.error
        assert result.error.code == "refresh_rejected"


def test_a_key_lost_for_one_authorization_does_not_stop_the_other(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    locked = factories.authorization(organization)
    Authorization.objects.filter(pk=locked.pk).update(access_token_sealed="under another key")
    rights.record_right(authorization=locked, company=company, covered=True)
    authorize(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK


DAY = timedelta(days=1)


def info_calls(anaf: SimulatorProcess, serial: str = "") -> int:
    return sum(not serial or call["serial"] == serial for call in anaf.calls("info"))


def test_a_refused_pair_is_checked_ever_more_rarely_however_often_the_timers_run(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    norights = authorize(anaf, organization, "norights")
    authorize(anaf, organization, "three")
    sync_company(company_id=company.pk)
    anaf.forget_calls()
    now, polls = timezone.now(), []
    for hours in range(0, 8 * 24, 6):
        before = info_calls(anaf)
        check_rights(authorization_id=norights.pk, now=now + timedelta(hours=hours))
        polls += [hours // 24] * (info_calls(anaf) - before)
    assert polls == [0, 1, 3, 7]
    states = dict(CompanyRight.objects.values_list("authorization__certificate_serial", "state"))
    assert states == {"norights": "no_right", "three": "covered"}


def test_a_pair_that_was_never_covered_is_polled_once_a_month_in_the_end() -> None:
    days = [rights.retry_pause(refusals=index, was_covered=False).days for index in range(1, 9)]
    assert days == [1, 2, 4, 8, 16, 30, 30, 30]
    assert rights.retry_pause(refusals=5000, was_covered=False).days == 30


def as_it_was_chosen(authorization: Authorization) -> list[Company]:
    """Choose as the definition of `companies_to_check` says: company by company."""
    known_rights = CompanyRight.objects.filter(authorization=authorization)
    not_due = known_rights.filter(state="covered") | known_rights.filter(
        state="no_right", retry_at__gt=timezone.now()
    )
    companies = rights.served_companies(authorization).exclude(pk__in=not_due.values("company"))
    return [
        company
        for company in companies.order_by("pk")
        if rights.authorization_for(company) != authorization
    ]


def test_what_is_to_be_tried_is_found_in_one_query_whatever_the_responses_were(
    organization: Organization, owner: User, stranger: User
) -> None:
    """All states of a pair, for three authorizations, one of them by a link for some companies."""
    now = timezone.now()
    responses: list[dict[str, object] | None] = [
        None,
        {"state": "unknown"},
        {"state": "covered"},
        {"state": "no_right", "retry_at": now + DAY},
        {"state": "no_right", "retry_at": now - DAY},
    ]
    companies = [factories.company(organization, cui=f"{index:09}") for index in range(1, 126)]
    link = ExternalLink.objects.create(
        organization=organization, sender_name="Ana", for_all=False, expires_at=now
    )
    link.companies.set(companies[::2])
    authorizations = [factories.authorization(organization) for _ in range(3)]
    Authorization.objects.filter(pk=authorizations[1].pk).update(link=link)
    factories.authorization(organization, status="reauthorize")
    CompanyRight.objects.bulk_create(
        CompanyRight(authorization=authorization, company=company, **response)
        for number, company in enumerate(companies)
        for authorization, digit in zip(
            authorizations, (number % 5, number // 5 % 5, number // 25), strict=True
        )
        if (response := responses[digit]) is not None
    )
    with CaptureQueriesContext(database) as queries:
        waiting = rights.authorizations_to_check()
    assert len(queries) == 1
    for authorization in Authorization.objects.filter(organization=organization, status="active"):
        with CaptureQueriesContext(database) as queries:
            to_check = rights.companies_to_check(authorization)
        assert len(queries) == 2  # the keys, and the companies themselves
        assert to_check == as_it_was_chosen(authorization)
        assert bool(to_check) == (authorization.pk in waiting)
    assert sum(bool(rights.companies_to_check(each)) for each in authorizations) >= 2


def test_after_an_authorization_every_company_is_tried_also_those_served_by_another(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, organization: Organization
) -> None:
    for cui in (factories.CUI, factories.OTHER_CUI, "900040403"):
        factories.company(organization, cui=cui)
    for certificate in ("three", "single"):
        begun = signed_in.post("/integrari/autorizare/")
        signed_in.get("/anaf/callback", anaf.log_in(certificate, url=begun["Location"]))
        worker.drain()
    three, single = Authorization.objects.order_by("pk")
    rows = CompanyRight.objects.values_list("authorization", "company__cui", "state")
    assert set(rows) == {
        (three.pk, "900010100", "covered"),
        (three.pk, "900020201", "covered"),
        (three.pk, "900040403", "no_right"),
        (single.pk, "900010100", "no_right"),
        (single.pk, "900020201", "no_right"),
        (single.pk, "900040403", "covered"),
    }


def test_a_single_refusal_after_a_good_time_is_checked_again_after_five_minutes_then_an_hour(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    only = authorize(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    now = timezone.now()
    pauses = []
    for _ in range(4):
        rights.record_right(authorization=only, company=company, covered=False, at=now)
        right = CompanyRight.objects.get()
        assert right.retry_at
        pauses.append(right.retry_at - now)
        now = right.retry_at
    assert pauses == [timedelta(minutes=5), timedelta(hours=1), DAY, DAY]


def test_a_hiccup_of_anafs_costs_five_minutes(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    authorize(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    anaf.turn_on("no_rights_cui", times=1)
    assert sync_company(company_id=company.pk).outcome is Outcome.NO_RIGHTS
    anaf.forget_calls()
    for _ in range(5):  # meanwhile nothing is polled
        assert sync_company(company_id=company.pk).outcome is Outcome.NO_RIGHTS
    assert info_calls(anaf) == 0
    CompanyRight.objects.update(retry_at=timezone.now())
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    right = CompanyRight.objects.get()
    assert (right.state, right.refusals, right.retry_at) == ("covered", 0, None)


def test_an_archived_company_is_not_tried(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    authorize(anaf, organization)
    second = authorize(anaf, organization, "single")
    Company.objects.update(archived_at=timezone.now())
    anaf.forget_calls()
    check_rights(authorization_id=second.pk)
    assert anaf.calls() == []


def test_when_anaf_is_down_trying_rights_ends_and_decides_nothing(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    factories.company(organization, cui=factories.OTHER_CUI)
    first = authorize(anaf, organization)
    authorize(anaf, organization, "single")
    anaf.turn_on("down_503")
    anaf.forget_calls()
    check_rights(authorization_id=first.pk)
    assert info_calls(anaf) == 1
    assert not CompanyRight.objects.exists()
