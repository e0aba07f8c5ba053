"""`caraus demo`: everything on loopback in one terminal, against the simulator."""

import contextlib
import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from caraus import embedded
from caraus.commands.base import CommandError, database, end_with_parent
from caraus.commands.ports import free_ports, require_free
from caraus.embedded.folders import folder_error

HOST = "127.0.0.1"
EMAIL = "demo@caraus.example"
PASSWORD = "demo-caraus"  # noqa: S105 - a public password of a demo that only loopback reaches
PERSON = "Ioana Dobre"
ORGANIZATION = "Demo Transport"
# What a demo folder holds; nothing else is ever removed by --reset.
MARKER = "caraus-demo"
# The running demo's settings, for other commands in another terminal.
SETTINGS_FILE = "demo.env"
MAIL_FOLDER = "mail"
STARTUP_SECONDS = 60
STOP_SECONDS = 15
# Ctrl-C, a supervisor, a terminal that is closed.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal came that ends the demo; libraries know what to do at a KeyboardInterrupt."""


def demo(*, port: int, data_dir: str | None, reset: bool, browser: bool, history: bool) -> int:
    """Start everything, say where it is, wait for Ctrl-C, end everything. Returns 0 then."""
    require_free(HOST, port)
    folder = Path(data_dir).expanduser() if data_dir else embedded.default_data_dir("caraus-demo")
    folder = folder.absolute()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_demo_messages())
        stack.enter_context(_folder_lock(folder))
        if reset:
            _remove(folder)
        ending = _Ending()
        for number in ENDING:
            signal.signal(number, ending)
        try:
            _run(folder, ending, port=port, browser=browser, history=history)
        except BaseException:  # what a step of the start made of the interruption, too
            if not ending.is_requested:
                raise
        finally:
            for number in ENDING:
                signal.signal(number, signal.SIG_IGN)  # all is ended already
    return 0


@contextlib.contextmanager
def _demo_messages() -> Iterator[None]:
    """Name the option, not the environment: the demo takes its folder from `--data-dir`."""
    try:
        yield
    except embedded.EmbeddedError as error:
        raise CommandError(str(error).replace("CARAUS_DATA_DIR", "--data-dir")) from error


@contextlib.contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """Refuse a folder whose demo runs: the two would share a worker's jobs, but not their ANAF.

    The folder itself is locked: nothing lies about, and the lock goes with the process.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise folder_error(folder, error) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(held)
        raise CommandError(
            f"A demo runs on {folder} already. Use that one, end it with Ctrl-C, or choose "
            "another --data-dir.",
            exit_code=2,
        ) from error
    try:
        yield
    finally:
        os.close(held)


class _Ending:
    """What the signals of ENDING do: remembered at any moment, done where nothing is left half-way.

    An exception out of a handler can come while `subprocess` has the lock of a child, and then
    nobody can await that child any more. So it comes `at_once` only in the long steps of the start,
    which watch no child; elsewhere the loops check it. The ending itself nothing interrupts.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._at_once = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.is_requested = True
        if self._at_once:
            self._at_once = False
            raise Stopped

    def check(self) -> None:
        """Raise Stopped if a signal came."""
        if self.is_requested:
            raise Stopped

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal interrupt what the `with` does."""
        self._at_once = True
        try:
            self.check()
            yield
        finally:
            self._at_once = False


def _mark(folder: Path) -> None:
    """Mark the folder for --reset from the first moment; one with other things in it never."""
    own_names = ("postgres", "secrets", MAIL_FOLDER, SETTINGS_FILE, MARKER)
    if all(path.name.startswith(own_names) for path in folder.iterdir()):
        (folder / MARKER).write_text("Made by `caraus demo`; --reset removes this folder.\n")


def _remove(folder: Path) -> None:
    """Delete the demo's data; refuse a folder that the demo did not make."""
    if not any(folder.iterdir()):
        return
    if not (folder / MARKER).exists():
        raise CommandError(
            f"{folder} was not made by `caraus demo`, so --reset leaves it alone. "
            "Remove it yourself, or choose another --data-dir.",
            exit_code=2,
        )
    # Joining and leaving the server stops one that a killed demo left behind.
    embedded.acquire(folder).release()
    # The mark last: what is cut off can be done again.
    for path in sorted(folder.iterdir(), key=lambda path: path.name == MARKER):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _environment(folder: Path, *, port: int, simulator: str) -> dict[str, str]:
    """Return the children's environment: nothing of the person's own settings reaches the demo."""
    kept_settings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CARAUS_", "ANAF_", "DATABASE_URL", "EMAIL_URL", "SENTRY_", "PG"))
    }
    client_secret = secrets.token_urlsafe(24)
    return kept_settings | {
        "CARAUS_DATA_DIR": str(folder),
        "CARAUS_URL": f"http://{HOST}:{port}",
        "ANAF_CLIENT_ID": "caraus-demo",
        "ANAF_CLIENT_SECRET": client_secret,
        "ANAF_LOGIN_URL": simulator,
        "ANAF_API_URL": simulator,
        "ANAF_ENVIRONMENT": "test",
        "SIMULATOR_REDIRECT_URI": f"http://{HOST}:{port}/anaf/callback",
        # Who tries it out need not wait for a minute between two presses.
        "CARAUS_SYNC_NOW_SECONDS": "0",
        "CARAUS_SYNC_LIMIT": "100/m/user",
        # What the product sends can be read: nobody has a mail server at hand.
        "EMAIL_URL": f"file://{folder / MAIL_FOLDER}",
        "PYTHONUNBUFFERED": "1",
    }


def _run(folder: Path, ending: _Ending, *, port: int, browser: bool, history: bool) -> None:
    address = f"http://{HOST}:{port}"
    simulator_port, control_port = free_ports(2)
    simulator = f"http://{HOST}:{simulator_port}"
    environment = _environment(folder, port=port, simulator=simulator)
    os.environ.clear()
    os.environ.update(environment)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")
    with contextlib.ExitStack() as children:
        _print_line(f"Data: {folder}")
        _print_line("Starting the simulated ANAF …")
        arguments = ["--port", str(simulator_port), "--control-port", str(control_port)]
        started = [children.enter_context(_child("anaf_simulator", *arguments))]
        _print_line("Starting PostgreSQL and bringing its schema up to date …")
        _mark(folder)
        (folder / MAIL_FOLDER).mkdir(exist_ok=True)
        (folder / MAIL_FOLDER).chmod(0o700)  # e-mails hold links that open accounts
        with ending.at_once():
            restart_if_dead = children.enter_context(database())
        children.enter_context(_settings_file(folder, environment))
        control = f"http://{HOST}:{control_port}/_control"
        world = _wait_for_json(f"{control}/world", started, ending)
        with ending.at_once():
            _provision(world, control if history else None)
        _print_line("Starting the web server and the worker …")
        started.append(children.enter_context(_child("caraus.cli", "web", "--port", str(port))))
        started.append(children.enter_context(_child("caraus.cli", "worker")))
        for child in started[1:]:
            children.callback(child.terminate)  # these two end beside one another
        _wait_for(f"{address}/healthz", started, ending)
        _announce(address, simulator, control_port, world)
        _print_line(f"  the e-mails it sends: {folder / MAIL_FOLDER}")
        _print_line(
            f"  other commands: CARAUS_ENV_FILE={shlex.quote(str(folder / SETTINGS_FILE))} caraus …"
        )
        _print_line("  Ctrl-C ends everything.")
        if browser:
            webbrowser.open(address)
        _watch(started, ending, restart_if_dead)


@contextlib.contextmanager
def _settings_file(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Write what `caraus sync` needs beside the demo, for its owner alone, as long as the demo
    runs."""
    path = folder / SETTINGS_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        for name, value in environment.items():
            if name.startswith(("CARAUS_", "ANAF_", "EMAIL_URL")):
                file.write(f"{name}={value}\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _print_line(text: str) -> None:
    print(text, flush=True)


def _announce(address: str, simulator: str, control_port: int, world: dict[str, Any]) -> None:
    _print_line(f"Cărăuș is ready: {address}")
    _print_line(f"  e-mail: {EMAIL}   password: {PASSWORD}")
    pins = ", ".join(sorted({certificate["pin"] for certificate in world["certificates"]}))
    _print_line(f"  PIN of the simulated certificates: {pins}")
    _print_line(
        f"  simulated ANAF: {simulator}   its control: http://{HOST}:{control_port}/_control/"
    )


@contextlib.contextmanager
def _child(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a part of the product as a process of its own, ended at the end of the `with`.

    It stands outside the terminal's process group: Ctrl-C reaches the demo, which ends its
    children in order. On Linux the kernel ends it too if the demo is killed.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - no thread runs yet at this moment
    )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _provision(world: dict[str, Any], control: str | None) -> None:
    """Make the demo's user, with the companies for which the first certificate has rights; in a new
    demo with the history that the simulator's `control` tells, unless it is None."""
    from caraus.accounts.models import Organization
    from caraus.accounts.provision import provision_user

    cuis = [str(cui) for cui in world["certificates"][0]["cuis"]]
    if control and not Organization.objects.exists():
        from caraus.commands import demo_history

        _print_line("Writing the thirty days before …")
        polled_at = demo_history.moments(datetime.now(UTC))
        demo_history.write_history(
            demo_history.Account(EMAIL, PASSWORD, PERSON, ORGANIZATION),
            {cui: _past_lists(control, cui, polled_at) for cui in cuis},
            polled_at,
        )
        return
    provision_user(
        email=EMAIL, password=PASSWORD, name=PERSON, organization_name=ORGANIZATION, cuis=cuis
    )


def _past_lists(control: str, cui: str, polled_at: list[datetime]) -> list[list[dict[str, Any]]]:
    """Return what the simulated ANAF showed of a company at each of these moments."""
    body = {"cui": cui, "moments": [moment.isoformat() for moment in polled_at]}
    request = urllib.request.Request(f"{control}/past", json.dumps(body).encode())  # noqa: S310
    with urllib.request.urlopen(request, timeout=STARTUP_SECONDS) as response:  # noqa: S310
        lists: list[list[dict[str, Any]]] = json.load(response)["lists"]
    return lists


def _wait_for_json(
    url: str, children: list[subprocess.Popen[bytes]], ending: _Ending
) -> dict[str, Any]:
    response: dict[str, Any] = json.loads(_wait_for(url, children, ending))
    return response


def _wait_for(url: str, children: list[subprocess.Popen[bytes]], ending: _Ending) -> bytes:
    """Return the page's body as soon as it comes."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        ending.check()
        _require_alive(children)
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(url, timeout=5) as response,  # noqa: S310 - loopback http
        ):
            body: bytes = response.read()
            return body
        time.sleep(0.1)
    raise CommandError(f"{url} did not answer within {STARTUP_SECONDS} seconds.")


def _watch(
    children: list[subprocess.Popen[bytes]], ending: _Ending, restart_if_dead: Callable[[], None]
) -> None:
    while True:
        ending.check()
        _require_alive(children)
        restart_if_dead()
        time.sleep(0.2)


def _require_alive(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is not None:
            part = " ".join(str(word) for word in child.args[2:4])  # type: ignore[index]
            raise CommandError(
                f"A part of the demo ({part}) ended by itself with code {child.returncode}; "
                "its last words stand above."
            )
