"""„Testează conexiunea”: TestOauth, then one real poll per company, by the worker."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations import checks
from caraus.authorizations.models import Authorization, AuthorizationCheck, CompanyRight
from tests import factories
from tests.authorize import at_once, authorize
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker

SINGLE = "900040403"


def run(authorization: Authorization, user: User) -> AuthorizationCheck:
    check, _ = checks.request_check(authorization, user=user)
    checks.run_check(check_id=check.pk)
    check.refresh_from_db()
    return check


def codes(check: AuthorizationCheck) -> list[str]:
    return [response["code"] for response in check.responses]


def test_the_button_the_worker_and_the_table(
    worker: Worker,
    anaf: SimulatorProcess,
    signed_in: Client,
    organization: Organization,
    company: Company,
) -> None:
    factories.company(organization, cui=SINGLE, name="Fără Drept SRL")
    authorization = authorize(anaf, organization)
    anaf.forget_calls()
    page = f"/integrari/{authorization.pk}/test/"
    assert "Niciun test încă" in signed_in.get(page).content.decode()
    assert signed_in.post(page)["Location"] == page
    waiting = signed_in.get(page).content.decode()
    assert "verificăm…" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    worker.drain()
    done = signed_in.get(page, headers={"hx-request": "true"}).content.decode()
    assert "Test terminat" in done
    assert "hx-trigger" not in done
    assert "Cheia de acces este bună." in done
    assert "UIT-uri active" in done
    assert "nu are drept în SPV pentru acest CUI" in done
    assert "/integrari/ajutor/fara-drept-pentru-cui/" in done
    requests = [(call["endpoint"], call["cui"]) for call in anaf.calls()]
    assert requests[0][0] == "hello"
    assert {cui for endpoint, cui in requests[1:]} == {factories.CUI, SINGLE}
    states = dict(CompanyRight.objects.values_list("company__cui", "state"))
    assert states == {factories.CUI: "covered", SINGLE: "no_right"}
    authorization.refresh_from_db()
    assert authorization.last_good_call_at


def test_an_application_that_is_not_enrolled_opens_testoauth_only(
    anaf: SimulatorProcess, authorization: Authorization, owner: User
) -> None:
    anaf.turn_on("not_enrolled_app")
    check = run(authorization, owner)
    assert (check.hello_code, codes(check)) == ("", ["forbidden"])


def test_a_token_that_anaf_refuses_is_refreshed_and_used_again(
    anaf: SimulatorProcess, authorization: Authorization, owner: User
) -> None:
    anaf.turn_on("token_refused", times=1)
    check = run(authorization, owner)
    assert (check.hello_code, codes(check)) == ("", [""])
    authorization.refresh_from_db()
    assert authorization.last_refreshed_at


def test_when_anaf_is_down_it_does_not_insist(
    anaf: SimulatorProcess, authorization: Authorization, organization: Organization, owner: User
) -> None:
    for cui in (factories.OTHER_CUI, "900030302", SINGLE):
        factories.company(organization, cui=cui)
    anaf.turn_on("down_503")
    anaf.forget_calls()
    check = run(authorization, owner)
    assert check.hello_code == "http_5xx"
    assert [response["requested"] for response in check.responses] == [True, True, False, False]
    assert len(anaf.calls("info")) == 2


def test_a_check_that_a_killed_worker_left_goes_on_where_it_stopped(
    anaf: SimulatorProcess, authorization: Authorization, organization: Organization, owner: User
) -> None:
    factories.company(organization, cui=factories.OTHER_CUI)
    check, _ = checks.request_check(authorization, user=owner)
    first = Company.objects.first()
    assert first
    check.hello_at = timezone.now()
    check.responses = [{"company": first.pk, "code": "", "seen": 1, "requested": True}]
    check.save()
    anaf.forget_calls()
    checks.run_check(check_id=check.pk)
    checks.run_check(check_id=check.pk)
    assert len(anaf.calls("info")) == 1
    check.refresh_from_db()
    assert len(check.responses) == 2
    assert check.finished_at


@pytest.mark.django_db(transaction=True)
def test_pressing_twice_makes_one_check(organization: Organization, owner: User) -> None:
    authorization = factories.authorization(organization)
    requested = at_once(*[lambda: checks.request_check(authorization, user=owner)] * 4)
    assert sorted(is_new for _, is_new in requested) == [False, False, False, True]  # type: ignore[misc]
    assert AuthorizationCheck.objects.count() == 1


def test_checks_are_limited_per_person_and_per_organization(
    signed_in: Client, organization: Organization, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"check": "2/h/user,3/h/organization"}
    page = f"/integrari/{factories.authorization(organization).pk}/test/"
    other_client = Client()
    other_client.force_login(factories.member(organization, "dispatcher", name="Dan"))
    presses = [client.post(page).status_code for client in (signed_in,) * 3 + (other_client,) * 2]
    assert presses == [302, 302, 429, 302, 429]
    assert signed_in.get(page).status_code == 200
    assert AuthorizationCheck.objects.count() == 1


def test_a_check_that_never_ended_gives_way_to_another(
    organization: Organization, owner: User
) -> None:
    authorization = factories.authorization(organization)
    first, _ = checks.request_check(authorization, user=owner)
    later = timezone.now() + timedelta(minutes=16)
    second, is_new = checks.request_check(authorization, user=owner, now=later)
    assert is_new
    assert second != first
