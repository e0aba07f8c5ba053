"""The server of one data folder: made, started, awaited, mended after a crash, stopped.

Every function expects its caller to have the folder's exclusive lock. CARAUS_EMBEDDED_FSYNC=off
makes tests faster and a database that a power cut may destroy: it is for tests only.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg import errors

from caraus.embedded.folders import (
    MAJOR,
    EmbeddedError,
    User,
    digest,
    disk_full,
    folder_error,
    make_socket_dir,
    programs,
    require_room,
    socket_dir,
)

DATABASE = "caraus"
PATIENCE = 60  # seconds for a start (with recovery after a crash) or a stop
LOG_BYTES = 1024 * 1024
NO_ROOM = ("No space left on device", "Disk quota exceeded")
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # part of the socket's name; PGPORT must not move it
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "min_wal_size": "32MB",
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
    """The address of a database behind the socket in that folder."""
    return f"postgresql://postgres@{quote(str(sockets), safe='')}:5432/{database}"


def ensure_running(folder: Path, user: User, needed_bytes: int) -> None:
    """Make the cluster if there is none, start its server if it does not answer, await it."""
    data = folder / "postgres"
    if not data.exists():
        require_room(folder, needed_bytes)
        _end_leftovers(folder)
        _make_cluster(folder, user)
    _require_version(data)
    deadline = time.monotonic() + PATIENCE
    while not _answers(folder):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"The database in {data} runs but does not answer. End its process (the number "
                f"in the first line of {data}/postmaster.pid) and start again. {_log_tail(folder)}"
            )
        if _postmaster(folder):  # it starts, stops, or repairs itself
            time.sleep(0.05)
            continue
        _end_leftovers(folder)
        _start(folder, user)


def stop(folder: Path, user: User) -> None:
    """Stop the server, if it runs: connections are cut, all that was committed is on disk."""
    if not _postmaster(folder):
        return
    for mode in ("fast", "immediate"):  # the second loses nothing either, but must recover later
        arguments = ("-D", str(folder / "postgres"), "-m", mode, "-w", "-t", str(PATIENCE))
        if _run("pg_ctl", "stop", *arguments, user=user).returncode == 0:
            return


def _answers(folder: Path) -> bool:
    """Whether the server takes connections; our database is made if it has none yet."""
    address = url(socket_dir(folder), "postgres")
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            known = "SELECT FROM pg_database WHERE datname = %s"
            if not connection.execute(known, [DATABASE]).rowcount:
                connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")  # as initdb
    except errors.DiskFull as error:
        raise disk_full(folder) from error
    except psycopg.OperationalError:
        return False
    return True


def _make_cluster(folder: Path, user: User) -> None:
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
    options = ["-U", "postgres", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"]
    options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += [] if _fsync() else ["--no-sync"]
    made = _run("initdb", "-D", str(new), *options, user=user)
    if made.returncode:
        shutil.rmtree(new, ignore_errors=True)
        raise _failure(folder, "could not be created", made.stdout)
    new.rename(folder / "postgres")


def _require_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedError(
            f"{data} exists, but holds no PostgreSQL database that can be read. Move it away, or "
            "choose another folder with CARAUS_DATA_DIR."
        ) from error
    if found != MAJOR:
        raise EmbeddedError(
            f"The database in {data} was made by PostgreSQL {found}, and this program brings "
            f"PostgreSQL {MAJOR}, which cannot read it. Move the data with PostgreSQL's pg_dump "
            f"{found}, or set CARAUS_DATA_DIR to a new folder to begin with an empty database."
        )


def _start(folder: Path, user: User) -> None:
    """Start the server and await it. It has a session of its own: Ctrl-C does not reach it."""
    data, log = folder / "postgres", folder / "postgres.log"
    settings = SETTINGS | {"unix_socket_directories": str(make_socket_dir(folder, user))}
    settings |= {"cluster_name": f"caraus-{digest(folder)}", "fsync": "on" if _fsync() else "off"}
    options = shlex.join(f"--{name}={value}" for name, value in settings.items())
    try:
        (data / "postmaster.pid").unlink(missing_ok=True)  # of a dead server, perhaps a taken pid
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(folder / "postgres.log.1")
        log.touch(mode=0o600)
        os.chown(log, user.uid, user.gid)
    except OSError as error:
        raise folder_error(folder, error) from error
    begin = log.stat().st_size
    arguments = ("-D", str(data), "-l", str(log), "-o", options, "-w", "-t", str(PATIENCE))
    started = _run("pg_ctl", "start", *arguments, user=user)
    if started.returncode:
        raise _failure(folder, "did not start", _log_tail(folder, begin) or started.stdout)


def _failure(folder: Path, what: str, said: str) -> EmbeddedError:
    if any(sign in said for sign in NO_ROOM):
        return disk_full(folder)
    return EmbeddedError(
        f"The embedded database in {folder} {what}. Its log is {folder}/postgres.log; "
        f"PostgreSQL said:\n{said.strip()}"
    )


def _log_tail(folder: Path, begin: int = 0, lines: int = 15) -> str:
    try:
        with (folder / "postgres.log").open("rb") as log:
            log.seek(begin)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _postmaster(folder: Path) -> psutil.Process | None:
    """The living server of this folder, by its postmaster.pid.

    A pid alone proves nothing after a crash: it may be another process's by now, or a zombie's.
    """
    data = folder / "postgres"
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        if str(data) in process.cmdline():
            return process  # a zombie has no command line
    return None


def _end_leftovers(folder: Path) -> None:
    """End what a killed server left behind (or one whose folder was removed under it).

    They would write to the data beside the new server. Most end by themselves within moments.
    """
    names = (f"postgres: caraus-{digest(folder)}: ", str(folder / "postgres"))
    leftovers = []
    for process in psutil.process_iter(["name", "cmdline"]):
        title = process.info["cmdline"] or [""]
        if process.info["name"] == "postgres" and (
            title[0].startswith(names[0]) or names[1] in title
        ):
            leftovers.append(process)
    for send in (signal.SIGQUIT, signal.SIGKILL):
        _, leftovers = psutil.wait_procs(leftovers, timeout=2)
        for process in leftovers:
            with contextlib.suppress(psutil.Error):
                process.send_signal(send)
    psutil.wait_procs(leftovers, timeout=2)


def _fsync() -> bool:
    return os.environ.get("CARAUS_EMBEDDED_FSYNC", "on") != "off"


def _run(program: str, *arguments: str, user: User) -> subprocess.CompletedProcess[str]:
    """Run one of the wheel's programs as the server's user; its output goes to a file.

    Not to a pipe: the server would inherit it and keep it open. Its session is its own, so that
    Ctrl-C ends neither it nor the server. The PG… variables of our environment are not its own.
    """
    root = os.geteuid() == 0
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        done = subprocess.run(
            [str(programs() / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment | {"LC_ALL": "C"},
            start_new_session=True,
            user=user.uid if root else None,
            group=user.gid if root else None,
            extra_groups=[] if root else None,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")
