"""Jobs of a killed worker are taken up again, whatever waits beside them."""

from typing import Any

from django.db import connection as database
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import Company, Organization
from caraus.transports.models import SyncRun
from caraus.transports.tasks import enqueue, sync
from caraus.web.tasks import take_up_stalled
from tests import factories
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def kill_the_worker_of(*companies: Company) -> None:
    """Their jobs are under way on a worker that has given no sign for an hour."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id"
        )
        (worker,) = cursor.fetchone()
        for company in companies:
            enqueue(company.pk)
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s"
                " WHERE queueing_lock = %s",
                [worker, f"sync:{company.pk}"],
            )


def run_housekeeping(worker: Worker) -> None:
    take_up_stalled.configure(task_kwargs={"timestamp": 0}).defer()
    worker.drain()


def statuses() -> list[str]:
    jobs: Any = ProcrastinateJob.objects.order_by("id")
    return list(jobs.values_list("status", flat=True))


def test_a_killed_workers_job_is_run_by_another(
    worker: Worker, anaf: SimulatorProcess, company: Company
) -> None:
    kill_the_worker_of(company)
    run_housekeeping(worker)
    assert SyncRun.objects.count() == 1
    assert statuses() == []


def test_one_whose_twin_waits_already_stands_in_nobodys_way(
    worker: Worker, anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    other = factories.company(organization, cui=factories.OTHER_CUI)
    kill_the_worker_of(company, other)
    sync.configure(queueing_lock=f"sync:{company.pk}", schedule_in={"hours": 1}).defer(
        company_id=company.pk
    )
    run_housekeeping(worker)
    assert list(SyncRun.objects.values_list("company", flat=True)) == [other.pk]
    assert "doing" not in statuses()
    assert statuses().count("todo") == 1
