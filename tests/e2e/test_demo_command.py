"""`caraus demo` is a contract: what it says, what it leaves behind, how it ends."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from caraus import embedded
from caraus.commands import demo as command
from caraus.commands.ports import free_ports
from tests import plain_http
from tests.commands.installation import _post
from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess
from tests.folders import make_folder
from tests.installed import install
from tests.program_family import children, command_line, still_running
from tests.running.cluster import until, until_responding


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    top = make_folder("caraus-demo-")
    yield top / "data"
    shutil.rmtree(top)


@pytest.fixture(scope="module")
def installed(folder: Path) -> Path:
    """Return `caraus` as a user has it: out of the wheel."""
    return install(folder.parent / "installed")


def _is_whole(path: Path) -> bool:
    return "To: ana@example.ro" in path.read_text()


def a_second_demo_is_refused(folder: Path) -> None:
    """Check that a second demo is refused: two on one folder would share the jobs and not the
    ANAF; --reset would take the data."""
    with pytest.raises(RuntimeError, match=r"A demo runs on .* already"):
        DemoProcess(folder).start("--reset")


def its_pages_are_whole(address: str) -> None:
    """Templates, static files and catalogues are there."""
    with plain_http.client(base_url=address, timeout=30) as client:
        for language, words in (("ro", "Intră în cont"), ("en", "Sign in")):
            page = client.get("/cont/login/", headers={"accept-language": language})
            assert f"<h1>{words}</h1>" in page.text
        for name in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert client.get(name).status_code == 200, name
        form = {"login": command.EMAIL, "password": command.PASSWORD}
        _post(client, "/cont/login/", form)
        assert client.get("/transporturi/", follow_redirects=True).status_code == 200


def other_commands_ask_the_same_anaf(folder: Path, program: Path) -> None:
    """And what they send can be read."""
    settings = folder / "demo.env"
    assert settings.stat().st_mode & 0o077 == 0
    assert (folder / "mail").stat().st_mode & 0o077 == 0  # e-mails hold links
    done = subprocess.run(
        [program, "doctor"],
        env={"CARAUS_ENV_FILE": str(settings), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "127.0.0.1" in done.stdout
    assert "1 worker(s) alive" in done.stdout
    environment = {"CARAUS_ENV_FILE": str(settings), "PATH": os.environ["PATH"]}
    subprocess.run(
        [program, "manage", "sendtestemail", "ana@example.ro"], env=environment, check=True
    )
    mail_folder = folder / "mail"  # written by the demo's worker
    until(lambda: mail_folder.is_dir() and any(map(_is_whole, mail_folder.iterdir())), "the letter")


# What stands in each view of a demo that begins with its history, and at least how often.
VIEWS = {
    "/": {"[data-figure=active]": 1, "[data-risk]": 1, ".charts .chart-bar": 25},
    "/transporturi/": {"#lista tr[data-uit]": 20, ".views a": 1},
    "/transporturi/?arata=toate": {"#lista tr[data-uit]": 40},
    "/transporturi/camioane/": {"li[data-plate]": 10, "[data-uit]": 20},
    "/transporturi/saptamana/": {".strip-bar": 20},
    "/transporturi/harta/": {"[data-county]": 5},
    "/flota/": {"tr[data-plate]": 20},
    "/notificari/": {".notice-unread": 1, ".notice-row:not(.notice-unread)": 3},
    "/depuneri/": {"[data-filing=done]": 1},
}


def each_view_shows_its_worth(demo: DemoProcess, browser: Browser) -> None:
    """Walk through the views of the demo after one authorization, each with what it is for."""
    context = browser.new_context(base_url=demo.address, locale="ro-RO")
    page = context.new_page()
    page_steps.sign_in(page)
    page_steps.open_integrations(page)
    window = page_steps.press_authorize(page)
    page_steps.choose_certificate(window)
    page_steps.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    window.close()
    for address, shown in VIEWS.items():
        page.goto(address)
        for selector, least in shown.items():
            assert page.locator(selector).count() >= least, (address, selector)
    context.close()


def killed_outright_it_leaves_no_server_behind(demo: DemoProcess) -> None:
    started = [child for child in children(demo.pid) if "postgres" not in str(command_line(child))]
    assert len(started) >= 3
    assert "Traceback" not in demo.text
    assert demo.stop(signal.SIGKILL) == -signal.SIGKILL
    assert still_running(started, 20) == []


def test_out_of_the_wheel_it_says_where_it_is_and_goes_on_after_it_was_killed(
    folder: Path, installed: Path, browser: Browser
) -> None:
    """How Ctrl-C ends it, the fixture `demo` sees."""
    demo = DemoProcess(folder, program=installed)
    demo.start(history=True)
    assert f"Cărăuș is ready: {demo.address}\n" in demo.text
    assert "demo@caraus.example" in demo.text
    assert "demo-caraus" in demo.text
    mail = folder / "mail"
    assert f"the e-mails it sends: {mail}\n" in demo.text
    assert plain_http.get(f"{demo.address}/healthz").text == "ok\n"
    a_second_demo_is_refused(folder)
    its_pages_are_whole(demo.address)
    each_view_shows_its_worth(demo, browser)
    other_commands_ask_the_same_anaf(folder, installed)
    killed_outright_it_leaves_no_server_behind(demo)
    demo.start(history=True)
    assert f"Cărăuș is ready: {demo.address}\n" in demo.text
    demo.end_in_order(signal.SIGTERM)
    assert "Traceback" not in demo.text


def test_out_of_the_wheel_caraus_serve_answers_with_whole_pages_and_sigterm_ends_all(
    folder: Path, installed: Path
) -> None:
    port = free_ports(1)[0]
    address = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ["PATH"],
        "CARAUS_DATA_DIR": str(folder),
        "CARAUS_URL": address,
        "CARAUS_EMBEDDED_FSYNC": "off",
    }
    process = subprocess.Popen(
        [installed, "serve", "--port", str(port)], env=environment, cwd=folder.parent
    )
    try:
        until_responding(f"{address}/readyz")
        its_pages_are_whole(address)
        started = children(process.pid)
        parts = {word for part in started for word in command_line(part)[3:4]}
    finally:
        process.terminate()
        code = process.wait(40)
    assert parts >= {"web", "worker"}
    assert code == 0
    assert still_running(started) == []


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("Starting PostgreSQL", signal.SIGINT),
        ("Starting the web server", signal.SIGTERM),
        ("Starting the web server", signal.SIGHUP),
    ],
)
def test_a_sigterm_during_the_start_ends_all_that_was_started(
    folder: Path, moment: str, number: int
) -> None:
    demo = DemoProcess(folder)
    demo.start(until=moment)
    started = children(demo.pid)
    assert demo.stop(number) == 0
    assert still_running(started) == []
    assert "Traceback" not in demo.text
    assert not (folder / "demo.env").exists()


def test_a_sigterm_while_the_schema_is_locked_ends_in_order(folder: Path) -> None:
    """The interruption breaks a statement off; what that makes of the next ones is no error."""
    with embedded.acquire(folder) as server, psycopg.connect(server.url) as connection:
        connection.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        demo = DemoProcess(folder)
        demo.start(until="Starting PostgreSQL")
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with psycopg.connect(server.url, autocommit=True) as other_connection:
            until(lambda: other_connection.execute(waiting).rowcount == 1, "the demo at the lock")
        assert demo.stop() == 0
    assert "Traceback" not in demo.text


def test_a_first_start_that_was_cut_off_can_be_reset(folder: Path) -> None:
    new = folder.parent / "new"
    demo = DemoProcess(new)
    demo.start(until="Starting PostgreSQL")
    assert demo.stop() == 0
    demo.start("--reset", until="Starting PostgreSQL")
    assert demo.stop() == 0
    assert (new / command.MARKER).exists()


def test_a_folder_with_other_files_in_it_is_never_marked_for_reset(tmp_path: Path) -> None:
    command._mark(tmp_path)
    assert (tmp_path / command.MARKER).exists()
    (tmp_path / command.MARKER).unlink()
    (tmp_path / "thesis.txt").write_text("years of work")
    command._mark(tmp_path)
    assert not (tmp_path / command.MARKER).exists()


class InterruptedLock:
    """The lock that `subprocess` takes to look after a child; a signal comes when it is taken."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def acquire(self, *arguments: bool) -> bool:
        is_acquired = self.lock.acquire(*arguments)
        os.kill(os.getpid(), signal.SIGUSR1)
        return is_acquired

    def release(self) -> None:
        self.lock.release()


def test_a_signal_never_leaves_a_child_that_nobody_can_await() -> None:
    ending = command._Ending()
    before = signal.signal(signal.SIGUSR1, ending)
    child = subprocess.Popen(["sleep", "60"])
    try:
        lock = InterruptedLock()
        child._waitpid_lock = lock  # type: ignore[attr-defined]
        assert child.poll() is None
        assert not lock.lock.locked()
        with pytest.raises(command.Stopped):
            ending.check()
    finally:
        child._waitpid_lock = threading.Lock()  # type: ignore[attr-defined]
        child.kill()
        child.wait()
        signal.signal(signal.SIGUSR1, before)


def test_a_taken_port_gets_a_clear_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        demo = DemoProcess(folder, port=listener.getsockname()[1])
        with pytest.raises(RuntimeError, match=rf"Port {demo.port} on 127\.0\.0\.1 is taken"):
            demo.start()


def test_a_folder_that_is_a_file_is_reported_with_the_demos_own_option(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RuntimeError, match=r"is a file.*--data-dir"):
        DemoProcess(tmp_path / "file").start()


def test_reset_refuses_a_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(RuntimeError, match="was not made by `caraus demo`"):
        DemoProcess(tmp_path).start("--reset")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
