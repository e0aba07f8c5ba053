"""Processes of their own that have the product loaded already: each is forked from a clean one that
has, which takes a hundredth of the time in which Python starts and loads it.

They share nothing with the test's process but the database's address, and die of SIGKILL as any.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import django
from django.conf import settings
from django.db import connection as database

PATIENCE = 30  # seconds

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.preloaded_product"])


class ForkedProcess:
    """About to call `work` over the test's database, with some settings; `begin` lets it."""

    def __init__(self, work: Callable[[], object], **changed: Any) -> None:
        self._ours, theirs = _processes.Pipe()
        changed["DATABASE"] = database.settings_dict["NAME"]
        self._process = _processes.Process(target=_run, args=(work, changed, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def wait_until_ready(self) -> None:
        assert self._ours.poll(PATIENCE)
        assert self._ours.recv() == "ready"

    def begin(self) -> None:
        self._ours.send("go")

    def result(self) -> Any:
        """Return what `work` returned."""
        assert self._ours.poll(PATIENCE)
        return self._ours.recv()

    def kill(self) -> None:
        """End it by SIGKILL. PostgreSQL would notice a dead client when it next speaks to it, and
        keep its locks until then; here its sessions have ended too."""
        name = _application_name(self._process.pid)
        self._process.kill()
        assert self.wait() == -signal.SIGKILL
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity"
                " WHERE application_name = %s",
                [PATIENCE * 1000, name],
            )

    def wait(self) -> int | None:
        """Return its exit code: a signal's number is negative; None while it runs."""
        self._process.join(PATIENCE)
        self._ours.close()
        return self._process.exitcode


def begin(*processes: ForkedProcess) -> None:
    """Let all begin at the same moment, when all are ready."""
    for process in processes:
        process.wait_until_ready()
    for process in processes:
        process.begin()


def _application_name(pid: int | None) -> str:
    return f"forked process {pid}"


def _run(work: Callable[[], object], changed: dict[str, Any], test: Connection) -> None:
    django.setup()
    database.settings_dict["NAME"] = changed.pop("DATABASE")
    database.settings_dict["OPTIONS"]["application_name"] = _application_name(os.getpid())
    for name, value in changed.items():
        setattr(settings, name, value)
    test.send("ready")
    assert test.recv() == "go"
    test.send(work())
