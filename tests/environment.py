"""Loaded before Django's settings (`-p tests.environment`): a PostgreSQL of the tests' own.

The database lives in a temporary folder for one run; nothing of the developer's own environment
reaches the tests. Where several processes run them, each has a server of its own, whose database
has the schema: it is made once for all.
"""

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from cryptography.fernet import Fernet

from caraus import embedded
from tests import shared_folders

SHARED_MEMORY = Path("/dev/shm")
PLENTY = 8 * 1024**3  # bytes; a run takes one or two


def _has_plenty(memory: Path) -> bool:
    """Return whether programs can be run from there, and it and the machine have much left."""
    if not os.access(memory, os.W_OK):
        return False
    system = os.statvfs(memory)
    free = min(system.f_bavail * system.f_frsize, psutil.virtual_memory().available)
    return free > PLENTY and not system.f_flag & os.ST_NOEXEC


# A run makes and removes tens of thousands of files, which costs more on a disk.
if "TMPDIR" not in os.environ and _has_plenty(SHARED_MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(SHARED_MEMORY)
# Dozens of processes are started: each would compile the product anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A benchmark may keep its large database for the next run.
KEPT_FOLDER = os.environ.get("KEPT_DATABASE_FOLDER", "")
for name in list(os.environ):
    if name.startswith(("CARAUS_", "ANAF_", "DATABASE_URL", "EMAIL_URL")):
        del os.environ[name]

FOLDER = Path(KEPT_FOLDER or tempfile.mkdtemp(prefix="caraus-tests-")).resolve()
if not KEPT_FOLDER:
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
shared_folders.begin_run()

os.environ |= {
    "CARAUS_EMBEDDED_FSYNC": "off",  # a lost test database is no loss
    "CARAUS_SECRET_KEY": "for-tests-only-for-tests-only-for-tests-only-for-tests",
    "CARAUS_TOKEN_KEYS": Fernet.generate_key().decode(),
    "ANAF_CLIENT_ID": "caraus-tests",
    "ANAF_CLIENT_SECRET": "a-secret-of-the-tests",
    "ANAF_ENVIRONMENT": "test",
    "EMAIL_URL": "memory:",
    "CARAUS_CONN_MAX_AGE": "0",  # a job's thread leaves no connection behind
    "DJANGO_SETTINGS_MODULE": "tests.settings",
}


def _migrate(folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "caraus.cli", "migrate"],
        env=os.environ | {"DATABASE_URL": "", "CARAUS_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def migrated_folder() -> Path:
    """Return a data folder at rest, with this version's schema: for copying only."""
    return shared_folders.folder("migrated", _migrate)


URL = embedded.embedded_database_url(FOLDER)
os.environ |= {"DATABASE_URL": URL, "CARAUS_DATA_DIR": str(FOLDER)}


def start() -> embedded.ServerHandle:
    """Start the server of this process, which runs until the process ends."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared_folders.copy(migrated_folder() / "postgres", FOLDER / "postgres")
    server = embedded.acquire(FOLDER)
    assert server.url == URL
    return server


def pytest_configure(config: pytest.Config) -> None:
    """Start a server, but in the process that only hands tests out."""
    if "PYTEST_XDIST_WORKER" in os.environ or not config.getoption("numprocesses", None):
        config.add_cleanup(start().release)


@contextlib.contextmanager
def database(template: str = "template0") -> Iterator[str]:
    """Yield the address of an own database on the tests' server, for what wants an external one:
    empty, or a copy of another to which nobody is connected."""
    name = f"own_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        try:
            yield URL.rpartition("/")[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
