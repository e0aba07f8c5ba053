"""Known tools over the code and its dependencies."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.security.conftest import UNSEEN

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_bandit_finds_nothing() -> None:
    done = run("bandit", "-q", "-r", "-ll", "-c", "pyproject.toml", "caraus", "anaf_simulator")
    assert done.returncode == 0, done.stdout


def test_no_dependency_has_a_known_vulnerability(
    record_property: Callable[[str, object], None],
) -> None:
    """Where the advisory service is out of reach nothing is known, and that is said at the end of
    the run instead of being taken for good news."""
    done = run("pip-audit", "--local", "--format=json", "--progress-spinner=off", "--timeout=5")
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except ValueError:
        audited = []
    seen = [one for one in audited if "vulns" in one]
    bad = {one["name"]: [v["id"] for v in one["vulns"]] for one in seen if one["vulns"]}
    assert not bad
    others = len(audited) - len(seen)
    if not seen or others > 5:
        record_property(
            UNSEEN,
            f"pip-audit: the advisory service answered about {len(seen)} of {len(audited)} "
            "dependencies. Run `uv run pip-audit` where it can be reached.",
        )
