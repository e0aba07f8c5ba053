"""The queue's side of the authorization's life."""

import contextlib

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

from caraus import queues
from caraus.anaf.errors import AnafError
from caraus.connections import asking, deadlines, rights, succession
from caraus.connections.checks import run_check
from caraus.connections.consent import authorized
from caraus.connections.models import Connection
from caraus.connections.renewal import due, renew


@app.periodic(cron="* * * * *")
@app.task(name="connections.renew_due", queueing_lock="connections.renew_due")
def renew_due(timestamp: int) -> None:
    for connection_id in due():
        _enqueue(connection_id)


def _enqueue(connection_id: int) -> None:
    """Once; the row's lock keeps two renewals apart. (A lock of the queue would outlive a killed
    worker, and nothing would be renewed any more.)"""
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        renew_one.configure(queueing_lock=f"renew:{connection_id}").defer(
            connection_id=connection_id
        )


@app.task(name="connections.renew", queue=queues.ANAF)
def renew_one(*, connection_id: int) -> None:
    try:
        renew(connection_id=connection_id, only_if_due=True)
    except AnafError:
        return  # kept on the authorization, with its sentence; `due` says when it is tried again


@app.periodic(cron="*/10 * * * *")
@app.task(name="connections.try_rights_due", queueing_lock="connections.try_rights_due")
def try_rights_due(timestamp: int) -> None:
    for connection_id in rights.authorizations_to_try():
        enqueue_try_rights(connection_id)
    succession.settle_all()


def enqueue_try_rights(connection_id: int) -> None:
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        try_rights.configure(queueing_lock=f"rights:{connection_id}").defer(
            connection_id=connection_id
        )


@app.task(name="connections.try_rights", queue=queues.RIGHTS)
def try_rights(*, connection_id: int) -> None:
    asking.try_rights(connection_id=connection_id)


def _on_authorized(sender: object, *, connection: Connection, **_: object) -> None:
    """After each authorization every company is tried, also those that another one serves. The
    job looks which these are: the callback's answer does not wait for it."""
    enqueue_try_rights(connection.pk)


authorized.connect(_on_authorized, dispatch_uid="connections.try_rights")


@app.task(name="connections.check", queue=queues.CHECKS)
def check(*, check_id: int) -> None:
    run_check(check_id=check_id)


@app.periodic(cron="7 * * * *")
@app.task(name="connections.remind", queueing_lock="connections.remind")
def remind(timestamp: int) -> None:
    deadlines.remind()
