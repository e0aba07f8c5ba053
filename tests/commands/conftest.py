import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from caraus import embedded
from tests import shared_folders
from tests.commands.installation import PASSWORD, Installation
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess

CUI = "900010100"
EMAIL = "dispecer@example.ro"


@pytest.fixture(scope="module")
def empty_installation(blank: Path, simulator_process: SimulatorProcess) -> Iterator[Installation]:
    """Make an installation of the module's own, with no user; its server is held meanwhile, so
    that not each command starts and stops it."""
    simulator_process.reset()
    top = make_folder("caraus-commands-")
    shared_folders.copy(blank, top / "data")
    with embedded.acquire(top / "data"):
        empty_installation = Installation(top / "data", simulator_process, forks=True)
        yield empty_installation
        empty_installation.close()
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def installation(empty_installation: Installation) -> Installation:
    """Return an installation with a person and a company; nobody has authorized yet."""
    done = empty_installation.run(
        *("createuser", "--email", EMAIL, "--password-stdin", "--organization", "Trans Test"),
        *("--cui", f"RO {CUI}"),
        stdin=PASSWORD + "\n",
    )
    assert done.returncode == 0, done.stderr
    return empty_installation


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
