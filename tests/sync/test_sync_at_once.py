"""Two workers at once change nothing twice."""

import pytest
from django.db import connection as database

from caraus.accounts.models import Company
from caraus.anaf.errors import Outcome
from caraus.authorizations.models import Authorization
from caraus.core.advisory_locks import LockSpace
from caraus.sync.company_sync import SyncResult, sync_company
from caraus.sync.models import SyncRun, SyncState
from caraus.transports.models import Transport, TransportEvent
from tests.authorize import at_once
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)


def sync_in_threads(company: Company, number: int = 3) -> list[SyncResult]:
    results = at_once(*[lambda: sync_company(company_id=company.pk)] * number)
    for result in results:
        assert isinstance(result, SyncResult), result
        assert result.outcome is Outcome.OK, result
    return [result for result in results if isinstance(result, SyncResult)]


def test_several_first_syncs_at_once_store_each_uit_and_event_once(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    results = sync_in_threads(company)
    truth = {record["uit"] for record in anaf.active(company.cui)}
    assert sorted(result.counts.new for result in results) == [0, 0, len(truth)]
    assert set(Transport.objects.values_list("uit", flat=True)) == truth
    assert TransportEvent.objects.count() == len(truth)
    assert SyncRun.objects.count() == 3


def test_a_change_seen_by_several_workers_at_once_is_one_event(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    uit = anaf.add_uit(company.cui)["uit"]
    sync_company(company_id=company.pk)
    anaf.correct(uit, nr_veh="B77NOU")
    results = sync_in_threads(company)
    assert sorted(result.counts.changed for result in results) == [0, 0, 1]
    assert TransportEvent.objects.exclude(kind="appeared").count() == 1


def test_a_company_is_never_polled_twice_at_the_same_time(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.turn_on("slow", seconds=0.2)
    sync_in_threads(company, 2)
    first, second = sorted(SyncRun.objects.all(), key=lambda run: run.started_at)
    assert second.started_at >= first.finished_at


def test_failures_of_several_workers_at_once_are_all_counted(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.turn_on("down_503")
    at_once(*[lambda: sync_company(company_id=company.pk)] * 3)
    assert SyncState.objects.get().failures_in_a_row == SyncRun.objects.count() == 3


def test_no_lock_is_left_behind(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    anaf.turn_on("down_503")
    sync_company(company_id=company.pk)
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s",
            [int(LockSpace.COMPANY_SYNC)],
        )
        assert cursor.fetchone() == (0,)
