"""`caraus serve`: web, worker and PostgreSQL as one; and a server's first account."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import plain_http
from tests.commands.installation import PASSWORD, Installation
from tests.embedded.servers import server_pid, servers
from tests.folders import make_folder
from tests.program_family import command_line, still_running
from tests.running.cluster import until, until_responding
from tests.simulator_process import SimulatorProcess


class Served:
    """A machine on which somebody starts the service; what it printed is in a file."""

    def __init__(self, top: Path, anaf: SimulatorProcess) -> None:
        self.installation, self.output_path = Installation(top / "data", anaf), top / "said"
        del self.installation.environment["CARAUS_URL"]
        self._process: subprocess.Popen[bytes] | None = None
        self.parts: list[psutil.Process] = []

    def start(self) -> None:
        """Start it; its web and its worker are `parts`."""
        with self.output_path.open("ab") as file:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "caraus.cli",
                    "serve",
                    "--port",
                    str(self.installation.port),
                ],
                env=self.installation.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        until_responding(f"{self.installation.address}/readyz")  # the worker's heartbeat among it
        self.parts = [
            part
            for part in psutil.Process(self._process.pid).children()
            if command_line(part)[3:4] in (["web"], ["worker"])
        ]

    def end(self) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        return process.wait(40)

    def ends_by_itself(self) -> int:
        assert self._process is not None
        code, self._process = self._process.wait(40), None
        return code


@pytest.fixture(scope="module")
def served(simulator_process: SimulatorProcess) -> Iterator[Served]:
    simulator_process.reset()
    top = make_folder("caraus-serve-")
    new = Served(top, simulator_process)
    try:
        new.start()
        yield new
    finally:
        new.end()
        shutil.rmtree(top)


def test_the_first_account_is_made_by_a_link_that_works_once(served: Served) -> None:
    new, output = served.installation, served.output_path
    until(lambda: "/inceput/" in output.read_text(), "the link")
    match = re.search(r"http\S+/inceput/\S+", output.read_text())
    assert match
    link = match[0]
    assert link.startswith(new.address)  # the port that is served, though CARAUS_URL is not set
    form = {
        "organization": "Trans Nou",
        "name": "Ioana",
        "email": "ioana@example.ro",
        "password": PASSWORD,
    }
    with plain_http.client(base_url=new.address) as client:
        page = client.get(link)
        assert page.status_code == 200
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token
        form["csrfmiddlewaretoken"] = token[1]
        weak = client.post(link, data=form | {"password": "123"})
        assert "prea scurtă" in weak.text
        created = client.post(link, data=form)
        assert (created.status_code, created.headers["location"]) == (302, "/")
        own_page = client.get("/organizatie/", follow_redirects=True).text  # signed in at once
        assert "Trans Nou" in own_page
        first = client.get("/", follow_redirects=True).text
        assert "Trei pași până la primele UIT-uri" in first
        client.cookies.delete("sessionid")
        form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]  # signing in makes a new one
        second_response = client.post(link, data=form | {"email": "altul@example.ro"})
        assert second_response.status_code == 404
        used = client.get(link)
        assert used.status_code == 404
        assert "Linkul nu mai este valabil" in used.text
        login = client.get("/cont/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login)
        assert token
        response = client.post(
            "/cont/login/",
            data={
                "login": "ioana@example.ro",
                "password": PASSWORD,
                "csrfmiddlewaretoken": token[1],
            },
        )
        assert response.status_code == 302
        assert "Trans Nou" in client.get("/organizatie/", follow_redirects=True).text


def test_the_doctor_reports_the_worker(served: Served) -> None:
    done = served.installation.run("doctor")
    assert "worker(s) alive" in done.stdout
    assert "MB free" in done.stdout


def test_a_killed_postgresql_comes_back(served: Served) -> None:
    """Within seconds and with no help: who served before serves again."""
    folder = Path(served.installation.environment["CARAUS_DATA_DIR"])
    killed = server_pid(folder)
    psutil.Process(killed).kill()
    notifications = "postgresql_had_died_and_was_started_anew"
    until(lambda: notifications in served.output_path.read_text(), "it was started anew")
    until_responding(f"{served.installation.address}/readyz")
    assert server_pid(folder) != killed


def test_a_postgresql_that_does_not_come_back_ends_the_service(served: Served) -> None:
    """For the supervisor, with the reason; the doctor says so too, and starts nothing."""
    folder = Path(served.installation.environment["CARAUS_DATA_DIR"])
    settings = folder / "postgres" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "no_such_setting = 1\n")
    psutil.Process(server_pid(folder)).kill()
    assert served.ends_by_itself() == 1
    assert "no_such_setting" in served.output_path.read_text()
    settings.write_text(good)
    done = served.installation.run("doctor")
    assert done.returncode == 1
    assert "[MISSING] The embedded PostgreSQL" in done.stdout
    assert "All is well" not in done.stdout
    assert servers(folder) == []
    served.start()


def test_when_a_part_dies_all_end_for_the_supervisor(served: Served) -> None:
    assert len(served.parts) == 2
    next(part for part in served.parts if command_line(part)[3:4] == ["worker"]).kill()
    assert served.ends_by_itself() == 1
    assert "The worker ended by itself" in served.output_path.read_text()
    assert still_running(served.parts) == []
