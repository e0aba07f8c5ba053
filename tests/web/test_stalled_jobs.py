"""Jobs of a killed worker are taken up again, whatever waits beside them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.authorizations.tasks import check_new_rights, enqueue_try_rights
from caraus.sync.models import SyncState
from caraus.web.tasks import retry_stalled_jobs
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def kill_the_worker_of(*authorizations: Authorization) -> None:
    """Put their jobs under way on a worker that has given no sign for an hour."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id"
        )
        (worker,) = cursor.fetchone()
        for authorization in authorizations:
            enqueue_try_rights(authorization.pk)
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s"
                " WHERE queueing_lock = %s",
                [worker, f"rights:{authorization.pk}"],
            )


@pytest.fixture(autouse=True)
def not_due(company: Company) -> None:
    """Leave no authorization due: the poller would try authorizations by itself."""
    SyncState.objects.create(company=company, next_sync_at=timezone.now() + timedelta(hours=1))


def run_housekeeping(worker: Worker) -> None:
    retry_stalled_jobs.configure(task_kwargs={"timestamp": 0}).defer()
    worker.drain()


def statuses() -> list[str]:
    jobs: Any = ProcrastinateJob.objects.order_by("id")
    return list(jobs.values_list("status", flat=True))


def tried() -> list[int]:
    return list(CompanyRight.objects.order_by("pk").values_list("authorization_id", flat=True))


def test_a_killed_workers_job_is_run_by_another(
    worker: Worker, anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    older, _ = (authorize(anaf, organization, name) for name in ("three", "single"))
    kill_the_worker_of(older)
    run_housekeeping(worker)
    assert tried() == [older.pk]
    assert statuses() == []


def test_one_whose_twin_waits_already_stands_in_nobodys_way(
    worker: Worker, anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    names = ("three", "norights", "single")
    older, other_authorization, _ = (authorize(anaf, organization, name) for name in names)
    kill_the_worker_of(older, other_authorization)
    check_new_rights.configure(queueing_lock=f"rights:{older.pk}", schedule_in={"hours": 1}).defer(
        authorization_id=older.pk
    )
    run_housekeeping(worker)
    assert tried() == [other_authorization.pk]
    assert "doing" not in statuses()
    assert statuses().count("todo") == 1
