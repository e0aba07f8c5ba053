"""Jobs of the queue: exports are made, and deleted when they have expired."""

from procrastinate.contrib.django import app

from caraus.core import queues
from caraus.core.logs import of_request
from caraus.workspace import exports


@app.task(name="workspace.export", queue=queues.EXPORTS)
def export(*, export_id: int, request_id: str = "") -> None:
    """Build the file of an export."""
    with of_request(request_id):
        exports.run_export(export_id=export_id)


@app.periodic(cron="37 * * * *")
@app.task(name="workspace.delete_expired_exports", queueing_lock="workspace.delete_expired_exports")
def delete_expired_exports_task(timestamp: int) -> None:
    """Delete the files of old exports."""
    exports.delete_expired_exports()
