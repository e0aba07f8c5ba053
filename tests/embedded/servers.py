"""Words for the tests of the embedded database."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg

from caraus import embedded
from caraus.embedded.processes import is_running

Spawn = Callable[..., subprocess.Popen[str]]

# A program that holds the server of a folder until it reads a line or gets a SIGTERM.
HOLDER = """
    import signal, sys
    from pathlib import Path
    from caraus import embedded

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    folder = Path(sys.argv[1])
    handle = embedded.acquire(folder)
    print((folder / "postgres/postmaster.pid").read_text().split()[0], flush=True)
    sys.stdin.readline()
"""


def servers(folder: Path) -> list[psutil.Process]:
    """Return the living postmasters whose data lie in the folder."""
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and f"-D {folder}/" in " ".join(process.info["cmdline"] or [])
        and is_running(process)
    ]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def server_pid(folder: Path) -> int:
    return int((folder / "postgres/postmaster.pid").read_text().split()[0])


def output_of(child: subprocess.Popen[str]) -> str:
    """Return the next line of a child; empty if it has ended."""
    assert child.stdout
    return child.stdout.readline().strip()


def query_value(folder: Path, query: str) -> str:
    with psycopg.connect(embedded.embedded_database_url(folder), autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row else ""
