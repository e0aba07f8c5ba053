"""Put the jobs of this package (`tasks.py`) in the queue, each once, within the transaction if
there is one. (The inner savepoint keeps a doubled job from aborting it.)"""

import contextlib

from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app


def enqueue_email(notification_id: int) -> None:
    """Enqueue the e-mail of a notification."""
    _enqueue("notifications.email", f"email:{notification_id}", notification_id=notification_id)


def enqueue_push(push_id: int) -> None:
    """Enqueue a push message."""
    _enqueue("notifications.push", f"push:{push_id}", push_id=push_id)


def enqueue_escalation() -> None:
    """Have the people notified whose turn has come."""
    _enqueue("notifications.escalate", "notifications.escalate")


def _enqueue(task: str, lock: str, **arguments: int) -> None:
    with contextlib.suppress(exceptions.AlreadyEnqueued), transaction.atomic():
        app.configure_task(task, allow_unknown=False, queueing_lock=lock).defer(**arguments)
