"""An installation of its own: a data folder, an environment, the `caraus` command, a web server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, LiteralString

import httpx2
import psycopg

from caraus import embedded
from caraus.commands.ports import free_ports
from tests import plain_http
from tests.commands.forking_server import Ready
from tests.simulator_process import SimulatorProcess

PASSWORD = "un-secret-lung-42"


class Installation:
    """What a person has on a machine; every call is a process of its own, as a script makes it.

    Those that ask for JSON are forked from one that has loaded the product: `close()` ends it. So
    are, if it `forks`, the later runs of a command that was started afresh and ended in order.
    """

    started_afresh: ClassVar[set[str]] = set()

    def __init__(self, folder: Path, anaf: SimulatorProcess, *, forks: bool = False) -> None:
        self.forks = forks
        self.port = free_ports(1)[0]
        self.address = f"http://127.0.0.1:{self.port}"
        self.anaf = anaf
        self.printed = ""
        self._ready: Ready | None = None
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CARAUS_", "ANAF_", "DATABASE_URL", "EMAIL_URL"))
        }
        self.environment = inherited | {
            "CARAUS_DATA_DIR": str(folder),
            "CARAUS_EMBEDDED_FSYNC": "off",
            "CARAUS_URL": self.address,
            "ANAF_CLIENT_ID": anaf.client_id,
            "ANAF_CLIENT_SECRET": anaf.client_secret,
            "ANAF_ENVIRONMENT": "test",
            # A press of a test is answered at once, however often it presses.
            "CARAUS_SYNC_NOW_SECONDS": "0",
            "CARAUS_SYNC_LIMIT": "1000/m/user",
            "ANAF_LOGIN_URL": anaf.url,
            "ANAF_API_URL": anaf.url,
            "ANAF_TIMEOUT_SECONDS": "2",
        }

    def run(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one `caraus` command to its end."""
        name = arguments[0] if arguments else ""
        is_loaded_alike = not stdin and set(environment) <= {"COLUMNS"}
        if self.forks and name in self.started_afresh and is_loaded_alike:
            return self._loaded().run(*arguments, **environment)
        done = subprocess.run(
            [sys.executable, "-m", "caraus.cli", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment | environment,
            timeout=60,
        )
        ended_in_order = done.returncode >= 0 and "Traceback" not in done.stderr
        if ended_in_order and "--help" not in arguments:
            self.started_afresh.add(name)
        return done

    def _loaded(self) -> Ready:
        """Return a process that has loaded the product with the environment as it is now."""
        if self._ready and self._ready.environment != self.environment:
            self.close()
        self._ready = self._ready or Ready(self.environment)
        return self._ready

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Return a command's JSON; its exit code must be `code`."""
        done = self._loaded().run(*arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def close(self) -> None:
        if self._ready:
            self._ready.close()
        self._ready = None

    def forget_pauses(self) -> None:
        """End the pause that ANAF required, and its outages."""
        self.change("DELETE FROM sync_ratelimiter")
        self.change("DELETE FROM sync_authorizationlimit")

    def change(self, statement: LiteralString) -> None:
        """Change the database by a statement of SQL."""
        url = embedded.embedded_database_url(Path(self.environment["CARAUS_DATA_DIR"]))
        with psycopg.connect(url) as connection:
            connection.execute(statement)

    @contextmanager
    def serving(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a long-running command, which has said that it is ready, and end it by SIGTERM."""
        process = subprocess.Popen(
            [sys.executable, "-m", "caraus.cli", *command],
            env=self.environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            self.printed = process.stdout.readline().decode()
            yield process
        finally:
            process.terminate()
            process.stdout.close()
            assert process.wait(20) in {0, 143}

    @contextmanager
    def web(self) -> Iterator[httpx2.Client]:
        """Run the web server, with a client that has cookies."""
        with (
            self.serving("web", "--port", str(self.port)),
            plain_http.client(base_url=self.address, timeout=30) as client,
        ):
            assert " is ready: " in self.printed, "the web server does not answer"
            yield client

    def authorize(self, client: httpx2.Client, *, email: str, certificate: str = "three") -> str:
        """Sign in and authorize as a browser does; the final page."""
        form = {"login": email, "password": PASSWORD}
        _post(client, "/cont/login/", form)
        to_anaf = _post(client, "/integrari/autorizare/", {}, page="/integrari/")
        came_back = self.anaf.log_in(certificate, url=to_anaf.headers["location"])
        return client.get("/anaf/callback", params=came_back).text


def _post(
    client: httpx2.Client, path: str, form: dict[str, str], *, page: str = ""
) -> httpx2.Response:
    shown = client.get(page or path, follow_redirects=True).text
    match = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
    assert match
    response = client.post(path, data=form | {"csrfmiddlewaretoken": match[1]})
    assert response.status_code == 302, response.text
    return response
