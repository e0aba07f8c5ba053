"""The queue: jobs are born with the facts they follow from, once, and people go first."""

from typing import Any

import pytest
import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import Company, Organization
from caraus.anaf.errors import AnafError
from caraus.connections.models import Connection
from caraus.transports import gatekeeper
from caraus.transports.gate import Pass
from caraus.transports.models import SyncRun, SyncState
from caraus.transports.sync import SyncResult, sync_company
from caraus.transports.tasks import SOON, enqueue, enqueue_organization
from tests import factories
from tests.authorizations import at_once
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def waiting() -> list[tuple[int, int]]:
    """(company, priority) of the waiting jobs."""
    jobs: Any = ProcrastinateJob.objects.filter(status="todo", task_name="transports.sync")
    return [(job.args["company_id"], job.priority) for job in jobs.order_by("id")]


def test_a_job_is_rolled_back_with_its_transaction(company: Company) -> None:
    with transaction.atomic():
        enqueue(company.pk)
        assert len(waiting()) == 1
        transaction.set_rollback(True)
    assert waiting() == []


def test_a_doubled_job_breaks_no_transaction(company: Company) -> None:
    with transaction.atomic():
        assert enqueue(company.pk)
        assert not enqueue(company.pk)
        Company.objects.update(name="Scris după")
    company.refresh_from_db()
    assert company.name == "Scris după"
    assert waiting() == [(company.pk, 0)]


def test_a_person_moves_the_waiting_job_to_the_front(company: Company) -> None:
    enqueue(company.pk)
    assert not enqueue(company.pk, priority=SOON)
    assert waiting() == [(company.pk, SOON)]
    enqueue(company.pk)
    assert waiting() == [(company.pk, SOON)]


def test_what_a_person_waits_for_runs_first(
    worker: Worker, anaf: SimulatorProcess, organization: Organization
) -> None:
    cuis = (factories.CUI, factories.OTHER_CUI, "900030302")
    timer = [factories.company(organization, cui=cui) for cui in cuis]
    for company in timer:
        enqueue(company.pk)
    enqueue(timer[-1].pk, priority=SOON)
    assert [priority for _, priority in waiting()] == [0, 0, SOON]
    worker.drain(concurrency=1)
    order = list(SyncRun.objects.order_by("pk").values_list("company_id", flat=True))
    assert order == [timer[2].pk, timer[0].pk, timer[1].pk]


def test_a_job_about_a_company_asked_about_meanwhile_asks_nothing(
    worker: Worker, anaf: SimulatorProcess, company: Company, connection: Connection
) -> None:
    enqueue(company.pk)
    sync_company(company_id=company.pk)
    worker.drain()
    assert SyncRun.objects.count() == len(anaf.calls("info")) == 1


@pytest.mark.parametrize("event", ["company_synced", "company_asked_already", "company_not_asked"])
def test_a_requests_id_is_in_the_jobs_log_even_if_the_engine_came_first(
    worker: Worker,
    anaf: SimulatorProcess,
    company: Company,
    connection: Connection,
    caplog: pytest.LogCaptureFixture,
    event: str,
) -> None:
    with structlog.contextvars.bound_contextvars(request_id="pressed"):
        enqueue(company.pk, priority=SOON)
    if event == "company_asked_already":
        sync_company(company_id=company.pk)
    elif event == "company_not_asked":
        gatekeeper.report(AnafError("rate_limited", retry_after=600), passed=Pass())
    caplog.clear()
    worker.drain()
    lines = [one.msg for one in caplog.records if isinstance(one.msg, dict)]
    assert [one["event"] for one in lines if one.get("request_id") == "pressed"] == [event]


def test_a_person_is_answered_although_the_company_was_asked_about_just_now(
    worker: Worker, anaf: SimulatorProcess, company: Company, connection: Connection
) -> None:
    sync_company(company_id=company.pk)
    enqueue(company.pk, priority=SOON)
    worker.drain()
    assert SyncRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_wish_made_while_anaf_is_answering_is_a_question_of_its_own(
    worker: Worker, anaf: SimulatorProcess, company: Company, connection: Connection
) -> None:
    sync_company(company_id=company.pk)
    anaf.turn_on("slow", seconds=0.5, times=1)
    anaf.forget_calls()

    def wish() -> None:
        while not anaf.calls("info"):  # the question is under way
            pass
        enqueue(company.pk, priority=SOON)

    asked, _ = at_once(lambda: sync_company(company_id=company.pk), wish)
    assert isinstance(asked, SyncResult)
    assert SyncState.objects.get().next_sync_at <= timezone.now()
    worker.drain()
    assert SyncRun.objects.count() == 3
    assert SyncState.objects.get().next_sync_at > timezone.now()


def test_an_authorization_puts_every_company_of_the_organization_first(
    organization: Organization, company: Company, stranger: object
) -> None:
    other = factories.company(organization, cui="900030302")
    enqueue_organization(organization.pk)
    assert sorted(waiting()) == sorted([(company.pk, SOON), (other.pk, SOON)])


def test_a_job_about_a_company_that_is_gone_ends_quietly(
    worker: Worker, anaf: SimulatorProcess, company: Company
) -> None:
    enqueue(company.pk)
    company.delete()
    worker.drain()
    assert not ProcrastinateJob.objects.exists()
