"""The long-running commands: web, worker, the simulator; and Django's own."""

import asyncio
import contextlib
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from caraus.commands.base import database


def web(*, host: str, port: int, workers: int) -> int:
    """Serve the pages with granian until SIGINT or SIGTERM."""
    from caraus.commands.ports import require_free

    require_free(host, port)
    with database():
        from django.db import connections
        from granian import Granian
        from granian.constants import Interfaces

        connections.close_all()
        Granian(
            "caraus.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=8,
            backpressure=64,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            log_access=False,
            log_dictconfig=None,
            log_enabled=False,
        ).serve()
    return 0


def worker(*, concurrency: int) -> int:
    """Run jobs until SIGINT or SIGTERM; those under way get 10 seconds to end."""
    with database():
        asyncio.run(_work(concurrency))
    return 0


async def _work(concurrency: int) -> None:
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(concurrency + 2, thread_name_prefix="job"))
    connector = cast("DjangoConnector", app.connector)
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        async with worker_app.open_async():
            work = asyncio.create_task(
                worker_app.run_worker_async(
                    concurrency=concurrency,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=10,
                    install_signal_handlers=False,
                )
            )
            # Ours, so that they stand before anybody is told that the worker is ready.
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, work.cancel)
            print("Cărăuș worker is ready.", flush=True)
            with contextlib.suppress(asyncio.CancelledError):
                await work


def manage(arguments: list[str]) -> int:
    """Django's own commands over the product's database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")
    with database(migrated=False):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["caraus manage", *arguments])
    return 0


def simulator(arguments: list[str]) -> int:
    """Become the simulator: another program, which knows nothing of this one."""
    os.execv(sys.executable, [sys.executable, "-m", "anaf_simulator", *arguments])  # noqa: S606
