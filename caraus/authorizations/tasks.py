"""The queue's side of the authorization's life."""

import contextlib

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

from caraus.anaf.errors import AnafError
from caraus.authorizations import deadlines, link_emails, replacement, rights, rights_check
from caraus.authorizations.checks import run_check
from caraus.authorizations.consent import authorized
from caraus.authorizations.models import Authorization
from caraus.authorizations.token_refresh import authorizations_due, refresh_authorization
from caraus.core import queues


@app.periodic(cron="* * * * *")
@app.task(name="authorizations.refresh_due", queueing_lock="authorizations.refresh_due")
def refresh_due(timestamp: int) -> None:
    """Enqueue the token refresh of each authorization that is due."""
    for authorization_id in authorizations_due():
        _enqueue(authorization_id)


def _enqueue(authorization_id: int) -> None:
    """Once; the row's lock keeps two refreshes apart. (A lock of the queue would outlive a killed
    worker, and nothing would be refreshed any more.)"""
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        refresh_if_due.configure(queueing_lock=f"refresh:{authorization_id}").defer(
            authorization_id=authorization_id
        )


@app.task(name="authorizations.refresh", queue=queues.ANAF)
def refresh_if_due(*, authorization_id: int) -> None:
    """Refresh one authorization's token, unless somebody has done it in the meantime."""
    try:
        refresh_authorization(authorization_id=authorization_id, only_if_due=True)
    except AnafError:
        return  # kept on the authorization, with its sentence; `due` says when it is tried again


@app.periodic(cron="*/10 * * * *")
@app.task(name="authorizations.try_rights_due", queueing_lock="authorizations.try_rights_due")
def try_rights_due(timestamp: int) -> None:
    """Enqueue the check of rights that are unknown, and end predecessors that are no longer
    needed."""
    for authorization_id in rights.authorizations_to_check():
        enqueue_try_rights(authorization_id)
    replacement.end_all_covered_predecessors()


def enqueue_try_rights(authorization_id: int) -> None:
    """Enqueue the check of new rights; one that waits already is enough."""
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        check_new_rights.configure(queueing_lock=f"rights:{authorization_id}").defer(
            authorization_id=authorization_id
        )


@app.task(name="authorizations.try_rights", queue=queues.RIGHTS)
def check_new_rights(*, authorization_id: int) -> None:
    """Poll ANAF about the companies whose right with the authorization is unknown."""
    rights_check.check_rights(authorization_id=authorization_id)


def _on_authorized(sender: object, *, authorization: Authorization, **_: object) -> None:
    """Try every company after each authorization, also those that another one serves. The job looks
    which these are: the callback's response does not wait for it."""
    enqueue_try_rights(authorization.pk)


authorized.connect(_on_authorized, dispatch_uid="authorizations.try_rights")


@app.task(name="authorizations.check", queue=queues.CHECKS)
def run_authorization_check(*, check_id: int) -> None:
    """Run a check that a person has pressed."""
    run_check(check_id=check_id)


@app.periodic(cron="7 * * * *")
@app.task(name="authorizations.remind", queueing_lock="authorizations.remind")
def notify_of_deadlines_task(timestamp: int) -> None:
    """Notify of authorizations whose end comes near."""
    deadlines.notify_of_deadlines()


@app.periodic(cron="17 * * * *")
@app.task(name="authorizations.remind_of_links", queueing_lock="authorizations.remind_of_links")
def remind_of_links_task(timestamp: int) -> None:
    """Remind the holders of links that nobody has authorized with."""
    link_emails.send_reminders()
