"""Nobody stops the site by being slow, with no proxy before it: the product itself, attacked."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.slow_clients import EACH, attacked, seconds_of
from tests import shared_folders
from tests.commands.installation import Installation
from tests.folders import temporary_folder
from tests.program_family import children, command_line, still_running
from tests.running.cluster import until
from tests.simulator_process import SimulatorProcess


@pytest.fixture(scope="module")
def installation(blank: Path, simulator_process: SimulatorProcess) -> Iterator[Installation]:
    simulator_process.reset()
    with temporary_folder() as top:
        shared_folders.copy(blank, top / "data")
        installation = Installation(top / "data", simulator_process)
        done = installation.run("createuser", "--email", "ana@example.ro")
        assert done.returncode == 0, done.stderr
        yield installation
        installation.close()


def test_others_are_answered_beside_slow_clients_and_those_are_closed(
    installation: Installation,
) -> None:
    """150 slow clients, of whom 50 send a body without end: eight would have held all threads."""
    with installation.web() as client:
        began = time.monotonic()
        with attacked(installation.address, stubborn=False) as slow:
            while time.monotonic() - began < 10:  # they would be let go after 15 seconds
                assert client.get("/healthz", timeout=8).status_code == 200
                assert client.get("/cont/login/", timeout=8).status_code == 200
                time.sleep(0.25)  # a person's pace: at full speed it would fill the processors
            until(lambda: slow.closed >= 2 * EACH, "slow bodies and headers are closed", 120)
            assert seconds_of(f"{installation.address}/healthz") < 8


def test_a_killed_web_process_is_started_anew(installation: Installation) -> None:
    with installation.serving("web", "--port", str(installation.port), "--workers", "2") as web:
        assert " is ready: " in installation.printed
        processes = [child for child in children(web.pid) if "web" in command_line(child)]
        assert len(processes) == 2
        for process in processes:
            process.kill()
        assert still_running(processes) == []
        assert seconds_of(f"{installation.address}/healthz") >= 0  # waits for the new one
