"""Processes of their own that renew, over the test's database and the simulated ANAF."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from django.db import connection as database

from tests.simulator_process import SimulatorProcess

_RENEW = """
import django
django.setup()
from caraus.connections.tasks import renew_one
print("ready", flush=True)
input()
renew_one.func(connection_id={pk})
"""


def renewing(anaf: SimulatorProcess, pk: int) -> "subprocess.Popen[str]":
    """A worker about to renew; it begins when a line is written to it."""
    tests = database.settings_dict
    url = os.environ["DATABASE_URL"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    return subprocess.Popen(
        [sys.executable, "-c", _RENEW.format(pk=pk)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=kept
        | {
            "DATABASE_URL": _with_database(url, str(tests["NAME"])),
            "ANAF_LOGIN_URL": anaf.url,
            "ANAF_API_URL": anaf.url,
        },
    )


def _with_database(url: str, name: str) -> str:
    front, _, query = url.partition("?")
    return front.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")


def begin(*processes: "subprocess.Popen[str]") -> None:
    """All at the same moment, when all are ready."""
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


def ended(process: "subprocess.Popen[str]") -> int:
    code = process.wait(30)
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    return code


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
