"""The embedded PostgreSQL, with real servers and real processes that are really killed.

The data lie in a temporary folder of our own making: PostgreSQL, which root runs as another user,
must pass through it, and pytest closes its `tmp_path` to others whenever a session begins.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from caraus import embedded
from tests.folders import make_folder

from .servers import Spawn, servers


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAUS_EMBEDDED_FSYNC", "off")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a data folder that does not exist yet; no server may be left in it at the end."""
    with temporary_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def new_folder() -> Iterator[Path]:
    """Make a database once: making or copying one takes longer than most tests."""
    with temporary_folder() as folder:
        embedded.acquire(folder).release()
        yield folder


@pytest.fixture
def shared(new_folder: Path) -> Iterator[Path]:
    """Yield a folder with a database at rest, for tests that leave it as it was."""
    yield new_folder
    assert not servers(new_folder)


@pytest.fixture
def used(folder: Path, new_folder: Path) -> Path:
    """Return a folder with a database at rest that the test may change and destroy."""
    subprocess.run(["cp", "-a", str(new_folder), str(folder)], check=True)
    return folder


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    parent = make_folder("caraus-test-")
    try:
        yield parent / "data"
    finally:
        left = servers(parent)
        for process in left:
            process.kill()
        shutil.rmtree(parent)
    assert not left


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Start Python processes, in sessions of their own, which do not outlive the test."""
    with contextlib.ExitStack() as stack:

        def start(source: str, *arguments: object, **env: str) -> subprocess.Popen[str]:
            child = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", textwrap.dedent(source)]
                + [str(argument) for argument in arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env=os.environ | env,
            )
            stack.enter_context(child)
            stack.callback(child.kill)
            return child

        yield start
