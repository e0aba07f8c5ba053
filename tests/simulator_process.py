"""Start the ANAF simulator as its users do, in a process of its own, and steer it over HTTP."""

import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests import plain_http

CLIENT_ID = "simulator-client-id"
CLIENT_SECRET = "simulator-client-secret"
REDIRECT_URI = "http://127.0.0.1:9/anaf/callback"
"""Nobody listens there: the helpers read the redirect instead of following it."""

_READY = re.compile(r"ANAF simulator is ready: (\S+) \(control: (\S+)/_control/\)")
_SECURE = re.compile(r"ANAF simulator asks for certificates: (\S+)")
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0


class SimulatorProcess:
    """A running simulator; use it as a context manager.

    ``url`` is where ANAF answers (both the login host and the API host), ``control_url`` where
    the control port does. Ports are free ones unless given.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        scenarios: Sequence[str] = (),
        redirect_uris: Sequence[str] = (),
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        port: int = 0,
        control_port: int | None = None,
        tls_folder: Path | None = None,
        issued_file: Path | None = None,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self._arguments = [
            *("--port", str(port), "--seed", str(seed)),
            *("--client-id", client_id, "--client-secret", client_secret),
            *(part for name in scenarios for part in ("--scenario", name)),
            *(part for uri in redirect_uris for part in ("--redirect-uri", uri)),
            *(() if control_port is None else ("--control-port", str(control_port))),
            *(() if tls_folder is None else ("--tls-dir", str(tls_folder))),
            *(() if issued_file is None else ("--issued-file", str(issued_file))),
        ]
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._http: httpx2.Client | None = None
        self.url = ""
        self.control_url = ""
        self.secure_url = ""  # the login over mutual TLS, with ``tls_folder``

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "anaf_simulator", *self._arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self._reader.start()
        self.url, self.control_url = self._wait_until_ready(lines)
        self._http = plain_http.client(timeout=10)

    def _read(self, lines: "Queue[str | None]") -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            lines.put(line)
        lines.put(None)

    def _wait_until_ready(self, lines: "Queue[str | None]") -> tuple[str, str]:
        printed: list[str] = []
        while True:
            try:
                line = lines.get(timeout=_START_SECONDS)
            except Empty:
                self.stop()
                raise RuntimeError(f"the simulator does not start: {''.join(printed)}") from None
            if line is None:
                self.stop()
                raise RuntimeError(f"the simulator ended: {''.join(printed)}")
            printed.append(line)
            if secure := _SECURE.search(line):
                self.secure_url = secure[1]
            if match := _READY.search(line):
                return match[1], match[2]

    def stop(self) -> int:
        """Stop as Ctrl-C does; gives the exit code."""
        if self._http is not None:
            self._http.close()
            self._http = None
        process = self._process
        if process is None:
            return 0
        self._process = None
        process.terminate()
        try:
            code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if self._reader is not None:
            self._reader.join(_STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
        return code

    @property
    def http(self) -> httpx2.Client:
        """A client of this process; it follows no redirects."""
        assert self._http is not None, "the simulator is not started"
        return self._http

    # -- the control API -----------------------------------------------------------------------

    def control(self, path: str, body: dict[str, Any] | None = None, method: str = "") -> Any:
        """Call ``/_control/{path}``: GET without a body, POST with one, or by `method`."""
        verb = method or ("GET" if body is None else "POST")
        response = self.http.request(verb, f"{self.control_url}/_control/{path}", json=body)
        assert response.status_code == 200, f"{verb} {path}: {response.text}"
        return response.json()

    def reset(self) -> None:
        """Put all as at the start: scenarios, clock, additions, calls, limits, rights."""
        self.control("reset", {})

    def state(self) -> Any:
        return self.control("")

    def world(self) -> Any:
        """Carriers and certificates."""
        return self.control("world")

    def turn_on(self, scenario: str, **options: Any) -> None:
        """Options: times, cui, endpoint, and those of the scenario (seconds, kind)."""
        self.control("scenario", {"name": scenario, "on": True, **options})

    def turn_off(self, scenario: str) -> None:
        self.control("scenario", {"name": scenario, "on": False})

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> str:
        """Move the clock forward; gives the new time, ISO, UTC."""
        total = days * 86_400 + hours * 3_600 + seconds
        return str(self.control("clock", {"advance_seconds": total})["now"])

    def set_clock(self, moment: str) -> str:
        """Set the clock; a moment without a zone is Romanian time."""
        return str(self.control("clock", {"set": moment})["now"])

    def now(self) -> str:
        """Return the simulator's time, ISO, UTC."""
        return str(self.control("clock")["now"])

    def calls(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """Return the calls got so far, oldest first."""
        calls: list[dict[str, Any]] = self.control("calls")["calls"]
        return [item for item in calls if endpoint is None or item["endpoint"] == endpoint]

    def uploads(self) -> list[dict[str, Any]]:
        """Return the files taken for processing so far, oldest first."""
        uploads: list[dict[str, Any]] = self.control("uploads")["uploads"]
        return uploads

    def forget_calls(self) -> None:
        self.control("calls", method="DELETE")

    def add_uit(self, cui: str, **fields: Any) -> Any:
        """Declare a transport now; gives {"uit", "record", …}."""
        return self.control("uit", {"cui": cui, **fields})

    def correct(self, uit: str, **fields: Any) -> Any:
        return self.control(f"uit/{uit}", fields)

    def withdraw(self, uit: str) -> Any:
        return self.control(f"uit/{uit}", method="DELETE")

    def change_vehicle(self, uit: str, **fields: Any) -> Any:
        return self.control(f"vehicle-change/{uit}", fields)

    def describe_uit(self, uit: str) -> Any:
        return self.control(f"uit/{uit}")

    def active(self, cui: str) -> list[dict[str, Any]]:
        """Return what ``info`` should show for a carrier, whatever scenarios are on."""
        records: list[dict[str, Any]] = self.control(f"active/{cui}")["records"]
        return records

    def rights(self, certificate: str, **changes: Any) -> Any:
        """Change a certificate's rights: cuis (a list), enrolled (a boolean)."""
        return self.control("rights", {"certificate": certificate, **changes})

    def limits(self, **values: Any) -> Any:
        return self.control("limits", values)

    def revoke(self, certificate: str) -> None:
        self.control("revoke", {"certificate": certificate})

    # -- the login, without a browser ----------------------------------------------------------

    def authorize_url(self, redirect_uri: str = REDIRECT_URI, **more: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "token_content_type": "jwt",
            **more,
        }
        return str(httpx2.URL(f"{self.url}/anaf-oauth2/v1/authorize", params=query))

    def log_in(
        self, certificate: str = "three", pin: str = "1234", url: str | None = None
    ) -> dict[str, str]:
        """Choose, type the PIN, and give the parameters that come back to the application."""
        page = self.http.get(url or self.authorize_url())
        return self._pin(self._choose(page, certificate), pin)

    def _choose(self, page: httpx2.Response, certificate: str) -> httpx2.Response:
        responses = {"flow": flow_of(page), "certificate": certificate, "action": "continue"}
        return self.http.post(f"{self.url}/anaf-oauth2/v1/authorize/certificate", data=responses)

    def _pin(self, page: httpx2.Response, pin: str) -> dict[str, str]:
        responses = {"flow": flow_of(page), "pin": pin, "action": "continue"}
        return came_back(self.http.post(f"{self.url}/anaf-oauth2/v1/authorize/pin", data=responses))

    def exchange(self, code: str, redirect_uri: str = REDIRECT_URI) -> httpx2.Response:
        """POST the code to /token, as the documents say."""
        return self.token_call(
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            token_content_type="jwt",
        )

    def refresh(self, refresh_token: str) -> httpx2.Response:
        return self.token_call(grant_type="refresh_token", refresh_token=refresh_token)

    def token_call(self, **form: str) -> httpx2.Response:
        return self.http.post(
            f"{self.url}/anaf-oauth2/v1/token", data=form, auth=(self.client_id, self.client_secret)
        )

    def tokens(self, certificate: str = "three") -> dict[str, Any]:
        """Go the whole way from the login to the tokens."""
        response: dict[str, Any] = self.exchange(self.log_in(certificate)["code"]).json()
        return response

    def api(self, path: str, token: str, env: str = "prod", **query: str) -> httpx2.Response:
        """GET a service of e-Transport."""
        return self.http.get(
            f"{self.url}/{env}/ETRANSPORT/ws/v1/{path}",
            params=query,
            headers={"Authorization": f"Bearer {token}"},
        )


def flow_of(page: httpx2.Response) -> str:
    """Return the hidden field that ties the pages of one login together."""
    match = re.search(r'name="flow" value="([^"]+)"', page.text)
    assert match, page.text
    return match[1]


def came_back(response: httpx2.Response) -> dict[str, str]:
    """Return the parameters of a redirect to the application."""
    assert response.status_code == 302, response.text
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}
