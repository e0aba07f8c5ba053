"""Where the embedded database lives, whose it is, and what can be wrong with that.

The data lie in FOLDER/postgres (mode 0700), the log and the locks beside it. The socket lies in
the data, or, where that path is too long for a socket, in a folder under /tmp named by a hash:
always /tmp, as web and worker may have been given different TMPDIR or XDG_RUNTIME_DIR. Either
folder is open to the server's user alone (and root), so that local connections need no password.

As root the server runs as the owner of the data, at first the system user `pgserver`. It must be
able to come to the folder; what lies above it is never changed, but a sentence says what to do.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from caraus.embedded.children import child_environment

MAJOR = "18"
INITDB_BYTES = 200 * 1024 * 1024  # a new cluster takes about 40 MB, its write-ahead log grows
SOCKET_PATH_BYTES = 103  # macOS allows 104 with the final NUL, Linux 108


class EmbeddedError(Exception):
    """A sentence for the person who started the program: what happened, what to do now."""


class SystemUser(NamedTuple):
    """Whom the server runs as."""

    uid: int
    gid: int


def prepare(folder: Path) -> SystemUser:
    """Make the folder, check that it is ours to write, and choose whom the server runs as."""
    missing = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        open_own(folder / "postgres.lock").close()
    except OSError as error:
        raise folder_error(folder, error) from error
    user = _server_user(folder)
    if os.geteuid() == 0:
        for parent in missing:
            parent.chmod(0o711)
        _grant_access(folder, user)
        _require_reachable(folder, user)
    return user


def _grant_access(folder: Path, user: SystemUser) -> None:
    """Let the server's user, and no other, pass through the data folder itself."""
    state = folder.stat()
    if _may_pass(state, user):
        return
    mode = stat.S_IMODE(state.st_mode)
    if state.st_uid == user.uid:
        folder.chmod(mode | 0o100)
    elif state.st_gid == user.gid or not mode & 0o070 or state.st_gid == 0:
        os.chown(folder, -1, user.gid)
        folder.chmod(mode | 0o010)
    else:  # a group of the administrator's
        folder.chmod(mode | 0o001)


def _require_reachable(folder: Path, user: SystemUser) -> None:
    for parent in folder.parents:
        if not _may_pass(parent.stat(), user):
            name = pwd.getpwuid(user.uid).pw_name if _has_name(user.uid) else str(user.uid)
            raise EmbeddedError(
                f"PostgreSQL does not run as root, but as the user `{name}`, who cannot pass "
                f"through {parent} to the data folder {folder}. Choose a folder that it can come "
                "to with CARAUS_DATA_DIR, for example /var/lib/caraus, or start the program as an "
                "ordinary user."
            )


def _may_pass(state: os.stat_result, user: SystemUser) -> bool:
    if state.st_uid == user.uid:
        return bool(state.st_mode & 0o100)
    if state.st_gid == user.gid:
        return bool(state.st_mode & 0o010)
    return bool(state.st_mode & 0o001)


def folder_error(folder: Path, error: OSError) -> EmbeddedError:
    """Say what is wrong with the folder."""
    if isinstance(error, NotADirectoryError | FileExistsError):
        return EmbeddedError(
            f"The data folder {folder} cannot be used: it, or one of its parents, is a file. "
            "Choose another folder with CARAUS_DATA_DIR."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(folder)
    return EmbeddedError(
        f"The data folder {folder} cannot be written ({error.strerror}). "
        "Correct its permissions, or choose a folder of your own with CARAUS_DATA_DIR."
    )


def disk_full(folder: Path, needed: int = INITDB_BYTES) -> EmbeddedError:
    """Say that there is no space, and how much is needed."""
    return EmbeddedError(
        f"The disk of the data folder {folder} is full: the database needs about "
        f"{needed >> 20} MB free. Make room there and start again, or choose a folder on another "
        "disk with CARAUS_DATA_DIR."
    )


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk on which a folder lies."""
    return shutil.disk_usage(folder).free


def require_disk_space(folder: Path, needed: int) -> None:
    """Raise EmbeddedError unless `needed` bytes are free in the folder."""
    if free_bytes(folder) < needed:
        raise disk_full(folder, needed)


def open_own(path: Path) -> IO[bytes]:
    """Open a lock or a log; root leaves it to the folder's owner, who may come later."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return os.fdopen(descriptor, "r+b", buffering=0)


@contextlib.contextmanager
def starting_and_stopping(folder: Path) -> Iterator[None]:
    """Be the only one that starts or stops this folder's server."""
    try:
        lock = open_own(folder / "postgres.lock")
    except OSError as error:
        raise folder_error(folder, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def socket_dir(folder: Path) -> Path:
    """Return the folder of the server's socket: the same for every process, and
    stable."""
    data = folder.absolute().resolve() / "postgres"
    usable = "," not in str(data) and '"' not in str(data)  # libpq and PostgreSQL take lists
    if usable and len(os.fsencode(data / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES:
        return data
    return Path("/tmp") / f"caraus-{digest(folder)}"  # noqa: S108 - its owner is checked


def digest(folder: Path) -> str:
    """Return a short name of the folder, for the socket's folder and the titles of processes."""
    return hashlib.sha256(os.fsencode(folder.absolute().resolve())).hexdigest()[:16]


def make_socket_dir(folder: Path, user: SystemUser) -> Path:
    """Make the socket's folder if it lies outside the data; refuse one that another user made."""
    place = socket_dir(folder)
    if place == folder / "postgres":
        return place
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700)
    if place.lstat().st_uid == os.geteuid():  # /tmp is sticky: nobody can have replaced it
        os.chown(place, user.uid, user.gid, follow_symlinks=False)
    state = place.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != user.uid or state.st_mode & 0o077:
        raise EmbeddedError(
            f"{place} is needed for the database's socket, but another user of this machine has "
            "made it. Remove it, or set CARAUS_DATA_DIR to a folder with a shorter path."
        )
    return place


def _server_user(folder: Path) -> SystemUser:
    """Ourselves; for root the owner of the data or the folder: PostgreSQL refuses to be root."""
    data = folder / "postgres"
    owner = (data if data.exists() else folder).stat()
    if os.geteuid() == 0:
        is_named = data.exists() or _has_name(owner.st_uid)  # initdb demands a name, the server not
        return (
            SystemUser(owner.st_uid, owner.st_gid) if owner.st_uid and is_named else _system_user()
        )
    if data.exists() and owner.st_uid != os.geteuid():
        raise EmbeddedError(
            f"The database in {data} belongs to another user of this machine. Start the program "
            "as that user or as root, or choose another folder with CARAUS_DATA_DIR."
        )
    return SystemUser(os.geteuid(), os.getegid())


def _has_name(uid: int) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


def _system_user(name: str = "pgserver") -> SystemUser:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", name]
    for _ in range(2):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            return SystemUser(account.pw_uid, account.pw_gid)
        with contextlib.suppress(OSError):  # one that another process makes meanwhile will do
            subprocess.run(command, check=False, capture_output=True, env=child_environment())
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and the user `{name}` could not be created for it. "
        "Create that user, or start the program as an ordinary user."
    )
