"""The jobs of a worker process: one procrastinate worker for each group of queues."""

import asyncio
import contextlib
from typing import cast

from caraus.core.queues import queue_groups

# Whoever stops a service kills it after ten seconds: better to go in order before.
_GRACE = 6


def threads(concurrency: int) -> int:
    """Return how many jobs may run at once, all groups together."""
    return sum(group.slots for group in queue_groups(concurrency))


async def run_jobs(concurrency: int, stop: asyncio.Event) -> None:
    """Run jobs until `stop` is set, or until one of the workers ends by itself: then all end, so
    that the caller starts them anew."""
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    connector = cast("DjangoConnector", app.connector)
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        async with worker_app.open_async():
            workers = [
                asyncio.create_task(
                    worker_app.run_worker_async(
                        name=group.name,
                        queues=list(group.queues),
                        concurrency=group.slots,
                        delete_jobs="successful",
                        shutdown_graceful_timeout=_GRACE,
                        install_signal_handlers=False,
                    )
                )
                for group in queue_groups(concurrency)
            ]
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([*workers, stopping], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            for worker in workers:
                worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                ends = await asyncio.gather(*workers, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
