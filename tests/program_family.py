"""Look at processes that are not the test's own, each of which may end meanwhile.

One that has ended may stay as a zombie until a slow init collects it. It counts as ended here;
psutil itself takes it for a living one.
"""

import contextlib
from pathlib import Path

import psutil

from caraus.embedded.processes import wait_for_exit


def children(pid: int) -> list[psutil.Process]:
    """Return all processes that a process has started, and theirs."""
    return list(psutil.Process(pid).children(recursive=True))


def command_line(process: psutil.Process) -> list[str]:
    """Return its program and arguments; empty when it has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(process.cmdline())
    return []


def environment(process: psutil.Process) -> str:
    """Return the variables that it was started with; empty when it has ended."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        return Path(f"/proc/{process.pid}/environ").read_text()
    return ""


def still_running(processes: list[psutil.Process], seconds: float = 10) -> list[psutil.Process]:
    """Return those that do not end within some seconds."""
    return wait_for_exit(processes, seconds)
