"""Secrets from the environment, from files it names, or made once and kept in the data folder."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


class SecretError(Exception):
    """A sentence for the person who started the program; it never holds the secret itself."""


def read_secret(name: str, env: Mapping[str, str]) -> str | None:
    """Read the value of NAME, or the content of the file that NAME_FILE names; None without either.

    An empty variable counts as not set: that is what compose files make of a missing one. The
    line break at the end of a file is not part of the secret.
    """
    value, file = env.get(name), env.get(f"{name}_FILE")
    if value and file:
        raise SecretError(f"Both {name} and {name}_FILE are set. Keep one of them.")
    if not file:
        return value or None
    try:
        secret = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SecretError(
            f"{name}_FILE names {file}, which cannot be read: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise SecretError(
            f"{name}_FILE names {file}, which is not a text file in UTF-8."
        ) from error
    if not secret.strip():
        raise SecretError(f"{name}_FILE names {file}, which is empty.")
    return secret


def generated_secret(folder: Path, name: str, make: Callable[[], str]) -> str:
    """Read the secret kept in FOLDER/secrets/NAME, made by `make` when it is not there yet.

    When several processes make it at once, one of them wins and all get the same. A file that
    others could read is refused: what they may have read cannot be mended by a chmod.
    """
    path = folder / "secrets" / name
    try:
        for directory in (folder, path.parent):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _as_owner(path.parent, folder)
            path.parent.chmod(0o700)
            _write_once(path, make())
        return _read_own(path)
    except OSError as error:
        raise SecretError(
            f"The secret {path} can be neither read nor made ({error.strerror}). Correct the "
            "folder's permissions, or choose a folder of your own with CARAUS_DATA_DIR."
        ) from error


def _as_owner(path: Path, folder: Path) -> None:
    """Make in the name of the folder's owner what root makes in another user's data folder: that
    user may come later."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _write_once(path: Path, secret: str) -> None:
    """Write the whole secret aside, then give it its name; the first to do so stays."""
    descriptor, aside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        _as_owner(Path(aside), path.parent)
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        Path(aside).unlink()


def _read_own(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        secret = file.read().rstrip("\r\n")
    if mode & 0o077:
        raise SecretError(
            f"The secret {path} is open to other users of this machine (mode {mode:04o}). If none "
            f"of them can have read it: chmod 600 {path}. Otherwise remove it: a new one will be "
            "made, and what the old one protected must be entered again."
        )
    if not secret.strip():
        raise SecretError(f"The secret {path} is empty. Remove the file; a new one will be made.")
    return secret
