"""`caraus demo` as a person starts it: a process of its own, steered by signals."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Self

import psutil

from caraus.commands.ports import free_ports
from tests import plain_http
from tests.program_family import children, still_running

READY = re.compile(r"Cărăuș is ready: (\S+)")
START_SECONDS = 90


class DemoProcess:
    """A running demo; `address` is the product's, `control` the simulated ANAF's control."""

    def __init__(self, folder: Path, *, port: int = 0, program: Path | None = None) -> None:
        self.folder = folder
        # An installed `caraus`, or the one of this checkout.
        self.program = (
            [str(program)]
            if program
            else [sys.executable, "-X", "faulthandler", "-m", "caraus.cli"]
        )
        self.port = port or free_ports(1)[0]
        self.address = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(
        self, *arguments: str, until: str = "Ctrl-C ends everything", history: bool = False
    ) -> None:
        """Start and wait until it says that it is ready, and how to steer the simulator. Most tests
        begin without `history`: they count what they declare themselves."""
        self.lines = []
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CARAUS_", "ANAF_", "DATABASE_URL"))
        }
        if len(self.program) == 1:  # what is installed has the product's own settings
            inherited.pop("DJANGO_SETTINGS_MODULE", None)
        self._process = subprocess.Popen(
            [
                *(*self.program, "demo", "--port", str(self.port)),
                *("--data-dir", str(self.folder), "--no-browser", *arguments),
                *(() if history else ("--without-history",)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Away from the checkout, which `python -m` would prefer to what is installed.
            cwd=self.folder.parent if len(self.program) == 1 else None,
            env=inherited | {"CARAUS_EMBEDDED_FSYNC": "off"},
        )
        lines: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self._reader.start()
        self._wait_for(until, lines)

    def _read(self, lines: "Queue[str | None]") -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            lines.put(line)
        lines.put(None)

    def _wait_for(self, words: str, lines: "Queue[str | None]") -> None:
        while True:
            try:
                line = lines.get(timeout=START_SECONDS)
            except Empty:
                line = None
            if line is None:
                self.stop()
                raise RuntimeError(f"the demo did not start: {self.text}")
            if words in line:
                return

    @property
    def text(self) -> str:
        return "".join(self.lines)

    @property
    def control_url(self) -> str:
        match = re.search(r"its control: (\S+)/_control/", self.text)
        assert match, self.text
        return match[1]

    def control(self, path: str, body: dict[str, object] | None = None) -> object:
        """Call the simulator's control: GET without a body, POST with one."""
        verb = "GET" if body is None else "POST"
        with plain_http.client(timeout=10) as http:
            response = http.request(verb, f"{self.control_url}/_control/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def delete(self, path: str) -> None:
        """Call the simulator's control port with DELETE."""
        with plain_http.client() as http:
            http.delete(f"{self.control_url}/_control/{path}").raise_for_status()

    def active(self, cui: str) -> set[str]:
        """Return the UITs that ANAF has for a carrier now."""
        response = self.control(f"active/{cui}")
        assert isinstance(response, dict)
        return {record["uit"] for record in response["records"]}

    def end_in_order(self, number: int = signal.SIGINT) -> None:
        """Check that a signal ends it with all its children, and that nothing is left of it."""
        started, lines_before = children(self.pid), len(self.lines)
        assert len(started) >= 3
        assert self.stop(number) == 0
        assert not (self.folder / "demo.env").exists()
        assert still_running(started) == []
        assert "Traceback" not in "".join(self.lines[lines_before:])

    def stop(self, number: int = signal.SIGINT) -> int:
        """Press Ctrl-C; the exit code. One that does not end says where each thread stands."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            family = [process.pid, *psutil.Process(process.pid).children(recursive=True)]
            process.send_signal(signal.SIGABRT)
            process.wait()
            raise AssertionError(f"did not end within 40 s: {family} {self.text}") from None
        finally:
            assert self._reader is not None
            self._reader.join(10)
            assert process.stdout is not None
            # A child that was left behind would hold it up for ever.
            if not self._reader.is_alive():
                process.stdout.close()
        return process.returncode
