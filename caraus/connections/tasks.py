"""The queue's side of the authorization's life."""

import contextlib

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

from caraus.anaf.errors import AnafError
from caraus.connections.renewal import due, renew


@app.periodic(cron="17 * * * *")
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


@app.task(name="connections.renew", queue="anaf")
def renew_one(*, connection_id: int) -> None:
    if connection_id not in due():
        return  # renewed while the job waited
    try:
        renew(connection_id=connection_id)
    except AnafError:
        return  # kept on the authorization, with its sentence; tomorrow it is tried again
