"""The queue's side of lists."""

from procrastinate.contrib.django import app

from caraus.lists import drafts


@app.periodic(cron="17 * * * *")
@app.task(name="lists.delete_outdated", queueing_lock="lists.delete_outdated")
def delete_outdated_drafts_task(timestamp: int) -> None:
    """Delete, every hour, the lists that nobody took."""
    drafts.delete_outdated_drafts()
