"""The queue's side of e-mail: sent at once, and again when its time has come."""

import contextlib

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app

from caraus.core import queues
from caraus.notifications import delivery, digest, purge, push_delivery


@app.task(name="notifications.email", queue=queues.MAIL)
def email(*, notification_id: int) -> None:
    """Send one notification's e-mail now."""
    delivery.send_email(notification_id=notification_id)


@app.task(name="notifications.push", queue=queues.MAIL)
def push(*, push_id: int) -> None:
    """Send one push message now."""
    push_delivery.send_push(push_id)


@app.task(name="notifications.sample_push", queue=queues.MAIL)
def sample_push(*, subscription_id: int) -> None:
    """Send a sample to one browser now."""
    push_delivery.send_sample(subscription_id)


@app.periodic(cron="* * * * *")
@app.task(name="notifications.send_due", queueing_lock="notifications.send_due")
def send_due(timestamp: int) -> None:
    """Write the digests that are due; enqueue every e-mail and push that may be tried now."""
    digest.create_due_digests()
    for notification_id in delivery.due_emails():
        enqueue_email(notification_id)
    for push_id in push_delivery.due_pushes():
        enqueue_push(push_id)


@app.periodic(cron="31 2 * * *")
@app.task(name="notifications.delete_expired", queueing_lock="notifications.delete_expired")
def delete_expired_notifications_task(timestamp: int) -> None:
    """Delete old notifications."""
    purge.delete_expired_notifications()


def enqueue_email(notification_id: int) -> None:
    """Enqueue it once, within the transaction if there is one. (The inner savepoint keeps a doubled
    job from aborting it.)"""
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        email.configure(queueing_lock=f"email:{notification_id}").defer(
            notification_id=notification_id
        )


def enqueue_push(push_id: int) -> None:
    """Enqueue it once, as `enqueue_email` does."""
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        push.configure(queueing_lock=f"push:{push_id}").defer(push_id=push_id)
