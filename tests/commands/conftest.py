import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from caraus import embedded
from tests.commands.installation import PASSWORD, Installation
from tests.simulator_process import SimulatorProcess

CUI = "900010100"
EMAIL = "dispecer@example.ro"


@pytest.fixture(scope="module")
def installation(simulator_process: SimulatorProcess) -> Iterator[Installation]:
    """Authorized for one company; the simulator is as new at each test's start."""
    simulator_process.reset()
    top = Path(tempfile.mkdtemp(prefix="caraus-commands-"))
    installation = Installation(top / "data", simulator_process)
    held = embedded.acquire(top / "data")  # so that not each command starts and stops it
    made = installation.run(
        *("createuser", "--email", EMAIL, "--password-stdin", "--organization", "Trans Test"),
        *("--cui", f"RO {CUI}"),
        stdin=PASSWORD + "\n",
    )
    assert made.returncode == 0, made.stderr
    yield installation
    held.release()
    shutil.rmtree(top)


@pytest.fixture
def authorized(installation: Installation) -> Installation:
    installation.anaf.reset()
    installation.forget_pauses()
    if installation.run("sync").returncode == 3:
        with installation.web() as client:
            assert "Autorizarea a reușit" in installation.authorize(client, email=EMAIL)
    return installation
