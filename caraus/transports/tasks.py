"""The queue's side of UITs: thin wrappers over plain functions."""

from procrastinate.contrib.django import app

from caraus.transports import expiry


@app.periodic(cron="* * * * *")
@app.task(name="transports.lapses", queueing_lock="transports.lapses")
def tell_of_lapses(timestamp: int) -> None:
    expiry.every_minute()
