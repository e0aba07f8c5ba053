"""The worker's loop where things go wrong between two steps: gaps, mistakes of ours, spent days."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connections
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.authorizations import rights
from caraus.authorizations.models import Authorization
from caraus.sync import claims, maintenance, unchanged
from caraus.sync.company_sync import SyncResult, sync_company
from caraus.sync.limiter import permits, rules
from caraus.sync.models import AuthorizationLimit, RateLimiter, SyncRun, SyncState
from caraus.sync.poller import Poller
from caraus.sync.schedule import plan
from tests import factories, polling
from tests.authorize import at_once, authorize
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
CUIS = ("900010100", "900020201", "900030302")


@pytest.fixture
def companies(anaf: SimulatorProcess, organization: Organization) -> list[Company]:
    """Three companies of one authorization, due now, and accepted before: one call each."""
    authorization = authorize(anaf, organization)
    companies = [factories.company(organization, cui=cui) for cui in CUIS]
    maintenance.add_missing_states()
    for company in companies:
        rights.record_right(authorization=authorization, company=company, covered=True)
    return companies


def run_until(done: Callable[[Poller], bool], *, and_then: float = 0.0) -> Poller:
    """Run an engine until then, and for so many seconds more."""

    def is_done(poller: Poller) -> bool:
        try:
            return done(poller)
        finally:
            connections.close_all()

    async def running() -> Poller:
        poller, stop = Poller(at_once=3), asyncio.Event()
        task = asyncio.create_task(poller.run(stop))
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(is_done, poller):
                await asyncio.sleep(0.01)
        await asyncio.sleep(and_then)
        stop.set()
        await task
        return poller

    plan.clear_plan_cache()
    (ran,) = at_once(lambda: asyncio.run(running()))
    assert isinstance(ran, Poller), ran
    return ran


def test_a_company_polled_in_the_gap_between_two_locks_is_not_polled_again(
    anaf: SimulatorProcess, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim thread releases its lock before the single sync takes its own. In between the
    claim looks like an orphan, and another worker syncs the company."""
    authorize(anaf, organization)
    company = factories.company(organization, cui="900010100")
    maintenance.add_missing_states()
    unlock = claims.unlock_companies
    in_the_gap: list[SyncResult | Exception | None] = []

    def another_worker() -> SyncResult:
        assert claims.release_orphans() == 1
        return sync_company(company_id=company.pk)

    def unlock_and_be_overtaken(ids: list[int]) -> None:
        unlock(ids)
        if ids and not in_the_gap:
            in_the_gap.append(None)
            in_the_gap.extend(at_once(another_worker))

    monkeypatch.setattr(claims, "unlock_companies", unlock_and_be_overtaken)
    polling.drain()
    assert isinstance(in_the_gap[1], SyncResult), in_the_gap
    assert len(anaf.calls("info")) == SyncRun.objects.count() == 1


@pytest.mark.parametrize("by", ["the poller", "a person"])
def test_a_mistake_of_ours_is_recorded_and_tried_again_ever_later(
    anaf: SimulatorProcess, companies: list[Company], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    def mistake(**_: object) -> None:
        raise ZeroDivisionError("for Bearer eyJhbGciOi")

    monkeypatch.setattr("caraus.sync.results.store_response", mistake)
    pauses = []
    for _ in range(2):
        SyncState.objects.update(next_sync_at=timezone.now())
        if by == "the poller":
            polling.drain()
        else:
            for company in companies:
                sync_company(company_id=company.pk)
        state = SyncState.objects.get(company=companies[0])
        assert state.last_attempt_at
        pauses.append((state.next_sync_at - state.last_attempt_at) // MINUTE)
    assert pauses == [1, 2]
    assert len(anaf.calls("info")) == 6 == SyncRun.objects.filter(code="unexpected").count()
    run = SyncRun.objects.first()
    assert run
    assert run.detail == "ZeroDivisionError: for Bearer •••"
    assert {state.calls_today for state in SyncState.objects.all()} == {2}
    monkeypatch.undo()
    SyncState.objects.update(next_sync_at=timezone.now())
    polling.drain()
    assert set(SyncState.objects.values_list("last_outcome", flat=True)) == {"ok"}


def test_unchanged_responses_that_could_not_be_written_are_requested_again(
    anaf: SimulatorProcess, companies: list[Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    polling.drain()
    keep = unchanged.record_unchanged
    lost: list[unchanged.UnchangedResponse] = []

    def lose_the_database_once(responses: list[unchanged.UnchangedResponse]) -> None:
        if not lost:
            lost.extend(responses)
            raise OperationalError("server closed the connection unexpectedly")
        keep(responses)

    monkeypatch.setattr(unchanged, "record_unchanged", lose_the_database_once)
    monkeypatch.setattr("caraus.sync.poller.ORPHAN_CHECK_SECONDS", 0.05)
    monkeypatch.setattr("caraus.sync.poller.UNCHANGED_BATCH_SECONDS", 0.3)
    SyncState.objects.update(next_sync_at=timezone.now())
    ran = run_until(lambda _: SyncRun.objects.count() >= 6)
    assert len(lost) == 3
    assert ran.requests_sent == 6
    assert not ran._under_way
    assert SyncState.objects.filter(next_sync_at__gt=timezone.now()).count() == 3


def test_the_day_of_an_authorization_is_spent_by_calls_alone(
    anaf: SimulatorProcess, companies: list[Company], settings: LazySettings
) -> None:
    """Claims that the limiter holds back cost nothing of a daily limit."""
    settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION = 100
    settings.ANAF_CALLS_PER_MINUTE = 3
    run_until(lambda poller: poller.requests_sent >= 1, and_then=1.5)
    limit = AuthorizationLimit.objects.get()
    assert limit.calls_today == len(anaf.calls("info")) == 1
    RateLimiter.objects.update(paused_until=timezone.now() + MINUTE)
    sync_company(company_id=companies[2].pk)
    limit.refresh_from_db()
    assert limit.calls_today == 1


def test_the_poller_stays_within_a_daily_limit(
    anaf: SimulatorProcess, companies: list[Company], settings: LazySettings
) -> None:
    settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION = 2
    polling.drain()
    assert len(anaf.calls("info")) == 2
    assert sorted(SyncState.objects.values_list("last_code", flat=True)) == ["", "", "daily_limit"]


def test_of_several_steps_only_a_persons_request_uses_what_is_reserved_for_people(
    anaf: SimulatorProcess, companies: list[Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    permits.acquire_permit()
    now = timezone.now()
    RateLimiter.objects.update(
        open_since=now - MINUTE, probes=9, probe_at=now + 4 * MINUTE, last_code="timeout"
    )
    Authorization.objects.update(access_expires_at=now - MINUTE)
    granted = RateLimiter.objects.get().granted
    run_until(lambda _: SyncState.objects.filter(claimed_until=None).exists(), and_then=0.5)
    assert RateLimiter.objects.get().granted == granted
    assert SyncState.objects.filter(last_attempt_at=None, claimed_until=None).count() == 3
    RateLimiter.objects.update(open_since=None, next_of_timer=now + MINUTE / 3)
    monkeypatch.setattr(permits, "TIMER_WAIT_SECONDS", 0.1)
    run_until(lambda _: len(anaf.calls("token")) > 1, and_then=0.5)
    assert (RateLimiter.objects.get().granted, anaf.calls("info")) == (granted, [])
    Authorization.objects.update(access_expires_at=now - MINUTE)
    SyncState.objects.update(requested_at=now)
    run_until(lambda _: bool(anaf.calls("info")))
    assert RateLimiter.objects.get().granted > granted


def test_a_call_that_comes_too_late_for_its_place_is_not_made(
    anaf: SimulatorProcess, companies: list[Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        rules, "SLOT_TOLERANCE", timedelta(seconds=-1)
    )  # whatever is sent is too late
    ran = run_until(lambda _: RateLimiter.objects.filter(granted__gt=3).exists())
    assert (ran.requests_sent, anaf.calls("info")) == (0, [])
    assert SyncState.objects.filter(next_sync_at__lte=timezone.now()).count() == 3
