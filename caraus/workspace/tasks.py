"""The queue's side of the list: files are made and forgotten."""

from procrastinate.contrib.django import app

from caraus.core import queues
from caraus.core.logs import of_request
from caraus.workspace import exports


@app.task(name="workspace.export", queue=queues.EXPORTS)
def export(*, export_id: int, request_id: str = "") -> None:
    with of_request(request_id):
        exports.run_export(export_id=export_id)


@app.periodic(cron="37 * * * *")
@app.task(name="workspace.forget_exports", queueing_lock="workspace.forget_exports")
def forget_exports(timestamp: int) -> None:
    exports.forget_old()
