"""The queue's side of e-mail: sent at once, and again when its time has come."""

from procrastinate.contrib.django import app

from caraus.core import queues
from caraus.notifications import delivery, digest, escalation_turns, purge, push_delivery
from caraus.notifications.enqueue import enqueue_email, enqueue_push


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


@app.task(name="notifications.escalate", queue=queues.MAIL)
def escalate() -> None:
    """Notify the people whose turn has come."""
    escalation_turns.escalate_due()


@app.periodic(cron="* * * * *")
@app.task(name="notifications.send_due", queueing_lock="notifications.send_due")
def send_due(timestamp: int) -> None:
    """Write the digests that are due and notify the people whose turn has come; enqueue every
    e-mail and push that may be tried now."""
    digest.create_due_digests()
    escalation_turns.escalate_due()
    for notification_id in delivery.due_emails():
        enqueue_email(notification_id)
    for push_id in push_delivery.due_pushes():
        enqueue_push(push_id)


@app.periodic(cron="31 2 * * *")
@app.task(name="notifications.delete_expired", queueing_lock="notifications.delete_expired")
def delete_expired_notifications_task(timestamp: int) -> None:
    """Delete old notifications."""
    purge.delete_expired_notifications()
