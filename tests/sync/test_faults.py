"""ANAF's faults, each by its name: what it is called, and that no UIT suffers from it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from caraus.accounts.models import Company, Organization
from caraus.anaf.errors import Outcome
from caraus.authorizations import links, replacement
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import Responsibility
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.formatting import BUCHAREST
from caraus.sync.company_sync import SyncResult, sync_company
from caraus.sync.models import AuthorizationLimit, RateLimiter, SyncRun, SyncState
from caraus.sync.status import WITH_DETAIL
from caraus.transports.models import Transport
from tests import factories
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess
from tests.transports.conftest import dump

MINUTE = timedelta(minutes=1)

# scenario, its options → outcome, code, whose fault, HTTP status
FAULTS: list[tuple[str, dict[str, Any], str, str, str, int | None]] = [
    ("down_refused", {}, "unavailable", "refused", "anaf", None),
    ("down_502", {}, "unavailable", "http_5xx", "anaf", 502),
    ("down_503", {}, "unavailable", "http_5xx", "anaf", 503),
    ("timeout", {}, "unavailable", "timeout", "anaf", None),
    ("slow", {"seconds": 10}, "unavailable", "timeout", "anaf", None),
    ("technical_error", {}, "unavailable", "technical_error", "anaf", 200),
    ("html_rejected", {}, "bad_response", "waf_rejected", "anaf", 200),
    ("my_policy", {}, "bad_response", "redirected", "anaf", 302),
    ("cut_json", {}, "bad_response", "cut_json", "anaf", 200),
    ("empty_body", {}, "bad_response", "empty_body", "anaf", 200),
    ("rate_limited", {"seconds": 900}, "rate_limited", "rate_limited", "anaf", 429),
    ("rate_limited_bare", {}, "rate_limited", "rate_limited", "anaf", 429),
    ("daily_limit", {}, "rate_limited", "daily_limit", "anaf", 200),
    ("no_rights", {}, "no_rights", "no_rights_any", "rights", 200),
    ("no_rights_cui", {}, "no_rights", "no_rights_cui", "rights", 200),
    ("forbidden", {}, "unavailable", "forbidden", "anaf", 403),
    ("not_enrolled_app", {}, "unavailable", "forbidden", "anaf", 403),
    ("token_refused", {}, "unavailable", "token_refused_anew", "anaf", 401),
]
NAMES = [fault[0] for fault in FAULTS]

Sync = Callable[..., SyncResult]


@pytest.fixture
def sync(company: Company, authorization: Authorization, settings: LazySettings) -> Sync:
    """Sync the company, which has its UITs from a good answer before."""
    first = sync_company(company_id=company.pk)
    assert first.outcome is Outcome.OK
    settings.ANAF_TIMEOUT_SECONDS = 1
    return lambda now=None: sync_company(company_id=company.pk, now=now)


@pytest.mark.parametrize(
    ("scenario", "options", "outcome", "code", "responsibility", "status"), FAULTS
)
def test_each_fault_has_its_name_and_sentence_and_no_uit_suffers(
    anaf: SimulatorProcess,
    sync: Sync,
    scenario: str,
    options: dict[str, Any],
    outcome: str,
    code: str,
    responsibility: str,
    status: int | None,
) -> None:
    before = dump()
    anaf.turn_on(scenario, **options)

    result = sync()

    assert (result.outcome, result.error and result.error.code) == (Outcome(outcome), code)
    assert result.error
    text = ERROR_TEXTS[result.error.code]
    assert text.responsibility is Responsibility(responsibility)
    assert text.sentence in result.message
    assert text.advice in result.message
    assert dump() == before
    assert before[0]
    run = SyncRun.objects.first()
    assert run
    assert (run.outcome, run.code, run.http_status) == (outcome, code, status)
    assert (run.seen, run.new, run.changed, run.missing) == (0, 0, 0, 0)
    state = SyncState.objects.get()
    assert state.next_sync_at > timezone.now() + MINUTE / 2
    assert (state.last_outcome, state.last_code) == (outcome, code)
    assert (state.failures_in_a_row, state.error_since) == (1, run.started_at)


@pytest.mark.parametrize(
    "scenario", [name for name in NAMES if name not in {"token_refused", "timeout", "slow"}]
)
def test_after_a_fault_has_passed_all_is_well_again(
    anaf: SimulatorProcess, sync: Sync, scenario: str
) -> None:
    before = dump()
    anaf.turn_on(scenario, times=1)
    sync()
    anaf.turn_off(scenario)
    CompanyRight.objects.filter(state="no_right").update(retry_at=timezone.now())
    RateLimiter.objects.update(paused_until=timezone.now())  # the pause is over
    AuthorizationLimit.objects.update(paused_until=timezone.now(), calls_day=None)
    assert sync().outcome is Outcome.OK
    assert dump() == before
    state = SyncState.objects.get()
    assert (state.failures_in_a_row, state.error_since, state.last_code) == (0, None, "")


def test_failures_are_counted_and_the_pause_grows(anaf: SimulatorProcess, sync: Sync) -> None:
    anaf.turn_on("down_503")
    now = timezone.now()
    pauses = []
    for _ in range(5):
        sync(now)
        pauses.append((SyncState.objects.get().next_sync_at - now) // MINUTE)
    assert pauses == [1, 2, 4, 8, 16]
    assert SyncState.objects.get().error_since == now


def test_since_when_an_error_lasts_begins_anew_with_another_cause(
    anaf: SimulatorProcess, sync: Sync
) -> None:
    now = timezone.now()
    for minutes, scenario, since in (
        (0, "down_503", 0),
        (9, "my_policy", 0),  # the same outage, met in another way
        (20, "no_rights_cui", 20),
        (30, "no_rights_cui", 20),
    ):
        anaf.turn_on(scenario)
        sync(now + minutes * MINUTE)
        assert SyncState.objects.get().error_since == now + since * MINUTE
        anaf.turn_off(scenario)


def test_anaf_is_not_polled_sooner_than_it_allows(anaf: SimulatorProcess, sync: Sync) -> None:
    anaf.turn_on("rate_limited", seconds=1234)
    now = timezone.now()
    sync(now)
    assert SyncState.objects.get().next_sync_at == now + timedelta(seconds=1234)


def test_past_its_daily_limit_anaf_is_polled_again_tomorrow(
    anaf: SimulatorProcess, sync: Sync
) -> None:
    anaf.turn_on("daily_limit")
    sync(datetime(2026, 11, 24, 9, 30, tzinfo=BUCHAREST))
    assert SyncState.objects.get().next_sync_at == datetime(2026, 11, 25, 0, 5, tzinfo=BUCHAREST)


def test_a_certificate_without_any_right_is_reported_as_such(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    authorize(anaf, organization, "norights")
    result = sync_company(company_id=company.pk)
    assert result.error
    assert result.error.code == "no_rights_any"
    assert Authorization.objects.get().status == "active"
    assert CompanyRight.objects.get().state == "no_right"


@pytest.mark.parametrize("scenario", ["no_rights", "no_rights_cui"])
def test_a_refused_right_is_reported_in_anafs_words_for_a_day_without_a_poll(
    anaf: SimulatorProcess, sync: Sync, scenario: str
) -> None:
    anaf.turn_on(scenario)
    first = sync()
    anaf.forget_calls()
    second_result = sync()
    assert second_result.message == first.message
    assert second_result.outcome is Outcome.NO_RIGHTS
    assert anaf.calls() == []


def test_a_company_that_nobody_authorized_for_is_reported_as_such_without_a_poll(
    anaf: SimulatorProcess, company: Company
) -> None:
    result = sync_company(company_id=company.pk)
    assert result.error
    assert (result.outcome, result.error.code) == (Outcome.REAUTHORIZE, "never_authorized")
    assert SyncRun.objects.get().authorization is None
    assert anaf.calls() == []


def test_what_somebody_disconnected_is_not_called_never_authorized(
    anaf: SimulatorProcess, sync: Sync, company: Company
) -> None:
    sync()
    authorization = Authorization.objects.get()
    replacement.end_authorization(authorization, Authorization.Status.DISCONNECTED)
    result = sync()
    assert result.error
    assert result.error.code == "disconnected"
    other_company = factories.company(authorization.organization, cui=factories.OTHER_CUI)
    link, _ = links.create_link(
        factories.member(authorization.organization, "owner").memberships.get(),
        companies=[other_company],
    )
    Authorization.objects.update(link=link, status="reauthorize")
    result = sync()
    assert result.error
    assert result.error.code == "not_for_company"
    assert Outcome.REAUTHORIZE is result.outcome


def test_without_a_client_id_the_fault_is_ours(
    anaf: SimulatorProcess, sync: Sync, settings: LazySettings
) -> None:
    settings.ANAF_CLIENT_ID = ""
    result = sync()
    assert result.error
    assert result.error.code == "missing_configuration"
    assert Authorization.objects.get().status == "active"


def test_a_diagnostic_holds_no_token(anaf: SimulatorProcess, sync: Sync) -> None:
    for scenario in ("token_refused", "forbidden", "html_rejected"):
        anaf.turn_on(scenario, times=2)
        sync()
        anaf.turn_off(scenario)
    assert not [run for run in SyncRun.objects.all() if "ey" in run.detail]
    assert Transport.objects.exists()


@pytest.mark.parametrize(
    ("scenario", "words"), [("html_rejected", "support ID is"), ("technical_error", "eroare")]
)
def test_where_the_advice_speaks_of_details_they_are_shown(
    anaf: SimulatorProcess,
    sync: Sync,
    signed_in: Client,
    company: Company,
    scenario: str,
    words: str,
) -> None:
    anaf.turn_on(scenario)
    sync()
    detail = SyncRun.objects.all()[0].detail
    assert words in detail
    shown = str(escape(detail))
    for address in ("/transporturi/", f"/transporturi/sincronizari/{company.pk}/"):
        assert shown in signed_in.get(address).content.decode()


def test_the_details_that_are_promised_are_those_that_are_shown() -> None:
    promised = {text.code for text in ERROR_TEXTS.values() if "detalii" in text.advice}
    assert promised == WITH_DETAIL
