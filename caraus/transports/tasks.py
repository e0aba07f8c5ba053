"""The queue's side of synchronization: five-line wrappers over plain functions."""

import structlog
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from procrastinate import exceptions
from procrastinate.contrib.django import app

from caraus import queues
from caraus.accounts.models import Company
from caraus.connections.consent import authorized
from caraus.connections.models import Connection
from caraus.logs import of_request, origin
from caraus.transports import lapses, runs, unread, upkeep
from caraus.transports.gatekeeper import ShutDoorError
from caraus.transports.models import SyncState
from caraus.transports.sync import sync_if_due

log = structlog.get_logger(__name__)

# A person waits for these: they go before the timer's.
SOON = 10


@app.task(name="transports.sync", queue=queues.SYNCS)
def sync(*, company_id: int, request_id: str = "") -> None:
    """Whatever comes of it is a line of the log, so that a person's press can be followed: the
    engine may have asked about the company before this job came to it."""
    with of_request(request_id):
        company = Company.objects.filter(pk=company_id, archived_at=None).first()
        if company is None:
            return
        result = sync_if_due(company_id=company_id)
        if result is None:
            log.info("company_asked_already", cui=company.cui)
        elif isinstance(result.error, ShutDoorError):
            log.info("company_not_asked", cui=company.cui, why=result.error.why)


@app.periodic(cron="* * * * *")
@app.task(name="transports.plan", queueing_lock="transports.plan")
def make_plan(timestamp: int) -> None:
    upkeep.every_minute()


@app.periodic(cron="* * * * *")
@app.task(name="transports.lapses", queueing_lock="transports.lapses")
def tell_of_lapses(timestamp: int) -> None:
    lapses.every_minute()


@app.periodic(cron="23 * * * *")
@app.task(name="transports.sum_up", queueing_lock="transports.sum_up")
def sum_up(timestamp: int) -> None:
    runs.sum_up()
    unread.try_again()


def enqueue(company_id: int, *, priority: int = 0) -> bool:
    """Queue one company's sync; False when it stands in the queue already.

    Inside `atomic()` the job is born with the transaction. The inner savepoint keeps a doubled
    job from aborting it. A person's wish makes the company due now, whatever the timer says, and
    moves a job that waits already to the front.
    """
    if priority >= SOON:
        now = timezone.now()
        SyncState.objects.update_or_create(
            company_id=company_id, defaults={"next_sync_at": now, "wanted_at": now}
        )
    try:
        with transaction.atomic():
            sync.configure(queueing_lock=f"sync:{company_id}", priority=priority).defer(
                company_id=company_id, **origin()
            )
    except exceptions.AlreadyEnqueued:
        _hurry(f"sync:{company_id}", priority)
        return False
    return True


def _hurry(queueing_lock: str, priority: int) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET priority = %s"
            " WHERE queueing_lock = %s AND status = 'todo' AND priority < %s",
            [priority, queueing_lock, priority],
        )


def enqueue_organization(organization_id: int) -> None:
    """A person has just authorized: every company of the organization is asked about at once."""
    for company_id in Company.objects.filter(
        organization_id=organization_id, archived_at=None
    ).values_list("pk", flat=True):
        enqueue(company_id, priority=SOON)


def _on_authorized(sender: object, *, connection: Connection, **_: object) -> None:
    enqueue_organization(connection.organization_id)


authorized.connect(_on_authorized, dispatch_uid="transports.first_sync")
