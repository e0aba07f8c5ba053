"""The server of one data folder: made, started, awaited, mended after a crash, stopped.

Every function expects its caller to have the folder's exclusive lock. CARAUS_EMBEDDED_FSYNC=off
makes tests faster and a database that a power cut may destroy: it is for tests only.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg
from psycopg import errors

from caraus.embedded import processes
from caraus.embedded.children import child_environment
from caraus.embedded.folders import (
    MAJOR,
    EmbeddedError,
    SystemUser,
    disk_full,
    folder_error,
    free_bytes,
    make_socket_dir,
    open_own,
    require_disk_space,
    socket_dir,
)
from caraus.embedded.programs import programs_for

DATABASE = "caraus"
PATIENCE = 60  # seconds for a start (with recovery after a crash) or a stop
LOG_BYTES = 1024 * 1024
FULL_BYTES = 1024 * 1024
DISK_FULL_MESSAGES = ("No space left on device", "Disk quota exceeded")
INITDB = (
    *("--username=postgres", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    "--wal-segsize=4",  # MB; with the 16 of the default a new database takes 60 MB, not 40
)
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # part of the socket's name; PGPORT must not move it
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "random_page_cost": "1.1",  # disks without moving parts: walking an index is cheap
    "min_wal_size": "16MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",  # three processes fewer
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # statements hold users' data: none of it in the log
}


def url(sockets: Path, database: str = DATABASE) -> str:
    """Return the address of a database behind the socket in that folder."""
    return f"postgresql://postgres@{quote(str(sockets), safe='')}:5432/{database}"


def ensure_running(folder: Path, user: SystemUser, needed_bytes: int) -> None:
    """Make the cluster if there is none, start its server if it does not respond, await it."""
    data = folder / "postgres"
    if not data.exists() or not any(data.iterdir()):
        require_disk_space(folder, needed_bytes)
        processes.end_leftovers(folder)
        _make_cluster(folder, user)
    _require_version(data)
    server, log_begin = processes.postmaster(folder), -1
    deadline = time.monotonic() + PATIENCE
    while not _is_accepting(folder):
        if server and processes.is_running(server):  # it starts, recovers from a crash, or stops
            if time.monotonic() > deadline:
                raise _failure(folder, f"does not answer (process {server.pid})", _log_tail(folder))
            time.sleep(0.05)
        elif log_begin >= 0:
            raise _failure(folder, "did not start", _log_tail(folder, log_begin))
        else:
            processes.end_leftovers(folder)
            server, log_begin = _start(folder, user)


def stop(folder: Path) -> None:
    """Stop the server, if it runs: connections are cut, all that was committed is on disk.

    The signal is sent from here, not by pg_ctl: a pg_ctl that outlives a killed caller could send
    it when a newcomer has the lock already.
    """
    server = processes.postmaster(folder)
    if not server or server not in processes.own_processes(folder):
        processes.end_leftovers(folder)  # one that Ctrl-C caught while it started
        return
    waits = {signal.SIGINT: PATIENCE, signal.SIGQUIT: 5}  # fast; immediate, to be recovered later
    for sent, seconds in waits.items():
        with contextlib.suppress(psutil.Error):
            server.send_signal(sent)
        if not processes.wait_for_exit([server], seconds):
            break
    if (sockets := socket_dir(folder)) != folder / "postgres":
        with contextlib.suppress(OSError):
            sockets.rmdir()


def _is_accepting(folder: Path) -> bool:
    """Return whether the server takes connections; our database is made if it has none yet."""
    address = url(socket_dir(folder), "postgres")
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            query = "SELECT FROM pg_database WHERE datname = %s"
            if not connection.execute(query, [DATABASE]).rowcount:
                connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")  # as initdb
    except errors.DiskFull as error:
        raise disk_full(folder) from error
    except psycopg.OperationalError:
        return False
    except psycopg.Error as error:
        raise _failure(folder, "does not work", str(error)) from error
    return True


def _make_cluster(folder: Path, user: SystemUser) -> None:
    """Make it aside and rename it, as initdb may be killed half-way.

    C.UTF-8 is PostgreSQL's own: the order of texts is the same on every machine.
    """
    try:
        for remains in folder.glob("postgres.new-*"):
            shutil.rmtree(remains, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=folder))
        os.chown(new, user.uid, user.gid)
    except OSError as error:
        raise folder_error(folder, error) from error
    options = [*INITDB, "-D", str(new), *([] if _fsync() else ["--no-sync"])]
    created = _run([str(programs_for(user) / "initdb"), *options], user)
    if created.returncode:
        shutil.rmtree(new, ignore_errors=True)
        raise _failure(folder, "could not be created", created.stdout)
    try:
        new.rename(folder / "postgres")
    except OSError as error:
        raise folder_error(folder / "postgres", error) from error


def _require_version(data: Path) -> None:
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedError(
            f"{data} exists, but holds no PostgreSQL database that can be read. Move it away, or "
            "choose another folder with CARAUS_DATA_DIR."
        ) from error
    if version != MAJOR:
        raise EmbeddedError(
            f"The database in {data} was made by PostgreSQL {version}, and this program brings "
            f"PostgreSQL {MAJOR}, which cannot read it. Move the data with PostgreSQL's pg_dump "
            f"{version}, or set CARAUS_DATA_DIR to a new folder to begin with an empty database."
        )


def _start(folder: Path, user: SystemUser) -> tuple[psutil.Process | None, int]:
    """Start the server; give its process (None if it has ended already) and where its log begins.

    Not by pg_ctl, which hands paths to a shell unquoted. The shell here only lets go of its child.
    """
    data, settings = folder / "postgres", dict(SERVER_SETTINGS)
    settings["unix_socket_directories"] = str(sockets := make_socket_dir(folder, user))
    settings["cluster_name"] = processes.cluster_name(folder)
    settings["fsync"] = "on" if _fsync() else "off"
    command = [str(programs_for(user) / "postgres"), "-D", str(data)]
    command += [f"--{name}={value}" for name, value in settings.items()]
    try:
        # Left by a server that was killed. PostgreSQL would respect them if their pid is a zombie
        # or was given to another process.
        for stale in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)
        log = open_own(folder / "postgres.log")
        if (begin := log.seek(0, os.SEEK_END)) > LOG_BYTES:
            (folder / "postgres.log").replace(folder / "postgres.log.1")
            log.close()
            log, begin = open_own(folder / "postgres.log"), 0
    except OSError as error:
        raise folder_error(folder, error) from error
    detach = '"$@" >&2 & echo $!'
    with log:
        pid = _run(["/bin/sh", "-c", detach, "sh", *command], user, errors_to=log).stdout
    try:
        return psutil.Process(int(pid)), begin
    except (psutil.NoSuchProcess, ValueError):  # the second: there was no process at all
        return None, begin


def _failure(folder: Path, what: str, output: str) -> EmbeddedError:
    """Say what went wrong. On a full disk the log may be empty, so the disk is looked at too."""
    if any(sign in output for sign in DISK_FULL_MESSAGES) or free_bytes(folder) < FULL_BYTES:
        return disk_full(folder)
    return EmbeddedError(
        f"The embedded database in {folder} {what}. Its log is {folder}/postgres.log; "
        f"PostgreSQL said:\n{output.strip()}"
    )


def _log_tail(folder: Path, begin: int = 0, lines: int = 15) -> str:
    try:
        with (folder / "postgres.log").open("rb") as log:
            log.seek(begin)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _fsync() -> bool:
    return os.environ.get("CARAUS_EMBEDDED_FSYNC", "on") != "off"


def _run(
    command: list[str], user: SystemUser, errors_to: IO[bytes] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of the wheel's programs as the server's user.

    Its session is its own, so that Ctrl-C ends neither it nor the server: the server's clients
    must be done first. Our secrets, our PG… variables and root's groups are not for it.
    """
    root = os.geteuid() == 0
    try:
        return subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors_to or subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=child_environment(LC_ALL="C"),
            start_new_session=True,
            user=user.uid if root else None,
            group=user.gid if root else None,
            extra_groups=[] if root else None,
        )
    except OSError as error:
        raise EmbeddedError(
            f"PostgreSQL's program {command[0]} could not be run: {error.strerror}. Install the "
            "program again, or set DATABASE_URL to a PostgreSQL server of your own."
        ) from error
