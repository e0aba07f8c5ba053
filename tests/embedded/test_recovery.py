"""The embedded database after its server, its holders or its folder came to an end."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from caraus import embedded
from caraus.embedded.processes import is_running

from .servers import HOLDER, Spawn, output_of, query_value, server_pid, servers


def test_a_killed_server_comes_back_with_what_was_committed(used: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, used)
    killed = int(output_of(holder))
    query_value(used, "CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(killed, signal.SIGKILL)
    with embedded.acquire(used):
        assert server_pid(used) != killed
        assert query_value(used, "SELECT number FROM kept") == "7"
        holder.communicate("\n", timeout=20)
        assert query_value(used, "SELECT number FROM kept") == "7"


def test_server_and_holder_killed_together_are_no_hindrance(shared: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, shared)
    os.kill(int(output_of(holder)), signal.SIGKILL)
    holder.kill()
    with embedded.acquire(shared):
        assert query_value(shared, "SELECT 1") == "1"


def test_a_connection_that_hangs_after_its_server_was_killed_is_ended(shared: Path) -> None:
    with (
        embedded.acquire(shared) as handle,
        psycopg.connect(handle.url) as connection,
    ):
        hanging = psutil.Process(connection.info.backend_pid)
        hanging.suspend()
        os.kill(server_pid(shared), signal.SIGKILL)
        with embedded.acquire(shared):
            assert not is_running(hanging)
            assert query_value(shared, "SELECT 1") == "1"


def test_another_process_with_the_servers_number_is_not_taken_for_it(shared: Path) -> None:
    with embedded.acquire(shared):
        locks = [shared / "postgres/postmaster.pid", shared / "postgres/.s.PGSQL.5432.lock"]
        contents = [lock.read_text().split("\n", 1)[1] for lock in locks]
    owner = (shared / "postgres").stat().st_uid
    # PostgreSQL itself would refuse to start beside a process of its own user with that number
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as stranger:
        for lock, content in zip(locks, contents, strict=True):
            lock.write_text(f"{stranger.pid}\n{content}")
        with embedded.acquire(shared):
            assert query_value(shared, "SELECT 1") == "1"
        assert stranger.poll() is None
        stranger.kill()


def test_what_a_killed_creation_left_is_cleared(folder: Path) -> None:
    (folder / "postgres.new-abc").mkdir(parents=True)
    (folder / "postgres.new-abc/PG_VERSION").write_text("18\n")
    (folder / "postgres").mkdir()  # a mounted volume may begin like this
    with embedded.acquire(folder):
        assert query_value(folder, "SELECT 1") == "1"
        assert list(folder.glob("postgres.new-*")) == []


def test_a_folder_removed_under_its_server_begins_anew(used: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, used)
    old = output_of(holder)
    shutil.rmtree(used)
    with embedded.acquire(used):
        assert str(server_pid(used)) != old
        holder.communicate("\n", timeout=20)  # does not stop a server that is not its own
        assert query_value(used, "SELECT 1") == "1"


def test_a_holder_of_a_removed_folder_still_stops_its_server(used: Path) -> None:
    with embedded.acquire(used):
        shutil.rmtree(used)
    assert servers(used) == []
