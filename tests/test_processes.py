"""`make check` leaves out what needs a browser or a process, and nobody has to remember that."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()


def command_of(target: str) -> str:
    match = re.search(rf"^{target}:.*\n\t(.*)", MAKEFILE, re.MULTILINE)
    assert match
    return match[1]


def test_make_test_runs_every_test_and_make_check_all_but_those_marked() -> None:
    assert command_of("test").endswith("run $(PYTEST) -n 3 $(ARGS)")
    assert '-m "lint or not (browser or process)"' in command_of("check")
    assert re.search(r"^PYTEST = pytest --dist loadfile --no-loadscope-reorder$", MAKEFILE, re.M)


def test_a_test_that_is_not_marked_starts_no_program() -> None:
    with pytest.raises(RuntimeError, match=r"mark it with pytest\.mark\.process"):
        subprocess.run(["true"], check=True)


@pytest.mark.process
def test_one_that_is_marked_does() -> None:
    subprocess.run(["true"], check=True)


@pytest.mark.process
def test_the_choice_of_make_check_leaves_out_browsers_folders_and_the_simulator() -> None:
    choice = re.search(r'-m "(.*?)"', command_of("check"))
    assert choice
    files = ("upgrades/test_upgrade.py", "web/test_clock.py", "sync/test_sync_at_once.py")
    command = [
        "pytest",
        "--collect-only",
        "-q",
        "-m",
        choice[1],
        *(f"tests/{file}" for file in files),
    ]
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout + done.stderr
    assert "deselected" in done.stdout
