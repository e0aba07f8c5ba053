"""A minute of storm: four workers, a faulty ANAF, kills, PostgreSQL killed in the middle."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import made_once
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess
from tests.storm import Storm


@pytest.fixture
def folder(blank: Path) -> Iterator[Path]:
    top = make_folder("caraus-storm-")
    made_once.copy(blank, top / "data")
    yield top / "data"
    shutil.rmtree(top, ignore_errors=True)


def test_after_a_storm_everything_is_stored_once_and_no_minute_saw_too_many_calls(
    folder: Path,
) -> None:
    with SimulatorProcess(client_id="caraus-tests", client_secret="a-secret-of-the-tests") as anaf:
        storm = Storm(
            folder,
            anaf,
            seconds=60,
            companies=30,
            cap=300,
            kill_every=10,
            restarts=1,
            press_every=3,
        )
        with storm.prepared():
            anaf.forget_calls()
            storm.rage()
            storm.settle(60)
            took = storm.stop()
            assert storm.kills >= 5
            assert storm.differences() == []
            assert storm.lost_authorizations() == 0
            assert storm.asked_in_parallel() == 0
            assert 30 < storm.most_calls_in_a_minute() <= storm.cap
            assert max(took) < 10
