"""What takes long to make and is never changed: made once for all processes of a run."""

import atexit
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.folders import temporary_folder

# Set by the first process of a run; those that it starts find what it and they have made.
VARIABLE = "TESTS_SHARED_FOLDER"


def begin_run() -> None:
    """Share what is made until this process ends, unless one that shares has started it."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="caraus-shared-")
        atexit.register(shutil.rmtree, os.environ[VARIABLE], ignore_errors=True)


def folder(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` filled at the path that it was given; for copying only.

    A server's folder is made under a path of its own, since its user must be able to come to it,
    and kept at rest.
    """
    top = Path(os.environ[VARIABLE])
    shared = top / name
    with (top / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            with temporary_folder("caraus-made-") as making:
                make(making / "data")
                shutil.move(making / "data", shared)
    return shared


def copy(source: Path, to: Path) -> None:
    """Copy all of it, whoever owns it."""
    subprocess.run(["cp", "-a", str(source), str(to)], check=True)
