"""A poll that meets a token which ANAF no longer takes."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf.errors import Outcome
from caraus.authorizations.models import Authorization
from caraus.core import crypto
from caraus.sync import claims
from caraus.sync.company_sync import sync_company
from caraus.sync.models import SyncState
from caraus.sync.requests import request_sync
from caraus.transports.models import Transport
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def grants(anaf: SimulatorProcess) -> list[str | None]:
    return [call["grant_type"] for call in anaf.calls("token")]


def test_a_refused_token_is_refreshed_once_silently_and_the_request_repeated(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.turn_on("token_refused", times=1)
    anaf.forget_calls()
    result = sync_company(company_id=company.pk)
    assert result.outcome is Outcome.OK
    assert grants(anaf) == ["refresh_token"]
    assert [call["status"] for call in anaf.calls("info")] == [401, 200]
    renewed = Authorization.objects.get()
    assert renewed.status == "active"
    for name in ("access_token_sealed", "refresh_token_sealed"):
        old, new = (crypto.decrypt(getattr(each, name)) for each in (authorization, renewed))
        assert old != new


def test_a_token_that_is_refused_even_when_new_kills_nothing_and_heals_by_itself(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.turn_on("token_refused")
    anaf.forget_calls()
    result = sync_company(company_id=company.pk)
    assert result.outcome is Outcome.UNAVAILABLE  # nobody need act
    assert len(anaf.calls("info")) == 2
    assert grants(anaf) == ["refresh_token"]
    assert result.error
    assert result.error.code == "token_refused_anew"
    assert Authorization.objects.get().status == "active"
    sync_company(company_id=company.pk)
    assert grants(anaf) == ["refresh_token"]  # not requested at each poll
    anaf.turn_off("token_refused")
    assert sync_company(company_id=company.pk).outcome is Outcome.OK


def test_when_anaf_refuses_the_refresh_nothing_is_polled_until_a_person_acts(
    worker: Worker, anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    number = Transport.objects.count()
    anaf.turn_on("token_refused")
    anaf.turn_on("refresh_rejected")
    request_sync([company.pk])
    worker.drain()
    assert Authorization.objects.get().status == "reauthorize"
    state = SyncState.objects.get()
    assert (state.last_outcome, state.last_code) == ("reauthorize", "refresh_rejected")

    anaf.forget_calls()
    for _ in range(3):
        SyncState.objects.update(next_sync_at=timezone.now() - timedelta(days=1))
        assert claims.claim_due(10) == []
        request_sync([company.pk])  # as when a person presses the button
        worker.drain()
    assert anaf.calls() == []
    assert SyncState.objects.get().last_code == "refresh_rejected"
    assert Transport.objects.filter(state="active").count() == number > 0


@pytest.mark.parametrize("scenario", ["token_endpoint_down", "token_html", "token_timeout"])
def test_errors_of_the_token_service_are_temporary(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, scenario: str
) -> None:
    anaf.turn_on("token_refused", times=1)
    anaf.turn_on(scenario, times=1)
    result = sync_company(company_id=company.pk)
    assert result.outcome in {Outcome.UNAVAILABLE, Outcome.BAD_RESPONSE}
    assert Authorization.objects.get().status == "active"
    assert sync_company(company_id=company.pk).outcome is Outcome.OK


def test_an_access_token_past_its_end_is_refreshed_before_the_request(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    Authorization.objects.update(access_expires_at=timezone.now())
    anaf.forget_calls()
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    assert [call["endpoint"] for call in anaf.calls()] == ["token", "info"]
    assert Authorization.objects.get().access_expires_at > timezone.now() + timedelta(days=89)


def test_authorizations_given_up_on_anafs_portal_need_a_person(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.revoke("three")
    result = sync_company(company_id=company.pk)
    assert result.error
    assert (result.outcome, result.error.code) == (Outcome.REAUTHORIZE, "refresh_rejected")


def test_tokens_that_no_key_opens_are_reported_as_ours_and_work_when_the_key_is_back(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    settings: LazySettings,
) -> None:
    keys = settings.TOKEN_KEYS
    settings.TOKEN_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    anaf.forget_calls()
    for _ in range(2):
        result = sync_company(company_id=company.pk)
        assert result.error
        assert result.error.code == "token_unreadable"
    assert anaf.calls() == []
    assert Authorization.objects.get().status == "active"
    assert Authorization.objects.get().last_failure_code == "token_unreadable"

    settings.TOKEN_KEYS = keys
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    assert Authorization.objects.get().last_failure_code == ""
