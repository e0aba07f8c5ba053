"""The queue's side of the authorization's life."""

from procrastinate.contrib.django import app

from caraus.anaf.errors import AnafError
from caraus.connections.renewal import due, renew


@app.periodic(cron="17 * * * *")
@app.task(name="connections.renew_due", queueing_lock="connections.renew_due")
def renew_due(timestamp: int) -> None:
    for connection_id in due():
        renew_one.configure(lock=f"renew:{connection_id}").defer(connection_id=connection_id)


@app.task(name="connections.renew", queue="anaf")
def renew_one(*, connection_id: int) -> None:
    try:
        renew(connection_id=connection_id)
    except AnafError:
        return  # kept on the authorization, with its sentence; tomorrow it is tried again
