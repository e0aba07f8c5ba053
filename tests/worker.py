"""The real worker, run until its queue is empty."""

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from django.utils import timezone
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.periodic import PeriodicRegistry

from tests import polling


def _waiting() -> bool:
    jobs: Any = ProcrastinateJob.objects.filter(status="todo")
    return bool(jobs.exclude(scheduled_at__gt=timezone.now()).exists())


@contextlib.contextmanager
def no_schedule(worker_app: App) -> Iterator[None]:
    """Leave the queue without periodic tasks; the tasks themselves stay known. `app` stands for the
    one that works: a registry set on it would not be the worker's."""
    registry = worker_app.periodic_registry
    worker_app.periodic_registry = PeriodicRegistry()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        worker_app.periodic_registry = registry


class Worker:
    """Run jobs and poll as `caraus worker` does, until no job waits and no company is due.

    Nothing is deferred by the clock: whether a test ran at a full minute would decide what it sees.
    A test that wants a periodic task defers it.
    """

    def drain(self, *, concurrency: int = 4) -> None:
        with ThreadPoolExecutor(1) as thread:  # Django's connections are a thread's own
            while _waiting():  # a job may have put others in the queue while it was the last
                thread.submit(asyncio.run, self._run(concurrency)).result()
        polling.drain()

    async def _run(self, concurrency: int) -> None:
        threads = ThreadPoolExecutor(concurrency + 2)
        asyncio.get_running_loop().set_default_executor(threads)
        connector = cast("DjangoConnector", app.connector)
        with app.replace_connector(connector.get_worker_connector()) as worker_app:
            async with worker_app.open_async():
                with no_schedule(worker_app):
                    await worker_app.run_worker_async(
                        wait=False,
                        concurrency=concurrency,
                        delete_jobs="successful",
                        install_signal_handlers=False,
                        listen_notify=False,
                    )
