"""The loop of the worker: what is due is polled, once, the most urgent first."""

import asyncio
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection as database
from django.db import connections
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.authorizations import rights
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.advisory_locks import LockSpace
from caraus.sync import claims, maintenance, results
from caraus.sync.models import RateLimiter, SyncRun, SyncState
from caraus.sync.poller import Poller
from caraus.transports.models import Transport, TransportEvent
from tests import factories, polling
from tests.authorize import at_once, authorize
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
CUIS = ("900010100", "900020201", "900030302")


@pytest.fixture
def companies(anaf: SimulatorProcess, organization: Organization) -> list[Company]:
    """Three companies of one authorization, due now."""
    authorize(anaf, organization)
    companies = [factories.company(organization, cui=cui) for cui in CUIS]
    maintenance.add_missing_states()
    return companies


def accepted() -> None:
    """ANAF has accepted the authorization for every company before."""
    for company in Company.objects.all():
        rights.record_right(
            authorization=Authorization.objects.get(), company=company, covered=True
        )


def seconds_between(first: datetime | None, second: datetime) -> float:
    assert first
    return (second - first).total_seconds()


def due_again(**fields: object) -> None:
    SyncState.objects.update(next_sync_at=timezone.now() - MINUTE, **fields)


def until_locked(number: int) -> None:
    """PostgreSQL notices after a moment that a client is gone."""
    with database.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s",
                [int(LockSpace.COMPANY_SYNC)],
            )
            if cursor.fetchone() == (number,):
                return
            time.sleep(0.01)


def test_what_is_due_is_polled_and_stored(anaf: SimulatorProcess, companies: list[Company]) -> None:
    polling.drain()
    for company in companies:
        truth = {record["uit"] for record in anaf.active(company.cui)}
        assert set(company.transports.values_list("uit", flat=True)) == truth
    assert Counter(call["cui"] for call in anaf.calls("info")) == dict.fromkeys(CUIS, 1)
    for state in SyncState.objects.all():
        assert state.last_attempt_at
        assert MINUTE <= state.next_sync_at - state.last_attempt_at <= 10 * MINUTE
        assert (state.claimed_until, state.last_outcome) == (None, "ok")
    assert set(CompanyRight.objects.values_list("state", flat=True)) == {"covered"}


def test_an_unchanged_response_is_one_small_write(
    anaf: SimulatorProcess, companies: list[Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    polling.drain()
    before = list(Transport.objects.order_by("pk").values())
    good = dict(SyncState.objects.values_list("company_id", "last_good_at"))
    due_again()
    polling.drain()
    assert list(Transport.objects.order_by("pk").values()) == before
    assert TransportEvent.objects.count() == len(before)
    for run in SyncRun.objects.order_by("pk")[3:]:
        assert (run.outcome, run.http_status, run.new) == ("ok", 200, 0)
        assert run.seen == run.company.transports.count()
        assert run.age == pytest.approx(seconds_between(good[run.company_id], run.finished_at))
    for state in SyncState.objects.all():
        earlier = good[state.company_id]
        assert state.last_good_at
        assert earlier
        assert state.last_good_at > earlier
        assert state.calls_today == 2
        assert state.next_sync_at > timezone.now()


def test_a_change_among_unchanged_responses_is_seen(
    anaf: SimulatorProcess, companies: list[Company]
) -> None:
    polling.drain()
    anaf.correct(anaf.active(CUIS[0])[0]["uit"], nr_veh="B77NOU")
    new = anaf.add_uit(CUIS[1])["uit"]
    due_again()
    polling.drain()
    assert Transport.objects.filter(uit=new).exists()
    assert TransportEvent.objects.filter(kind="vehicle_changed").count() == 1
    changed = [run.company.cui for run in SyncRun.objects.order_by("pk")[3:] if run.new]
    assert changed == [CUIS[1]]


def test_a_uit_that_is_missing_is_judged_by_a_response_that_says_the_same(
    anaf: SimulatorProcess, companies: list[Company]
) -> None:
    uit = anaf.add_uit(CUIS[1])["uit"]
    polling.drain()
    anaf.withdraw(uit)
    for state in ("missing", "delisted"):
        due_again()
        polling.drain()
        assert Transport.objects.get(uit=uit).state == state
        Transport.objects.filter(state="missing").update(
            missing_since=timezone.now() - timedelta(minutes=11)
        )


def test_several_pollers_at_once_poll_each_company_once(
    anaf: SimulatorProcess, companies: list[Company]
) -> None:
    anaf.turn_on("slow", seconds=0.3)
    at_once(polling.drain, polling.drain, polling.drain)
    assert Counter(call["cui"] for call in anaf.calls("info")) == dict.fromkeys(CUIS, 1)
    assert Transport.objects.count() == TransportEvent.objects.count()


def test_a_company_that_somebody_polls_is_left_to_him(companies: list[Company]) -> None:
    def take() -> list[int]:
        try:
            return [claim.company_id for claim in claims.claim_due(10)]
        finally:
            connections.close_all()

    from caraus.sync.company_sync import _company_lock

    with _company_lock(companies[0].pk):
        (claimed,) = at_once(take)
    assert claimed == [companies[1].pk, companies[2].pk] or claimed == [
        companies[2].pk,
        companies[1].pk,
    ]
    state = SyncState.objects.get(company=companies[0])
    assert state.claimed_until is None


def test_a_killed_workers_claims_lapse(companies: list[Company]) -> None:
    def take() -> int:
        try:
            return len(claims.claim_due(10))
        finally:
            connections.close_all()  # as the kernel does for a killed process

    assert at_once(take) == [3]
    until_locked(0)
    assert at_once(take) == [0]
    SyncState.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert at_once(take) == [3]


def test_a_killed_workers_claims_are_found_at_once_and_a_living_ones_left(
    companies: list[Company],
) -> None:
    claimed = claims.claim_due(1)[0].company_id

    def take_and_die() -> int:
        try:
            return len(claims.claim_due(10))
        finally:
            connections.close_all()

    assert at_once(take_and_die) == [2]
    until_locked(1)
    assert claims.release_orphans() == 2
    assert {claim.company_id for claim in claims.claim_due(10)} == {
        company.pk for company in companies
    } - {claimed}
    claims.unlock_companies([company.pk for company in companies])


def test_what_a_person_wants_goes_first_then_the_busiest(companies: list[Company]) -> None:
    first, second, third = companies
    SyncState.objects.filter(company=second).update(rate=50)
    SyncState.objects.filter(company=third).update(requested_at=timezone.now())
    due_again()
    order = [claim.company_id for claim in claims.claim_due(10)]
    assert order == [third.pk, second.pk, first.pk]
    claims.unlock_companies(order)
    claims.release_claims(order)
    assert [claim.company_id for claim in claims.claim_due(1)] == [third.pk]
    claims.unlock_companies([third.pk])


def test_a_refused_token_is_refreshed_and_the_request_repeated(
    anaf: SimulatorProcess, companies: list[Company]
) -> None:
    polling.drain()
    anaf.turn_on("token_refused", times=1)
    due_again()
    polling.drain(at_once=1)
    assert set(SyncState.objects.values_list("last_outcome", flat=True)) == {"ok"}
    assert len(anaf.calls("token")) == 2  # the authorization and one refresh


def test_an_expired_token_is_refreshed_before_it_is_used(
    anaf: SimulatorProcess, companies: list[Company]
) -> None:
    Authorization.objects.update(access_expires_at=timezone.now() - MINUTE)
    polling.drain()
    assert set(SyncState.objects.values_list("last_outcome", flat=True)) == {"ok"}
    assert {call["status"] for call in anaf.calls("info")} == {200}


@pytest.mark.parametrize(
    ("scenario", "code"), [("technical_error", "technical_error"), ("cut_json", "cut_json")]
)
def test_a_failure_is_kept_and_the_company_tried_again_later(
    anaf: SimulatorProcess, companies: list[Company], scenario: str, code: str
) -> None:
    anaf.turn_on(scenario)
    polling.drain()
    for state in SyncState.objects.all():
        assert (state.last_code, state.failures_in_a_row) == (code, 1)
        assert state.next_sync_at > timezone.now() + MINUTE / 2


def test_without_a_living_authorization_nobody_is_polled(
    anaf: SimulatorProcess, companies: list[Company]
) -> None:
    Authorization.objects.update(status="reauthorize")
    polling.drain()
    assert anaf.calls("info") == []
    maintenance.repair_due_times()  # and they are not looked at again at every turn
    assert not SyncState.objects.filter(next_sync_at__lte=timezone.now()).exists()


def test_an_archived_company_is_polled_no_more(
    anaf: SimulatorProcess, companies: list[Company]
) -> None:
    Company.objects.filter(pk=companies[0].pk).update(archived_at=timezone.now())
    polling.drain()
    assert {call["cui"] for call in anaf.calls("info")} == set(CUIS[1:])


def test_when_stopped_it_gives_up_a_silent_anaf_and_leaves_the_companies_due(
    anaf: SimulatorProcess,
    companies: list[Company],
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted()
    settings.ANAF_TIMEOUT_SECONDS = 30
    monkeypatch.setattr("caraus.sync.poller.STOP_TIMEOUT_SECONDS", 0.2)
    anaf.turn_on("timeout")

    async def stopped_in_the_middle() -> int:
        running_engine, stop = Poller(at_once=3), asyncio.Event()
        running = asyncio.create_task(running_engine.run(stop))
        while running_engine.requests_sent < 3:
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 5)
        return running_engine.requests_sent

    assert at_once(lambda: asyncio.run(stopped_in_the_middle())) == [3]
    assert not SyncRun.objects.exists()
    assert {state.claimed_until for state in SyncState.objects.all()} == {None}
    anaf.turn_off("timeout")
    polling.drain()
    assert SyncRun.objects.filter(outcome="ok").count() == 3


def test_during_an_outage_it_polls_once_in_a_while_and_then_recovers(
    anaf: SimulatorProcess, organization: Organization
) -> None:
    authorize(anaf, organization)
    for number in range(12):
        factories.company(organization, cui=f"90001010{number}")
    accepted()
    maintenance.add_missing_states()
    anaf.turn_on("down_503")
    at_once(lambda: asyncio.run(_run_for_calls(5)))
    limiter = RateLimiter.objects.get()
    assert limiter.open_since is not None
    requests_sent = len(anaf.calls("info"))
    assert requests_sent < 12
    assert SyncState.objects.filter(last_attempt_at=None).count() == 12 - requests_sent
    assert claims_and_slots() == "open"
    anaf.turn_off("down_503")
    RateLimiter.objects.update(probe_at=timezone.now())
    polling.drain()
    limiter.refresh_from_db()
    assert limiter.failures == 0
    assert RateLimiter.objects.get().open_since is None
    assert not SyncState.objects.filter(last_attempt_at=None).exists()


async def _run_for_calls(number: int) -> None:
    running_engine, stop = Poller(at_once=1), asyncio.Event()
    running = asyncio.create_task(running_engine.run(stop))
    while running_engine.requests_sent < number:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    stop.set()
    await running


def claims_and_slots() -> str:
    from caraus.sync.limiter import permits

    permit, _ = permits.acquire_permit()
    return permit.reason


def test_the_digest_does_not_hide_a_missing_uit(companies: list[Company]) -> None:
    state = SyncState(last_body_digest="1:x", last_missing=2)
    assert results.comparable_digest(state) == ""
