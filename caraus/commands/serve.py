"""The long-running commands beside web: worker, serve, the simulator; and Django's own."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from caraus.commands.base import CommandError, database, end_with_parent
from caraus.commands.jobs import run_jobs, threads


def worker(*, concurrency: int) -> int:
    """Poll ANAF and run jobs until SIGINT or SIGTERM; what is under way gets seconds to end."""
    with database():
        from django.conf import settings

        if settings.POOLED:
            raise CommandError(
                "A worker listens and locks in its session, which a pooler takes away after each "
                "transaction: give it the server's own address in DATABASE_URL, without "
                "CARAUS_DATABASE_POOLED.",
                exit_code=2,
            )
        asyncio.run(_run_worker_parts(concurrency))
    return 0


# Whoever stops a service kills it after ten seconds: better to go in order before.
_LAST_MOMENT = 9.0


async def _run_worker_parts(concurrency: int) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(
        ThreadPoolExecutor(threads(concurrency) + 2, thread_name_prefix="job")
    )
    stop = asyncio.Event()
    # Ours, so that they stand before anything says that the worker is ready.
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, stop)
    print("Cărăuș worker is ready.", flush=True)
    await asyncio.gather(
        _run_until_stopped(stop, lambda: run_jobs(concurrency, stop)),
        _run_until_stopped(stop, lambda: _run_poller(stop)),
        _run_until_stopped(stop, lambda: _run_filings(stop)),
    )


def _stop(stop: asyncio.Event) -> None:
    """Stop. A thread that waits for a silent ANAF can't be ended otherwise: at the last moment the
    process is, as if it had been killed, which it survives in order too."""
    stop.set()
    last_moment = threading.Timer(_LAST_MOMENT, os._exit, [0])
    last_moment.daemon = True
    last_moment.start()


async def _run_until_stopped(stop: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    """Run until stopped: PostgreSQL may go and come back meanwhile."""
    import structlog

    while not stop.is_set():
        try:
            await work()
        except Exception as error:
            structlog.get_logger(__name__).warning("worker_begins_anew", error=repr(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1 + random.random())  # noqa: S311


async def _run_poller(stop: asyncio.Event) -> None:
    from caraus.authorizations.configuration import is_configured
    from caraus.sync.poller import Poller

    if is_configured():
        await Poller().run(stop)
    else:
        await stop.wait()


async def _run_filings(stop: asyncio.Event) -> None:
    from caraus.authorizations.configuration import is_configured
    from caraus.filings import processor

    if is_configured():
        await processor.run_processor(stop)
    else:
        await stop.wait()


def serve(*, host: str, port: int, workers: int, concurrency: int) -> int:
    """Run web and worker together (with the embedded PostgreSQL, if no other is given), until
    SIGINT or SIGTERM. When one part ends by itself all end, so that a supervisor starts anew."""
    from caraus.commands.ports import require_free, set_public_address

    require_free(host, port)
    set_public_address(host, port)  # the worker's e-mails lead there too
    with database() as restart_if_dead:  # migrates the embedded one once, before the two start
        commands = (
            ["web", "--host", host, "--port", str(port), "--workers", str(workers)],
            ["worker", "--concurrency", str(concurrency)],
        )
        signals: list[int] = []  # not an Event, whose lock the handler may find taken for ever
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: signals.append(number))
        parts = [
            subprocess.Popen(
                [sys.executable, "-m", "caraus.cli", *command],
                start_new_session=True,  # Ctrl-C reaches us, and we end the parts in order
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no thread runs yet at this moment
            )
            for command in commands
        ]
        ended: list[str] = []
        try:
            while not signals and not ended:
                time.sleep(0.2)
                restart_if_dead()
                ended = [
                    command[0]
                    for part, command in zip(parts, commands, strict=True)
                    if part.poll() is not None
                ]
        finally:
            _end_parts(parts)
    if ended and not signals:
        raise CommandError(f"The {ended[0]} ended by itself; its last words stand above.")
    return 0


def _end_parts(parts: list[subprocess.Popen[bytes]]) -> None:
    for part in parts:
        part.terminate()
    for part in parts:
        try:
            part.wait(20)
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


def manage(arguments: list[str]) -> int:
    """Django's own commands over the product's database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")
    with database(migrated=False):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["caraus manage", *arguments])
    return 0


def simulator(arguments: list[str]) -> int:
    """Become the simulator: another program, which knows nothing of this one."""
    os.environ["SIMULATOR_PROG"] = "caraus simulator"
    os.execv(sys.executable, [sys.executable, "-m", "anaf_simulator", *arguments])  # noqa: S606
