"""The queue's side of synchronization: five-line wrappers over plain functions."""

from django.db.models import QuerySet
from procrastinate.contrib.django import app

from caraus.accounts.models import Company
from caraus.authorizations.consent import authorized
from caraus.authorizations.models import Authorization
from caraus.core import queues
from caraus.core.logs import job_origin, of_request
from caraus.sync import maintenance, runs, unreadable_records
from caraus.sync.requests import request_sync


@app.periodic(cron="* * * * *")
@app.task(name="sync.plan", queueing_lock="sync.plan")
def run_every_minute(timestamp: int) -> None:
    """Run the maintenance of the schedule."""
    maintenance.run_maintenance()


@app.periodic(cron="23 * * * *")
@app.task(name="sync.sum_up", queueing_lock="sync.sum_up")
def run_hourly(timestamp: int) -> None:
    """Sum up the old sync runs; read unreadable records again."""
    runs.summarize_runs()
    unreadable_records.reparse_records()


@app.task(name="sync.first_sync", queue=queues.SYNCS)
def first_sync(*, organization_id: int, company_ids: list[int], request_id: str = "") -> None:
    """Poll the companies whose response was being written when somebody authorized."""
    with of_request(request_id):
        companies = _companies(organization_id).filter(pk__in=company_ids)
        request_sync(list(companies.values_list("pk", flat=True)), wait_for_responses=True)


def request_first_sync(organization_id: int) -> None:
    """Make every company of the organization due at once: a person has just authorized.

    This may run in the callback's transaction, so it waits for nothing: what a running response
    holds is left to a job.
    """
    companies = set(_companies(organization_id).values_list("pk", flat=True))
    if held := companies - request_sync(companies):
        first_sync.defer(organization_id=organization_id, company_ids=sorted(held), **job_origin())


def _companies(organization_id: int) -> QuerySet[Company]:
    return Company.objects.filter(organization_id=organization_id, archived_at=None)


def _on_authorized(sender: object, *, authorization: Authorization, **_: object) -> None:
    request_first_sync(authorization.organization_id)


authorized.connect(_on_authorized, dispatch_uid="sync.first_sync")
