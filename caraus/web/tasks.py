"""Housekeeping of the queue and the sessions."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from procrastinate.utils import utcnow

from caraus.accounts import organizations, rate_limits
from caraus.accounts.sessions import SessionStore
from caraus.filings import changes
from caraus.ledger.retention import delete_orphaned_chains
from caraus.web import retention, weekly_summary


@app.periodic(cron="* * * * *")
@app.task(name="web.retry_stalled_jobs", queueing_lock="web.retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """Retry a killed worker's jobs, which stay „doing”, once its heartbeat is old.

    One whose twin waits in the queue already ends here.
    """
    for job in await app.job_manager.get_stalled_jobs():
        try:
            await app.job_manager.retry_job(job, utcnow())
        except UniqueViolation:
            await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)


@app.periodic(cron="41 3 * * *")
@app.task(name="web.delete_expired", queueing_lock="web.delete_expired")
async def delete_expired_rows(timestamp: int) -> None:
    """Delete failed jobs after a month, ended sessions and counts of uses at once."""
    await app.job_manager.delete_old_jobs(
        nb_hours=30 * 24, include_failed=True, include_cancelled=True, include_aborted=True
    )
    await sync_to_async(rate_limits.delete_expired_counts)()
    await sync_to_async(SessionStore.clear_expired)()


@app.periodic(cron="11 2 * * *")
@app.task(name="web.purge", queueing_lock="web.purge")
def purge(timestamp: int) -> None:
    """Apply the rules of retention, every night."""
    retention.apply_retention()
    changes.delete_old_drafts()


@app.periodic(cron="23 * * * *")
@app.task(name="web.delete_due", queueing_lock="web.delete_due")
def delete_due(timestamp: int) -> None:
    """Delete the organizations whose waiting week is over, and the ledger of each after it."""
    if organizations.delete_due_organizations():
        delete_orphaned_chains()


@app.periodic(cron="5 * * * *")
@app.task(name="web.notify_weekly", queueing_lock="web.notify_weekly")
def run_notify_weekly(timestamp: int) -> None:
    """Send the owners' week in five lines."""
    weekly_summary.notify_weekly()
