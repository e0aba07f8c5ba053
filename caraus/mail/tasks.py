"""The worker's side of the e-mails: sent at once, and again when their time has come."""

import contextlib

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

from caraus.mail import delivery


@app.task(name="mail.deliver", queue="mail")
def deliver(*, email_id: int) -> None:
    """Try one e-mail now."""
    delivery.deliver_message(email_id)


@app.periodic(cron="* * * * *")
@app.task(name="mail.deliver_due", queueing_lock="mail.deliver_due")
def deliver_due(timestamp: int) -> None:
    """Enqueue every e-mail that may be tried now: a killed worker's job may be lost."""
    for email_id in delivery.due_messages():
        enqueue_delivery(email_id)


@app.periodic(cron="33 2 * * *")
@app.task(name="mail.delete_given_up", queueing_lock="mail.delete_given_up")
def delete_given_up_task(timestamp: int) -> None:
    """Delete what is left of the e-mails that were not sent."""
    delivery.delete_given_up()


def enqueue_delivery(email_id: int) -> None:
    """Enqueue it once, within the transaction if there is one. (The inner savepoint keeps a doubled
    job from aborting it.)"""
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        deliver.configure(queueing_lock=f"email:{email_id}").defer(email_id=email_id)
