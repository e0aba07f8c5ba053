"""Known tools over the code and its dependencies."""

import json
import subprocess
import sys
from collections.abc import Callable
from http.server import HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.http_servers import QuietHandler, serving
from tests.security.conftest import UNSEEN

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_bandit_finds_nothing() -> None:
    done = run("bandit", "-q", "-r", "-ll", "-c", "pyproject.toml", "caraus", "anaf_simulator")
    assert done.returncode == 0, done.stdout


class Audit(NamedTuple):
    """How many dependencies there are, about how many the service answered, what it knew."""

    dependencies: int
    answered: int
    vulnerable: dict[str, list[str]]


def audit(*options: str) -> Audit:
    done = run("pip-audit", "--format=json", "--progress-spinner=off", "--timeout=5", *options)
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except ValueError:
        audited = []
    vulnerable = [entry for entry in audited if "vulns" in entry]
    bad = {call["name"]: [v["id"] for v in call["vulns"]] for call in vulnerable if call["vulns"]}
    return Audit(len(audited), len(vulnerable), bad)


def test_no_dependency_has_a_known_vulnerability(
    record_property: Callable[[str, object], None],
) -> None:
    """Where the advisory service is out of reach nothing is known, and that is said at the end of
    the run instead of being taken for good news."""
    done = audit("--local")
    assert not done.vulnerable
    if not done.answered or done.dependencies - done.answered > 5:
        record_property(
            UNSEEN,
            f"pip-audit: the advisory service answered about {done.answered} of "
            f"{done.dependencies} dependencies. Run `uv run pip-audit` where it can be reached.",
        )


def test_a_known_vulnerability_would_be_seen(tmp_path: Path) -> None:
    """The same scan, with an advisory service of our own that knows one."""

    class Advisories(QuietHandler):
        def do_POST(self) -> None:
            package = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]
            advisory = {"id": "PYSEC-2026-1", "affected": [{"package": package}]}
            response = {"vulns": [advisory]} if package["name"] == "django" else {}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(response).encode())

    (tmp_path / "needs.txt").write_text("django==6.1\nlxml==6.1.0\n")
    with serving(HTTPServer(("127.0.0.1", 0), Advisories)) as server:
        done = audit(
            *("--vulnerability-service=osv", f"--osv-url=http://127.0.0.1:{server.server_port}"),
            *("--requirement", str(tmp_path / "needs.txt"), "--no-deps", "--disable-pip"),
        )
    assert done == Audit(2, 2, {"django": ["PYSEC-2026-1"]})


def test_bandit_would_see_what_is_unsafe(tmp_path: Path) -> None:
    (tmp_path / "unsafe.py").write_text("import subprocess\nsubprocess.run(input(), shell=True)\n")
    done = run("bandit", "-q", "-ll", "-c", "pyproject.toml", str(tmp_path / "unsafe.py"))
    assert done.returncode == 1
    assert "B602" in done.stdout
