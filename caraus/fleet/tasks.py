"""The queue's side of the fleet."""

from procrastinate.contrib.django import app

from caraus.fleet import issue_store


@app.periodic(cron="1 * * * *")
@app.task(name="fleet.delete_outdated", queueing_lock="fleet.delete_outdated")
def delete_outdated_issues_task(timestamp: int) -> None:
    """Delete outdated issues every hour, so that midnight in Romania is among them."""
    issue_store.delete_outdated_issues()
