"""What takes long to make and is never changed: made once for all processes of a run."""

import fcntl
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.folders import make_folder


def folder(
    factory: pytest.TempPathFactory, worker: str, name: str, make: Callable[[Path], None]
) -> Path:
    """Return the folder that `make` filled at the path that it was given; for copying only.

    `worker` is pytest-xdist's `worker_id`. A server's folder is made under a path of its own, since
    its user must be able to come to it, and kept at rest.
    """
    top = factory.getbasetemp()
    if worker != "master":
        top = top.parent
    shared = top / name
    with (top / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            making = make_folder("caraus-made-")
            make(making / "data")
            shutil.move(making / "data", shared)
            making.rmdir()
    return shared


def copy(source: Path, to: Path) -> None:
    """Copy all of it, whoever owns it."""
    subprocess.run(["cp", "-a", str(source), str(to)], check=True)
