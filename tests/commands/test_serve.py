"""`caraus serve`: web, worker and PostgreSQL as one; and a server's first account."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.commands.installation import PASSWORD, Installation
from tests.running.cluster import until, until_answers
from tests.simulator_process import SimulatorProcess


@pytest.fixture(scope="module")
def served(simulator_process: SimulatorProcess) -> Iterator[tuple[Installation, Path]]:
    """A new machine on which somebody has started the service; what it printed is in a file."""
    top = Path(tempfile.mkdtemp(prefix="caraus-serve-"))
    new = Installation(top / "data", simulator_process)
    said = top / "said"
    with said.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "caraus.cli", "serve", "--port", str(new.port)],
            env=new.environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        until_answers(f"{new.address}/healthz")
        yield new, said
        parts = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0
        until(lambda: not any(part.is_running() for part in parts), "the parts ended")
    shutil.rmtree(top)


def test_one_process_serves_pages_and_works(served: tuple[Installation, Path]) -> None:
    new, _ = served
    until_answers(f"{new.address}/readyz")  # the worker's heartbeat among it


def test_the_first_account_is_made_by_a_link_that_works_once(
    served: tuple[Installation, Path],
) -> None:
    new, said = served
    until(lambda: "/inceput/" in said.read_text(), "the link")
    found = re.search(r"http\S+/inceput/\S+", said.read_text())
    assert found
    link = found[0]
    form = {
        "organization": "Trans Nou",
        "name": "Ioana",
        "email": "ioana@example.ro",
        "password": PASSWORD,
    }
    with httpx2.Client(base_url=new.address, trust_env=False) as client:
        page = client.get(link)
        assert page.status_code == 200
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token
        form["csrfmiddlewaretoken"] = token[1]
        weak = client.post(link, data=form | {"password": "123"})
        assert "prea scurtă" in weak.text
        made = client.post(link, data=form)
        assert (made.status_code, made.headers["location"]) == (302, "/cont/login/")
        again = client.post(link, data=form | {"email": "altul@example.ro"})
        assert again.status_code == 404
        assert client.get(link).status_code == 404
        login = client.get("/cont/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login)
        assert token
        answer = client.post(
            "/cont/login/",
            data={
                "login": "ioana@example.ro",
                "password": PASSWORD,
                "csrfmiddlewaretoken": token[1],
            },
        )
        assert answer.status_code == 302
        assert "Trans Nou" in client.get("/organizatie/").text


def test_the_doctor_tells_of_the_worker(served: tuple[Installation, Path]) -> None:
    new, _ = served
    done = new.run("doctor")
    assert "worker(s) alive" in done.stdout
    assert "MB free" in done.stdout


def test_when_a_part_dies_the_whole_ends_for_its_supervisor(
    simulator_process: SimulatorProcess,
) -> None:
    top = Path(tempfile.mkdtemp(prefix="caraus-serve-"))
    new = Installation(top / "data", simulator_process)
    process = subprocess.Popen(
        [sys.executable, "-m", "caraus.cli", "serve", "--port", str(new.port)],
        env=new.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_answers(f"{new.address}/readyz")
    worker = next(
        part for part in psutil.Process(process.pid).children() if part.cmdline()[3:4] == ["worker"]
    )
    worker.kill()
    _, said = process.communicate(timeout=40)
    assert process.returncode == 1
    assert "The worker ended by itself" in said
    shutil.rmtree(top)
