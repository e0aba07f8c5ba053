"""The server's processes, distinguished from others: after a crash a pid alone proves nothing."""

import contextlib
import signal
import time
from pathlib import Path

import psutil

from caraus.embedded.folders import digest


def cluster_name(folder: Path) -> str:
    """Return what the folder's server is called in its arguments and in its children's titles."""
    return f"caraus-{digest(folder)}"


def postmaster(folder: Path) -> psutil.Process | None:
    """Return the living server on this folder's data, by its postmaster.pid, whoever started it."""
    data = folder / "postgres"
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        if str(data) in process.cmdline():
            return process  # a zombie has no command line
    return None


def own_processes(folder: Path) -> list[psutil.Process]:
    """Return all processes of the server that we started for this folder, or that it left behind.

    An administrator's own PostgreSQL on the same data is not among them.
    """
    name = cluster_name(folder)
    own = []
    for process in psutil.process_iter(["name", "cmdline"]):
        arguments = process.info["cmdline"] or []  # psutil may split a title at its spaces
        title = " ".join(arguments)
        if process.info["name"] == "postgres" and (
            title.startswith(f"postgres: {name}: ") or f"--cluster_name={name}" in arguments
        ):
            own.append(process)
    return own


def end_leftovers(folder: Path) -> None:
    """End what a killed server left behind (or one whose folder was removed under it).

    They would write to the data beside the new server. Those of a killed server are ending by
    themselves already, unless they hang.
    """
    leftovers = own_processes(folder)
    for send in (signal.SIGQUIT, signal.SIGKILL):
        for process in leftovers:
            with contextlib.suppress(psutil.Error):
                process.send_signal(send)
        leftovers = wait_for_exit(leftovers, 2)


def wait_for_exit(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for the processes to end; give those that still run after some seconds."""
    deadline = time.monotonic() + seconds
    while (
        running := [process for process in processes if is_running(process)]
    ) and time.monotonic() < deadline:
        time.sleep(0.01)
    return running


def is_running(process: psutil.Process) -> bool:
    """Return whether it is alive: not a zombie that waits for a slow init, not another with its
    pid."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
