"""The tools that keep the code in order, run by the one test command."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.lint
FOLDERS = {".ci", "anaf_simulator", "benchmarks", "caraus", "deploy", "docs", "scripts", "tests"}
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


def tracked(*patterns: str) -> list[str]:
    """Return the files of the repository that match, by their paths from the root."""
    command = ["git", "ls-files", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_files_stay_readable() -> None:
    """A file over 400 lines hides a second module, a template's line over 200 a second element."""
    long = {
        name: lines
        for name in tracked("*.py")
        if "/migrations/" not in name
        and (lines := len((ROOT / name).read_text().splitlines())) > 400
    }
    assert not long
    wide = {
        f"{name}:{number}"
        for name in tracked("*.html")
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1)
        if len(line) > 200
    }
    assert not wide


def test_only_known_folders_are_in_the_repository() -> None:
    """What a tool or a try has written is not taken along."""
    assert {name.partition("/")[0] for name in tracked() if "/" in name} == FOLDERS
