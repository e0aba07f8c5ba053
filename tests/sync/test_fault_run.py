"""Twenty-four seconds of faults: three workers, a faulty ANAF, kills, PostgreSQL killed in the
middle; five times as many polls are due as ANAF allows."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import shared_folders
from tests.fault_run import FaultRun
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess


@pytest.fixture
def folder(blank: Path) -> Iterator[Path]:
    top = make_folder("caraus-faults-")
    shared_folders.copy(blank, top / "data")
    yield top / "data"
    shutil.rmtree(top, ignore_errors=True)


def test_after_faults_everything_is_stored_once_and_no_minute_saw_too_many_calls(
    folder: Path,
) -> None:
    with SimulatorProcess(client_id="caraus-tests", client_secret="a-secret-of-the-tests") as anaf:
        fault_run = FaultRun(
            folder,
            anaf,
            seconds=24,
            companies=30,
            cap=120,
            workers=3,
            kill_every=4,
            restarts=1,
            press_every=3,
        )
        with fault_run.prepared():
            anaf.forget_calls()
            fault_run.inject_faults()
            fault_run.await_calm(60)
            took = fault_run.stop()
            assert fault_run.kills >= 5
            assert fault_run.differences() == []
            assert fault_run.lost_authorizations() == 0
            assert fault_run.parallel_polls() == 0
            # How many there are depends on the machine; that all were answered stands above.
            assert 0 < fault_run.most_calls_in_a_minute() <= fault_run.cap
            assert max(took) < 10
