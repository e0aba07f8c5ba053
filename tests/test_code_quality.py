"""The tools that keep the code in order, run by the one test command."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.lint
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["djangofmt", "--check", "caraus"],
        ["mypy"],
        ["lint-imports", "--no-logo"],
        ["caraus", "manage", "makemigrations", "--check", "--dry-run"],
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_the_code_passes(command: list[str]) -> None:
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_stay_readable() -> None:
    """A file over 400 lines hides a second module."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    long = {
        name: lines
        for name in listed.stdout.split()
        if "/migrations/" not in name
        and (lines := len((ROOT / name).read_text().splitlines())) > 400
    }
    assert not long
