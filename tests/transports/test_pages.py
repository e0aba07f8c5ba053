"""„Sincronizări”, `/metrics`, and what the list says while ANAF does not answer."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization
from caraus.core.formatting import BUCHAREST
from caraus.sync import requests
from caraus.sync.company_sync import sync_company
from caraus.sync.limiter import permits
from caraus.sync.models import RateLimiter, SyncHour, SyncRun, SyncState
from caraus.sync.schedule import plan
from caraus.sync.status import read_sync_status
from tests.simulator_process import SimulatorProcess
from tests.squeezed import page_of

MINUTE = timedelta(minutes=1)


def test_the_page_shows_each_poll_and_what_could_not_be_read(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, signed_in: Client
) -> None:
    anaf.turn_on("malformed_record", kind="string")
    sync_company(company_id=company.pk)
    anaf.turn_on("technical_error")
    sync_company(company_id=company.pk)
    page = signed_in.get(f"/transporturi/sincronizari/{company.pk}/").content.decode()
    assert "A apărut o eroare tehnică" in page or "a apărut o eroare tehnică" in page
    assert "1 înregistrare din lista ANAF nu poate fi citită" in page
    assert "Interogări azi" in page
    assert re.findall(r'<rect\s+class="chart-(\w+)"', page) == ["good", "warn"]
    assert "style=" not in page


def test_the_chart_of_a_month_joins_whole_rows_and_hourly_sums(
    company: Company, signed_in: Client
) -> None:
    now = timezone.now()
    SyncHour.objects.create(
        company=company,
        hour=(now - timedelta(days=10)).replace(minute=0, second=0, microsecond=0),
        outcome="ok",
        calls=12,
        age_max=1200,
    )
    SyncRun.objects.create(
        company=company, started_at=now, finished_at=now, outcome="unavailable", code="timeout"
    )
    page = signed_in.get(f"/transporturi/sincronizari/{company.pk}/?perioada=luna").content.decode()
    assert re.findall(r'<rect\s+class="chart-(\w+)"', page) == ["good", "warn"]
    assert "12 reușite; lista cea mai veche: 20 min" in page


def test_a_company_never_polled_has_its_page_too(company: Company, signed_in: Client) -> None:
    page = signed_in.get(f"/transporturi/sincronizari/{company.pk}/").content.decode()
    assert "Încă nicio sincronizare" in page


# -- the outage in words -------------------------------------------------------------------------


def outage(since: int) -> None:
    limiter, now = permits.read_state(), timezone.now()
    if limiter is None:
        permits.acquire_permit()
    RateLimiter.objects.update(open_since=now - since * MINUTE, last_code="http_5xx", failures=9)


def test_the_page_says_since_when_anaf_does_not_respond_and_how_old_the_list_is(
    company: Company, organization: Organization, authorization: Authorization, signed_in: Client
) -> None:
    now = timezone.now()
    good = now - 3 * MINUTE
    SyncState.objects.create(company=company, last_good_at=good, last_attempt_at=good)
    outage(2)
    sync_status = read_sync_status(organization, [company])

    def clock(moment: object) -> str:
        return re.sub(r"^.*, ", "", f"{moment:%-H:%M}")

    since = (now - 2 * MINUTE).astimezone(BUCHAREST)
    assert (
        f"ANAF nu răspunde din {clock(since)}; lista este din " in sync_status.outage_sentence
        or (
            "ANAF nu răspunde din" in sync_status.outage_sentence
            and f"{clock(since)};" in sync_status.outage_sentence
        )
    )
    assert sync_status.outage_sentence.endswith(clock(good.astimezone(BUCHAREST)))
    assert not sync_status.busy
    page = signed_in.get("/transporturi/").content.decode()
    assert sync_status.outage_sentence in page


@pytest.mark.parametrize("code", ["no_rights_cui", "refresh_rejected", "daily_limit"])
def test_an_error_of_our_authorization_is_not_anafs_silence(
    company: Company, organization: Organization, authorization: Authorization, code: str
) -> None:
    now = timezone.now()
    SyncState.objects.create(company=company, last_code=code, error_since=now, last_attempt_at=now)
    sync_status = read_sync_status(organization, [company])
    assert sync_status.outage_sentence == ""
    assert [error.code for error in sync_status.errors] == [code]
    outage(5)
    status = read_sync_status(organization, [company])
    assert [error.code for error in status.errors] == [code]


def test_two_ways_of_not_answering_are_one_outage(
    organization: Organization, company: Company, authorization: Authorization
) -> None:
    now = timezone.now()
    other_company = Company.objects.create(organization=organization, cui="900020201")
    for each, code, since in ((company, "timeout", 5), (other_company, "http_5xx", 9)):
        SyncState.objects.create(
            company=each, last_code=code, error_since=now - since * MINUTE, last_attempt_at=now
        )
    (sync_error,) = read_sync_status(organization, [company, other_company]).errors
    assert sync_error.since == now - 9 * MINUTE
    assert set(sync_error.companies) == {company, other_company}


def test_a_pause_that_anaf_requires_is_shown_to_everybody_and_headed_as_a_limit(
    company: Company, organization: Organization, authorization: Authorization, signed_in: Client
) -> None:
    now = timezone.now()
    SyncState.objects.create(company=company, last_good_at=now, last_attempt_at=now)
    permits.acquire_permit()
    RateLimiter.objects.update(paused_since=now, paused_until=now + timedelta(days=1))
    (sync_error,) = read_sync_status(organization, [company]).errors
    assert (sync_error.code, sync_error.label.text) == ("rate_limited", "Limită la ANAF")
    page = signed_in.get("/transporturi/").content.decode()
    assert "Limită la ANAF." in page
    assert "continuăm automat mâine la " in page
    assert "Problemă la ANAF" not in page
    RateLimiter.objects.update(paused_until=now)
    assert read_sync_status(organization, [company]).errors == ()


def test_the_list_is_not_called_fresh_while_a_company_was_never_synced(
    company: Company, organization: Organization, authorization: Authorization, signed_in: Client
) -> None:
    now = timezone.now()
    SyncState.objects.create(
        company=company, last_good_at=now, last_attempt_at=now, next_sync_at=now + 5 * MINUTE
    )
    assert read_sync_status(organization, [company]).kind == "good"
    Company.objects.create(organization=organization, cui="900020201")
    assert "; o firmă, încă niciodată" in page_of(signed_in.get("/transporturi/"))
    assert signed_in.get("/transporturi/").context["sync_status"].kind == "syncing"
    Authorization.objects.update(status="reauthorize")
    assert signed_in.get("/transporturi/").context["sync_status"].kind == "never_authorized"


def test_an_error_of_ours_is_not_shown_as_anafs(company: Company, signed_in: Client) -> None:
    now = timezone.now()
    for outcome, code in (
        ("unavailable", "unexpected"),
        ("rate_limited", "daily_limit"),
        ("unavailable", "timeout"),
    ):
        SyncRun.objects.create(
            company=company, started_at=now, finished_at=now, outcome=outcome, code=code
        )
    page = signed_in.get(f"/transporturi/sincronizari/{company.pk}/").content.decode()
    pills = re.findall(
        r'<span\s+class="pill pill-\w+"\s*><svg.*?</svg>([^<]*)</span>', page, re.DOTALL
    )
    assert pills == ["Problemă la ANAF", "Limită la ANAF", "Problemă la noi"]


def test_without_an_authorization_what_anaf_said_before_is_no_error_of_now(
    organization: Organization, company: Company, authorization: Authorization, signed_in: Client
) -> None:
    now = timezone.now()
    SyncState.objects.create(
        company=company, last_code="technical_error", last_good_at=now, last_attempt_at=now
    )
    assert read_sync_status(organization, [company]).kind == "error"
    Authorization.objects.update(status="disconnected")
    sync_status = read_sync_status(organization, [company])
    assert (sync_status.kind, sync_status.company_errors) == ("never_authorized", ())
    page = signed_in.get("/transporturi/").content.decode()
    assert "Încercăm din nou automat" not in page


# -- somebody looks ------------------------------------------------------------------------------


def test_a_list_that_somebody_looks_at_is_polled_within_a_minute(
    company: Company, authorization: Authorization, signed_in: Client
) -> None:
    now = timezone.now()
    later = now + timedelta(hours=1)
    state = SyncState.objects.create(
        company=company, next_sync_at=later, last_attempt_at=now - 5 * MINUTE
    )
    signed_in.get("/transporturi/")
    state.refresh_from_db()
    assert state.next_sync_at <= timezone.now()
    assert state.viewed_at


def test_looking_polls_no_more_than_once_a_minute_and_leaves_errors_their_pause(
    company: Company,
) -> None:
    now = timezone.now()
    later = now + timedelta(hours=1)
    state = SyncState.objects.create(
        company=company, next_sync_at=later, last_attempt_at=now - MINUTE / 2
    )
    assert requests.record_view([company]) == 0
    state.refresh_from_db()
    assert state.next_sync_at == now - MINUTE / 2 + MINUTE
    SyncState.objects.update(viewed_at=None, failures_in_a_row=1, next_sync_at=later)
    assert requests.record_view([company]) == 0
    state.refresh_from_db()
    assert state.next_sync_at == later


# -- metrics -------------------------------------------------------------------------------------


def test_metrics_do_not_exist_without_the_token(client: Client, settings: LazySettings) -> None:
    for token, shown in (("", ""), ("geheim", ""), ("geheim", "Bearer altul"), ("", "Bearer ")):
        settings.METRICS_TOKEN = token
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404


def test_metrics_show_calls_budget_delays_queue_and_authorizations(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    client: Client,
    settings: LazySettings,
) -> None:
    settings.METRICS_TOKEN = "geheim"
    sync_company(company_id=company.pk)
    sync_company(company_id=company.pk)
    anaf.turn_on("technical_error")
    sync_company(company_id=company.pk)
    SyncState.objects.update(next_sync_at=timezone.now() - 5 * MINUTE)
    plan.update_plan()
    response = client.get("/metrics", headers={"Authorization": "Bearer geheim"})
    metrics = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }
    assert metrics["caraus_calls_total", "ok"] == 2
    assert metrics["caraus_calls_total", "unavailable"] == 1
    assert metrics["caraus_slots_total",] == 3
    assert metrics["caraus_calls_last_minute",] == 3
    assert metrics["caraus_calls_allowed_per_minute",] == 900
    assert (metrics["caraus_companies",], metrics["caraus_companies_overdue",]) == (1, 1)
    assert metrics["caraus_list_age_seconds", "0.95"] > 0
    assert metrics["caraus_jobs", "todo"] >= 0
    assert metrics["caraus_authorizations", "active"] == 1
    assert metrics["caraus_anaf_down",] == 0
