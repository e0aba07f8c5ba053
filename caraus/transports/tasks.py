"""The queue's side of UITs: thin wrappers over plain functions."""

from procrastinate.contrib.django import app

from caraus.transports import expiry


@app.periodic(cron="* * * * *")
@app.task(name="transports.notify_of_expiry", queueing_lock="transports.notify_of_expiry")
def notify_of_expiry_task(timestamp: int) -> None:
    """Notify of the UITs whose validity ends."""
    expiry.notify_expiring()
