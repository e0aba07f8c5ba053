"""`make check` leaves out what needs a browser or a process, and nobody has to remember that."""

import re
import subprocess
from pathlib import Path

import pytest

from tests import processes

MAKEFILE = (Path(__file__).resolve().parent.parent / "Makefile").read_text()


def command_of(target: str) -> str:
    found = re.search(rf"^{target}:.*\n\t(.*)", MAKEFILE, re.MULTILINE)
    assert found
    return found[1]


def test_make_test_runs_every_test_and_make_check_all_but_those_marked() -> None:
    assert command_of("test").endswith("run $(PYTEST) $(ARGS)")
    assert '-m "lint or not (browser or process)"' in command_of("check")
    assert re.search(
        r"^PYTEST = pytest -n 2 --dist loadfile --no-loadscope-reorder$", MAKEFILE, re.M
    )


def test_a_test_that_is_not_marked_starts_no_program() -> None:
    with pytest.raises(RuntimeError, match=r"mark it with pytest\.mark\.process"):
        subprocess.run(["true"], check=True)


@pytest.mark.process
def test_one_that_is_marked_does() -> None:
    subprocess.run(["true"], check=True)


def test_what_a_fixture_needs_marks_its_tests(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        for fixture, needed in processes.FIXTURES.items():
            if fixture in getattr(item, "fixturenames", ()):
                assert item.get_closest_marker(needed.name), item.nodeid
