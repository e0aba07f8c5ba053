"""Holding the embedded database and letting go of it."""

import os
import signal
from pathlib import Path

from caraus import embedded

from .servers import HOLDER, Spawn, output_of, query_value, server_pid, servers


def test_the_last_holder_stops_the_server(shared: Path, spawn: Spawn) -> None:
    handle = embedded.acquire(shared)
    other_process = spawn(HOLDER, shared)
    assert output_of(other_process) == str(server_pid(shared))
    handle.release()
    handle.release()
    assert query_value(shared, "SELECT 1") == "1"
    other_process.communicate("\n", timeout=20)
    assert other_process.returncode == 0
    assert servers(shared) == []


def test_a_process_that_gets_a_sigterm_releases_the_cluster(shared: Path, spawn: Spawn) -> None:
    holder = spawn(HOLDER, shared)
    assert output_of(holder)
    holder.send_signal(signal.SIGTERM)
    assert holder.wait(timeout=20) == 0
    assert servers(shared) == []


def test_a_forked_child_does_not_let_go_for_its_parent(shared: Path, spawn: Spawn) -> None:
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
    parent = spawn(source, shared)
    assert output_of(parent) == "there"
    assert parent.wait(timeout=20) == 0


def test_a_holder_killed_outright_does_not_keep_the_server(shared: Path, spawn: Spawn) -> None:
    killed = spawn(HOLDER, shared)
    server = output_of(killed)
    killed.kill()
    killed.wait(timeout=20)
    with embedded.acquire(shared):
        assert str(server_pid(shared)) == server
    assert servers(shared) == []


def test_ctrl_c_reaches_the_program_and_not_the_server(shared: Path, spawn: Spawn) -> None:
    source = """
        import signal, sys; from pathlib import Path
        import psycopg
        from caraus import embedded
        # A suite started in the background hands its deafness to Ctrl-C down to its programs.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with embedded.acquire(Path(sys.argv[1])) as handle:
            try:
                print("ready", flush=True)
                sys.stdin.readline()
            except KeyboardInterrupt:
                with psycopg.connect(handle.url) as connection:
                    print(connection.execute("SELECT 'last words'").fetchone()[0], flush=True)
    """
    program = spawn(source, shared)
    assert output_of(program) == "ready"
    os.killpg(program.pid, signal.SIGINT)  # what a terminal does
    assert output_of(program) == "last words"
    assert program.wait(timeout=20) == 0
    assert servers(shared) == []


def test_those_who_come_at_once_share_one_server(folder: Path, spawn: Spawn) -> None:
    holders = [spawn(HOLDER, folder) for _ in range(3)]
    assert len({output_of(holder) for holder in holders}) == 1
    for holder in holders:
        holder.communicate("\n", timeout=20)
        assert holder.returncode == 0


def test_nobody_gets_a_server_that_is_being_stopped(shared: Path, spawn: Spawn) -> None:
    source = """
        import sys; from pathlib import Path
        import psycopg
        from caraus import embedded
        for _ in range(12):
            with embedded.acquire(Path(sys.argv[1])) as handle, psycopg.connect(handle.url) as one:
                one.execute("SELECT 1")
        print("all of them")
    """
    for comer in [spawn(source, shared) for _ in range(3)]:
        assert output_of(comer) == "all of them"
        assert comer.wait(timeout=20) == 0
