"""Several tenants and one ANAF: none can hold up the others; and no lock outlives its poller."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connections
from django.db import connection as database
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.advisory_locks import LockSpace, lock, unlock
from caraus.sync import backoff, claims, maintenance, requests
from caraus.sync.company_sync import sync_if_due
from caraus.sync.models import SyncRun, SyncState
from caraus.sync.poller import Poller
from tests import environment, factories
from tests.authorize import at_once, authorize
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def tenant(name: str, number: int, *, first: int, **fields: object) -> list[Company]:
    """Make an organization with an authorization and so many companies, due for a minute."""
    organization = factories.organization(name)
    factories.authorization(organization)
    companies = Company.objects.bulk_create(
        Company(organization=organization, cui=f"{first + index:09}") for index in range(number)
    )
    due = timezone.now() - MINUTE
    SyncState.objects.bulk_create(
        SyncState(company=company, **({"next_sync_at": due} | fields)) for company in companies
    )
    return companies


def claimed(most: int, **options: object) -> list[str]:
    """Return whose companies are claimed, in their order; the locks are let go, the claims stay."""
    claimed = claims.claim_due(most, **options)  # type: ignore[arg-type]
    claims.unlock_companies([claim.company_id for claim in claimed])
    return [claim.company.organization.name for claim in claimed]


# -- between organizations ------------------------------------------------------------------------


def test_a_tenant_with_hundreds_of_busy_companies_does_not_hold_up_one_with_three(
    db: None,
) -> None:
    """Before: the 300 went first, all of them, for they have more UITs to expect."""
    tenant("Mare", 300, first=1, rate=500)
    tenant("Mic", 3, first=1000, rate=0.1)
    assert Counter(claimed(30))["Mic"] == 3


def test_presses_of_a_tenant_with_hundreds_of_companies_do_not_hold_up_anothers_press_or_timer(
    db: None,
) -> None:
    """Before: all 300 that were wanted first went before the others."""
    big = tenant("Mare", 300, first=1, rate=500)
    pressed = tenant("Apasă", 2, first=1000, rate=0.1)
    tenant("Ceas", 5, first=2000, rate=0.1)
    requests.request_sync([company.pk for company in [*big, *pressed]])
    SyncState.objects.update(next_sync_at=timezone.now() - MINUTE)
    order = claimed(30)
    assert Counter(order)["Apasă"] == 2
    assert "Apasă" in order[:4]
    assert Counter(order)["Ceas"] == 5


def test_presses_leave_half_of_the_places_to_the_timer(db: None) -> None:
    big = tenant("Mare", 300, first=1)
    tenant("Ceas", 300, first=1000)
    requests.request_sync([company.pk for company in big])
    SyncState.objects.update(next_sync_at=timezone.now() - MINUTE)
    for _ in range(5):
        assert Counter(claimed(30)) == {"Mare": 15, "Ceas": 15}


def test_what_an_organization_has_under_way_counts_as_its_turns(db: None) -> None:
    slow = tenant("Lent", 100, first=1)[0].organization_id
    tenant("Altul", 100, first=1000)
    under_way = {slow: 29}
    assert Counter(claimed(10, under_way=under_way, organization_limit=30))["Altul"] == 10
    assert Counter(claimed(30, under_way=under_way, organization_limit=30)) == {
        "Altul": 29,
        "Lent": 1,
    }
    assert claimed(5, under_way={slow: 30}, organization_limit=30).count("Lent") == 0


def test_one_tenants_slow_responses_leave_workers_for_the_others(
    anaf: SimulatorProcess, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the engine: a quarter of the places is kept for other organizations."""
    authorize(anaf, organization)
    for number in range(8):
        company = factories.company(organization, cui=f"90001010{number}")
        CompanyRight.objects.create(
            company=company, authorization=Authorization.objects.get(), state="covered"
        )
    maintenance.add_missing_states()
    most = 0

    async def watched() -> None:
        nonlocal most
        running_engine, stop = Poller(at_once=4), asyncio.Event()
        running = asyncio.create_task(running_engine.run(stop))
        while running_engine.requests_sent < 8:
            most = max(most, len(running_engine._under_way))
            await asyncio.sleep(0.005)
        stop.set()
        await running

    at_once(lambda: asyncio.run(watched()))
    assert most == 3


def test_a_company_that_rests_is_left_out(db: None) -> None:
    first, second = tenant("Mic", 2, first=1)
    claimed = claims.claim_due(10, delayed_company_ids=[first.pk])
    assert [claim.company_id for claim in claimed] == [second.pk]


# -- locks ----------------------------------------------------------------------------------------


def locks() -> int:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [int(LockSpace.COMPANY_SYNC)],
        )
        return int(cursor.fetchone()[0])


@contextmanager
def another_database() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with (
        environment.database() as url,
        psycopg.connect(url, autocommit=True) as other_connection,
    ):
        yield other_connection


def test_locks_of_another_database_on_the_same_server_are_not_ours(db: None) -> None:
    """Before: another installation's company of the same number kept a killed worker's claim."""
    (company,) = tenant("Mic", 1, first=1)
    SyncState.objects.update(claimed_until=timezone.now() + MINUTE)
    with another_database() as other_connection:
        other_connection.execute(
            "SELECT pg_advisory_lock(%s, %s)", [int(LockSpace.COMPANY_SYNC), company.pk]
        )
        assert claims.release_orphans() == 1


def test_a_claim_that_fails_half_way_leaves_no_lock(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before: the session lived on with the locks, and only this worker could have polled."""
    tenant("Mic", 3, first=1)

    def fail(ids: list[int]) -> list[claims.Claim]:
        assert locks() == 3
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(claims, "_load_claims", fail)
    running = Poller()

    def take() -> object:
        with pytest.raises(OperationalError):
            running._claim_in_session(10, [], lambda: claims.claim_due(10))
        return "failed"

    assert at_once(take) == ["failed"]
    deadline = time.monotonic() + 20  # PostgreSQL ends the session after a moment
    while locks():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert claims.release_orphans() == 3


def test_a_lock_is_let_go_by_the_session_that_took_it_only(db: None) -> None:
    """After a lost session the same company may be locked anew, by the new one."""
    tenant("Mic", 1, first=1)
    (old,) = claims.claim_due(1)
    connections["default"].close()
    SyncState.objects.update(claimed_until=None)
    deadline = time.monotonic() + 20
    while not (anew := claims.claim_due(1)):
        assert time.monotonic() < deadline
        SyncState.objects.update(claimed_until=None)
    claims.unlock_claims([old])
    assert locks() == 1
    claims.unlock_claims(anew)
    assert locks() == 0


def test_the_session_that_holds_the_locks_ends_when_its_worker_is_silent(db: None) -> None:
    settings = claims.configure_session(0)
    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('idle_session_timeout')")
        assert cursor.fetchone() == ("1min",)
        cursor.execute("SELECT current_setting('lock_timeout')")
        assert cursor.fetchone() == ("10s",)
        cursor.execute("SELECT set_config('idle_session_timeout', '0', false)")
    assert claims.configure_session(settings) == settings  # set once for each session
    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('idle_session_timeout')")
        assert cursor.fetchone() == ("0",)
    connections["default"].close()
    assert claims.configure_session(settings) != settings


def test_a_step_of_the_timer_does_not_wait_for_a_poll_under_way(db: None) -> None:
    (company,) = tenant("Mic", 1, first=1)
    lock(LockSpace.COMPANY_SYNC, company.pk)
    assert at_once(lambda: sync_if_due(company_id=company.pk)) == [None]
    unlock(LockSpace.COMPANY_SYNC, company.pk)


# -- what can't be written down -------------------------------------------------------------------


@contextmanager
def full_disk() -> Iterator[None]:
    """PostgreSQL refuses every record of a poll, and every failure, as with a full disk."""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'disk full'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON sync_syncrun"
            " FOR EACH STATEMENT EXECUTE FUNCTION disk_is_full()"
        )
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP FUNCTION disk_is_full() CASCADE")


def test_a_company_whose_responses_cant_be_stored_is_polled_ever_more_rarely(
    anaf: SimulatorProcess, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before: every eight seconds, and half a minute of log a minute."""
    authorize(anaf, organization)
    company = factories.company(organization)
    CompanyRight.objects.create(
        company=company, authorization=Authorization.objects.get(), state="covered"
    )
    maintenance.add_missing_states()
    clock = [1000.0]
    monkeypatch.setattr(backoff, "monotonic", lambda: clock[0])
    running_engine = Poller(at_once=2)

    async def run_until_resting(requests_sent: int) -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(running_engine.run(stop))
        while running_engine.requests_sent < requests_sent or running_engine._under_way:
            await asyncio.sleep(0.01)
        stop.set()
        await running

    pauses = []
    for number in range(1, 5):
        with full_disk():
            running_engine = _anew(running_engine)
            assert at_once(lambda: asyncio.run(run_until_resting(number))) == [None]  # noqa: B023
        assert running_engine._backoff.delayed_company_ids() == [company.pk]
        pauses.append(running_engine._backoff._until[company.pk] - clock[0])
        clock[0] += pauses[-1]
        SyncState.objects.update(claimed_until=None)
    assert pauses == [5, 10, 20, 40]
    assert not SyncRun.objects.exists()
    running_engine = _anew(running_engine)
    assert at_once(lambda: asyncio.run(run_until_resting(5))) == [None]
    assert SyncRun.objects.count() == 1
    assert running_engine._backoff.delayed_company_ids() == []


def _anew(before: Poller) -> Poller:
    """Return the same poller with new threads: one that has ended can't begin again."""
    after = Poller(at_once=2)
    after._backoff, after.requests_sent = before._backoff, before.requests_sent
    return after


def test_a_rest_ends_after_half_an_hour_at_most() -> None:
    memory = backoff.Backoff()
    seconds = [memory.delay(1) for _ in range(40)]
    assert seconds[0] == backoff.FIRST_BACKOFF_SECONDS
    assert seconds[-1] == backoff.LONGEST_BACKOFF_SECONDS
    memory.reset(1)
    assert memory.delay(1) == backoff.FIRST_BACKOFF_SECONDS
