"""What people press holds up nothing that has a clock: the workers of a process side by side."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import Membership, Organization
from caraus.authorizations.models import Authorization, AuthorizationCheck
from caraus.authorizations.tasks import run_authorization_check
from caraus.commands.jobs import run_jobs
from caraus.core import queues
from caraus.notifications.models import Notification, NotificationEmail
from caraus.sync.models import Plan
from caraus.sync.notification_kinds import ANAF_OUTAGE
from caraus.transports.models import ExpiryWatch
from caraus.workspace import exports
from caraus.workspace.tasks import export as export_task
from tests import factories
from tests.running.cluster import until
from tests.simulator_process import SimulatorProcess


def test_every_queue_is_served_and_periodic_work_stands_alone() -> None:
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    periodic = {task.task.name for task in app.periodic_registry.periodic_tasks.values()}
    own = {name: task for name, task in app.tasks.items() if task.queue != "builtin"}
    served = [queue for group in queues.queue_groups(8) for queue in group.queues]
    assert len(served) == len(set(served))
    assert {task.queue for task in own.values()} <= set(served)
    in_periodic = {name for name, task in own.items() if task.queue == queues.PERIODIC}
    assert in_periodic == periodic
    assert own["authorizations.refresh"].queue == queues.ANAF
    assert own["notifications.email"].queue == queues.MAIL


def test_people_have_two_slots_at_most_however_large_the_worker_is() -> None:
    pressed = {queues.SYNCS, queues.RIGHTS, queues.CHECKS, queues.EXPORTS}
    for concurrency in (1, 8, 64):
        groups = queues.queue_groups(concurrency)
        assert all(group.slots <= 2 for group in groups if pressed & set(group.queues))
        assert all(group.slots >= 2 for group in groups)


@contextmanager
def jobs_running() -> Iterator[None]:
    """Run the workers of a `caraus worker` process, over the test's database."""
    stop, loop = asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=[run_jobs(2, stop)])
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def jobs(queue: str, *statuses: str) -> int:
    rows: Any = ProcrastinateJob.objects.filter(queue_name=queue, status__in=statuses)
    return int(rows.count())


@pytest.mark.django_db(transaction=True)
def test_people_pressing_everything_hold_up_nothing_with_a_clock(anaf: SimulatorProcess) -> None:
    organization = factories.organization()
    authorization = factories.authorization(organization, access_lives=timedelta(hours=1))
    NotificationEmail.objects.create(
        notification=waiting_email(organization), next_attempt_at=timezone.now()
    )
    for _ in range(6):
        member = factories.member(organization, "dispatcher")
        membership = Membership.objects.get(user=member)
        export, _ = exports.request_export(membership, kind="csv", query="")
        export_task.defer(export_id=export.pk)
        check = AuthorizationCheck.objects.create(
            authorization=factories.authorization(organization)
        )
        run_authorization_check.defer(check_id=check.pk)
    with psycopg.connect(**database.get_connection_params()) as other_connection:
        # What people pressed waits for these locks, as for a large list or for a silent ANAF.
        other_connection.execute("LOCK TABLE workspace_listexport IN SHARE ROW EXCLUSIVE MODE")
        other_connection.execute(
            "LOCK TABLE authorizations_authorizationcheck IN SHARE ROW EXCLUSIVE MODE"
        )
        with jobs_running():
            until(lambda: jobs("exports", "doing") == jobs("checks", "doing") == 2, "both full")
            # The workers themselves put the minute's tasks in the queue as they start.
            until(ExpiryWatch.objects.exists, "the warnings before a UIT ends")
            until(lambda: Plan.objects.exists(), "the plan")
            until(
                lambda: NotificationEmail.objects.filter(
                    state=NotificationEmail.State.SENT
                ).exists(),
                "the e-mail",
            )
            until(lambda: refreshed(authorization), "the token refresh")
            assert jobs("exports", "todo") == jobs("checks", "todo") == 4
            other_connection.rollback()
            until(lambda: not jobs("exports", "todo", "doing"), "what people pressed")


def waiting_email(organization: Organization) -> Notification:
    user = factories.member(organization, "owner")
    return Notification.objects.create(
        user=user,
        organization=organization,
        kind=ANAF_OUTAGE.code,
        key="1",
        address="/",
        created_at=timezone.now(),
    )


def refreshed(authorization: Authorization) -> bool:
    """Return whether the token was refreshed or refused: the token of the tests is no genuine
    one."""
    authorization.refresh_from_db()
    return authorization.last_failure_at is not None
