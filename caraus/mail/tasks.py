"""The worker's side of the letters: sent at once, and again when their time has come."""

import contextlib

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

from caraus.mail import delivery


@app.task(name="mail.deliver", queue="mail")
def deliver(*, letter_id: int) -> None:
    """Try one e-mail now."""
    delivery.deliver_message(letter_id)


@app.periodic(cron="* * * * *")
@app.task(name="mail.deliver_due", queueing_lock="mail.deliver_due")
def deliver_due(timestamp: int) -> None:
    """Enqueue every e-mail that may be tried now: a killed worker's job may be lost."""
    for letter_id in delivery.due_messages():
        enqueue_delivery(letter_id)


@app.periodic(cron="33 2 * * *")
@app.task(name="mail.delete_given_up", queueing_lock="mail.delete_given_up")
def delete_given_up_task(timestamp: int) -> None:
    """Delete what is left of the e-mails that were not sent."""
    delivery.delete_given_up()


def enqueue_delivery(letter_id: int) -> None:
    """Enqueue it once, within the transaction if there is one. (The inner savepoint keeps a doubled
    job from aborting it.)"""
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        deliver.configure(queueing_lock=f"letter:{letter_id}").defer(letter_id=letter_id)
