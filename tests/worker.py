"""The real worker, run until its queue is empty."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector


class Worker:
    """Runs jobs as `caraus worker` does, but ends when none waits any more."""

    def drain(self, *, concurrency: int = 4) -> None:
        with ThreadPoolExecutor(1) as thread:  # Django's connections are a thread's own
            thread.submit(asyncio.run, self._run(concurrency)).result()

    async def _run(self, concurrency: int) -> None:
        threads = ThreadPoolExecutor(concurrency + 2)
        asyncio.get_running_loop().set_default_executor(threads)
        connector = cast("DjangoConnector", app.connector)
        with app.replace_connector(connector.get_worker_connector()) as worker_app:
            async with worker_app.open_async():
                await worker_app.run_worker_async(
                    wait=False,
                    concurrency=concurrency,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    listen_notify=False,
                )
