"""The embedded PostgreSQL, with real servers and real processes that are really killed.

The data lie in a temporary folder of our own making: PostgreSQL, which root runs as another user,
must pass through it, and pytest closes its `tmp_path` to others whenever a session begins.
"""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import dj_database_url
import platformdirs
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from caraus import embedded

HOLDER = """
    import signal, sys
    from pathlib import Path
    from caraus import embedded

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    folder = Path(sys.argv[1])
    handle = embedded.acquire(folder)
    print((folder / "postgres/postmaster.pid").read_text().split()[0], flush=True)
    sys.stdin.readline()
"""

Spawn = Callable[..., subprocess.Popen[str]]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARAUS_EMBEDDED_FSYNC", "off")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that does not exist yet; no server may be left in it at the end."""
    with temporary_folder() as folder:
        yield folder


@pytest.fixture
def used(folder: Path, pattern: Path) -> Path:
    """A data folder with a database that was made and stopped before."""
    subprocess.run(["cp", "-a", str(pattern), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def pattern() -> Iterator[Path]:
    """The database that `used` copies, which is quicker than making one."""
    with temporary_folder() as folder:
        embedded.acquire(folder).release()
        yield folder


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp(prefix="caraus-test-")).resolve()
    yield parent / "data"
    left = servers(parent)
    for process in left:
        process.kill()
    shutil.rmtree(parent)
    assert not left


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Start Python processes, in sessions of their own, which do not outlive the test."""
    with contextlib.ExitStack() as stack:

        def start(source: str, *arguments: object, **env: str) -> subprocess.Popen[str]:
            child = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", textwrap.dedent(source)]
                + [str(argument) for argument in arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env=os.environ | env,
            )
            stack.enter_context(child)
            stack.callback(child.kill)
            return child

        yield start


def servers(folder: Path) -> list[psutil.Process]:
    """The living postmasters whose data lie in the folder."""
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and f"-D {folder}/" in " ".join(process.info["cmdline"] or [])
    ]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def server_pid(folder: Path) -> int:
    return int((folder / "postgres/postmaster.pid").read_text().split()[0])


def said(child: subprocess.Popen[str]) -> str:
    """The next line of a child; empty if it has ended."""
    assert child.stdout
    return child.stdout.readline().strip()


def ask(folder: Path, query: str) -> str:
    with psycopg.connect(embedded.database_url(folder), autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row else ""


# Starting, and what it is like


def test_a_new_folder_gets_a_server_with_our_database(folder: Path) -> None:
    with embedded.acquire(folder) as handle:
        assert handle.url == embedded.database_url(folder)
        assert ask(folder, "SELECT current_database()") == "caraus"
        assert ask(folder, "SHOW server_encoding") == "UTF8"
        assert (
            ask(folder, "SELECT datlocale FROM pg_database WHERE datname = 'caraus'") == "C.UTF-8"
        )
        assert ask(folder, "SELECT upper('șțăîâ')") == "ȘȚĂÎÂ"
        assert ask(folder, "SHOW listen_addresses") == ""
    assert servers(folder) == []


def test_writes_are_durable_unless_a_test_says_otherwise(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARAUS_EMBEDDED_FSYNC")
    with embedded.acquire(used):
        assert ask(used, "SHOW fsync") == "on"


def test_variables_of_postgresql_in_the_environment_change_nothing(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGPORT", "PGDATA", "PGHOST", "PGDATABASE", "PGUSER"):
        monkeypatch.setenv(name, "1")
    with embedded.acquire(used):
        assert ask(used, "SHOW port") == "5432"


def test_others_can_neither_list_the_folder_nor_reach_the_data(folder: Path) -> None:
    with embedded.acquire(folder):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]
        assert modes[0] & 0o066 == 0
        assert [mode & 0o077 for mode in modes[1:]] == [0, 0, 0, 0]


def test_the_log_is_beside_the_data_and_put_aside_when_it_is_long(used: Path) -> None:
    with embedded.acquire(used):
        assert "ready to accept connections" in (used / "postgres.log").read_text()
    with (used / "postgres.log").open("a") as log:
        log.write("x" * 2**20)
    with embedded.acquire(used):
        assert (used / "postgres.log").stat().st_size < 10_000
        assert (used / "postgres.log.1").stat().st_size > 2**20


def test_django_connects_by_the_address(used: Path, spawn: Spawn) -> None:
    source = """
        import sys
        import dj_database_url, django
        from django.conf import settings
        settings.configure(DATABASES={"default": dj_database_url.parse(sys.argv[1])})
        django.setup()
        from django.db import connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            print(cursor.fetchone()[0])
        connection.close()
    """
    with embedded.acquire(used):
        assert said(spawn(source, embedded.database_url(used))) == "caraus"


def test_the_address_is_known_before_there_is_a_folder(folder: Path) -> None:
    parsed = dj_database_url.parse(embedded.database_url(folder))
    assert (parsed["HOST"], parsed["NAME"], parsed["USER"]) == (
        str(folder / "postgres"),
        "caraus",
        "postgres",
    )
    assert not folder.exists()


def test_data_survive_a_stop_and_a_start(used: Path) -> None:
    with embedded.acquire(used):
        ask(used, "CREATE TABLE kept AS SELECT 7 AS number")
    with embedded.acquire(used):
        assert ask(used, "SELECT number FROM kept") == "7"


@pytest.mark.parametrize("name", ["long-" + "x" * 100, "odd $HOME `ls` \"'\\ %41, ș"])
def test_a_path_too_long_or_too_odd_for_a_socket_works(
    folder: Path, spawn: Spawn, name: str
) -> None:
    url = embedded.database_url(folder / name)
    place = Path(dj_database_url.parse(url)["HOST"])
    with embedded.acquire(folder / name):
        assert ask(folder / name, "SELECT 1") == "1"
        assert place.parent == Path("/tmp")
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        other = "import sys; from pathlib import Path; from caraus import embedded\n"
        other += "print(embedded.database_url(Path(sys.argv[1])))"
        assert said(spawn(other, folder / name, TMPDIR=str(folder), XDG_RUNTIME_DIR="/x")) == url
    assert not place.exists()


def test_a_socket_folder_that_another_has_prepared_is_refused(folder: Path) -> None:
    place = Path(dj_database_url.parse(embedded.database_url(folder / ("x" * 100)))["HOST"])
    place.symlink_to(folder.parent)
    try:
        with pytest.raises(embedded.EmbeddedError, match=f"{place} is needed.*shorter path"):
            embedded.acquire(folder / ("x" * 100))
    finally:
        place.unlink()


def test_the_data_folder_is_the_users_unless_the_environment_names_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARAUS_DATA_DIR", "~/elsewhere")
    assert embedded.data_dir() == Path.home() / "elsewhere"
    monkeypatch.delenv("CARAUS_DATA_DIR")
    assert embedded.data_dir() == platformdirs.user_data_path("caraus")


# Holding and letting go


def test_the_last_holder_stops_the_server(used: Path, spawn: Spawn) -> None:
    handle = embedded.acquire(used)
    other = spawn(HOLDER, used)
    assert said(other) == str(server_pid(used))
    handle.release()
    handle.release()
    assert ask(used, "SELECT 1") == "1"
    other.communicate("\n", timeout=20)
    assert other.returncode == 0
    assert servers(used) == []


def test_a_process_that_is_told_to_end_lets_go(used: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, used)
    assert said(holder)
    holder.send_signal(signal.SIGTERM)
    assert holder.wait(timeout=20) == 0
    assert servers(used) == []


def test_a_forked_child_does_not_let_go_for_its_parent(used: Path, spawn: Spawn) -> None:
    source = """
        import os, sys; from pathlib import Path
        import psycopg
        from caraus import embedded
        with embedded.acquire(Path(sys.argv[1])) as handle:
            if not (child := os.fork()):
                handle.release()
                sys.exit()
            os.waitpid(child, 0)
            with psycopg.connect(handle.url) as connection:
                print(connection.execute("SELECT 'there'").fetchone()[0])
    """
    parent = spawn(source, used)
    assert said(parent) == "there"
    assert parent.wait(timeout=20) == 0


def test_a_holder_killed_outright_does_not_keep_the_server(used: Path, spawn: Spawn) -> None:
    killed = spawn(HOLDER, used)
    server = said(killed)
    killed.kill()
    killed.wait(timeout=20)
    with embedded.acquire(used):
        assert str(server_pid(used)) == server
    assert servers(used) == []


def test_ctrl_c_reaches_the_program_and_not_the_server(used: Path, spawn: Spawn) -> None:
    source = """
        import sys; from pathlib import Path
        import psycopg
        from caraus import embedded
        with embedded.acquire(Path(sys.argv[1])) as handle:
            try:
                print("ready", flush=True)
                sys.stdin.readline()
            except KeyboardInterrupt:
                with psycopg.connect(handle.url) as connection:
                    print(connection.execute("SELECT 'last words'").fetchone()[0], flush=True)
    """
    program = spawn(source, used)
    assert said(program) == "ready"
    os.killpg(program.pid, signal.SIGINT)  # what a terminal does
    assert said(program) == "last words"
    assert program.wait(timeout=20) == 0
    assert servers(used) == []


def test_those_who_come_at_once_share_one_server(folder: Path, spawn: Spawn) -> None:
    holders = [spawn(HOLDER, folder) for _ in range(3)]
    assert len({said(holder) for holder in holders}) == 1
    for holder in holders:
        holder.communicate("\n", timeout=20)
        assert holder.returncode == 0


def test_nobody_gets_a_server_that_is_being_stopped(used: Path, spawn: Spawn) -> None:
    source = """
        import sys; from pathlib import Path
        import psycopg
        from caraus import embedded
        for _ in range(12):
            with embedded.acquire(Path(sys.argv[1])) as handle, psycopg.connect(handle.url) as one:
                one.execute("SELECT 1")
        print("all of them")
    """
    for comer in [spawn(source, used) for _ in range(3)]:
        assert said(comer) == "all of them"
        assert comer.wait(timeout=20) == 0


# Recovery


def test_a_killed_server_comes_back_with_what_was_committed(used: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, used)
    killed = int(said(holder))
    ask(used, "CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(killed, signal.SIGKILL)
    with embedded.acquire(used):
        assert server_pid(used) != killed
        assert ask(used, "SELECT number FROM kept") == "7"
        holder.communicate("\n", timeout=20)
        assert ask(used, "SELECT number FROM kept") == "7"


def test_server_and_holder_killed_together_are_no_hindrance(used: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, used)
    os.kill(int(said(holder)), signal.SIGKILL)
    holder.kill()
    with embedded.acquire(used):
        assert ask(used, "SELECT 1") == "1"


def test_another_process_with_the_servers_number_is_not_taken_for_it(used: Path) -> None:
    with embedded.acquire(used):
        locks = [used / "postgres/postmaster.pid", used / "postgres/.s.PGSQL.5432.lock"]
        contents = [lock.read_text().split("\n", 1)[1] for lock in locks]
    owner = (used / "postgres").stat().st_uid
    # PostgreSQL itself would refuse to start beside a process of its own user with that number
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as stranger:
        for lock, content in zip(locks, contents, strict=True):
            lock.write_text(f"{stranger.pid}\n{content}")
        with embedded.acquire(used):
            assert ask(used, "SELECT 1") == "1"
        assert stranger.poll() is None
        stranger.kill()


def test_what_a_killed_creation_left_is_cleared(folder: Path) -> None:
    (folder / "postgres.new-abc").mkdir(parents=True)
    (folder / "postgres.new-abc/PG_VERSION").write_text("18\n")
    (folder / "postgres").mkdir()  # a mounted volume may begin like this
    with embedded.acquire(folder):
        assert ask(folder, "SELECT 1") == "1"
        assert list(folder.glob("postgres.new-*")) == []


def test_a_folder_removed_under_its_server_begins_anew(used: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, used)
    old = said(holder)
    shutil.rmtree(used)
    with embedded.acquire(used):
        assert str(server_pid(used)) != old
        holder.communicate("\n", timeout=20)  # does not stop a server that is not its own
        assert ask(used, "SELECT 1") == "1"


def test_a_holder_of_a_removed_folder_still_stops_its_server(used: Path) -> None:
    with embedded.acquire(used):
        shutil.rmtree(used)
    assert servers(used) == []


# What can be wrong


def test_a_folder_that_is_a_file_or_below_one_is_named(folder: Path) -> None:
    folder.touch()
    for place in (folder, folder / "below"):
        with pytest.raises(
            embedded.EmbeddedError, match=f"{place} cannot be used.*CARAUS_DATA_DIR"
        ):
            embedded.acquire(place)


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    place = Path("/proc/caraus")  # closed even to root, whom permissions do not stop
    if os.geteuid() != 0:
        folder.mkdir(mode=0o500)
        place = folder
    with pytest.raises(embedded.EmbeddedError, match=f"{place} cannot be written.*CARAUS_DATA_DIR"):
        embedded.acquire(place)


def test_data_of_another_version_are_refused_and_kept(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres/PG_VERSION").write_text("15\n")
    with pytest.raises(
        embedded.EmbeddedError, match=r"made by PostgreSQL 15.*PostgreSQL 18.*CARAUS_DATA_DIR"
    ):
        embedded.acquire(folder)
    assert names(folder / "postgres") == ["PG_VERSION"]


def test_something_else_in_the_place_of_the_data_is_refused_and_kept(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres/letter.txt").touch()
    with pytest.raises(embedded.EmbeddedError, match="holds no PostgreSQL database"):
        embedded.acquire(folder)
    assert names(folder / "postgres") == ["letter.txt"]


def test_a_server_that_does_not_start_says_why(used: Path) -> None:
    with (used / "postgres/postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(embedded.EmbeddedError, match="did not start") as caught:
        embedded.acquire(used)
    assert 'unrecognized configuration parameter "no_such_setting"' in str(caught.value)
    assert f"{used}/postgres.log" in str(caught.value)


def test_too_little_room_is_told_before_anything_is_made(folder: Path) -> None:
    needed = shutil.disk_usage(folder.parent).total
    with pytest.raises(
        embedded.EmbeddedError, match=f"is full: .* about {needed >> 20} MB.*CARAUS_DATA_DIR"
    ):
        embedded.acquire(folder, needed_bytes=needed)
    assert not (folder / "postgres").exists()


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[None]:
    """A file system of that size; only root may mount one, and not in every container."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "caraus-test", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_while_the_database_is_made_is_recognized(folder: Path) -> None:
    with small_disk(folder, 20):
        with pytest.raises(embedded.EmbeddedError, match="is full"):
            embedded.acquire(folder, needed_bytes=0)
        assert list(folder.glob("postgres*/*")) == []


def test_a_start_on_a_full_disk_is_recognized_and_works_once_there_is_room(folder: Path) -> None:
    with small_disk(folder, 90):
        with embedded.acquire(folder, needed_bytes=0):
            ask(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        with contextlib.suppress(OSError), (folder / "films").open("wb", buffering=0) as films:
            while films.write(bytes(4096)):
                pass
        with pytest.raises(embedded.EmbeddedError, match="is full"):
            embedded.acquire(folder)
        (folder / "films").unlink()
        with embedded.acquire(folder):
            assert ask(folder, "SELECT number FROM kept") == "7"
