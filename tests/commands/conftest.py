import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from caraus import embedded
from tests import shared_folders
from tests.commands.installation import PASSWORD, Installation
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess

CUI = "900010100"
EMAIL = "dispecer@example.ro"


@contextmanager
def copied(folder: Path, anaf: SimulatorProcess) -> Iterator[Installation]:
    """Yield an installation with a copy of the folder; its server is held meanwhile, so that not
    each command starts and stops it."""
    anaf.reset()
    top = make_folder("caraus-commands-")
    shared_folders.copy(folder, top / "data")
    with embedded.acquire(top / "data"):
        installation = Installation(top / "data", anaf, forks=True)
        yield installation
        installation.close()
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def empty_installation(blank: Path, simulator_process: SimulatorProcess) -> Iterator[Installation]:
    """Make an installation of the module's own, with no user."""
    with copied(blank, simulator_process) as installation:
        yield installation


@pytest.fixture(scope="session")
def with_person(
    blank: Path,
    simulator_process: SimulatorProcess,
) -> Path:
    """Make a data folder at rest, with a person and a company."""

    def make(folder: Path) -> None:
        shared_folders.copy(blank, folder)
        done = Installation(folder, simulator_process).run(
            *("createuser", "--email", EMAIL, "--password-stdin", "--organization", "Trans Test"),
            *("--cui", f"RO {CUI}"),
            stdin=PASSWORD + "\n",
        )
        assert done.returncode == 0, done.stderr

    return shared_folders.folder("with-person", make)


@pytest.fixture(scope="module")
def installation(with_person: Path, simulator_process: SimulatorProcess) -> Iterator[Installation]:
    """Make an installation with a person and a company; nobody has authorized yet."""
    with copied(with_person, simulator_process) as installation:
        yield installation


@pytest.fixture(scope="module")
def authorization(installation: Installation) -> None:
    with installation.web() as client:
        assert "Autorizarea a reușit" in installation.authorize(client, email=EMAIL)


@pytest.fixture
def authorized(installation: Installation, authorization: None) -> Installation:
    """Authorize for one company; the simulator is as new at each test's start."""
    installation.anaf.reset()
    installation.forget_pauses()
    return installation
