"""What the embedded database says when it cannot work."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from caraus import embedded

from .servers import names


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


def test_too_little_space_is_reported_before_anything_is_made(folder: Path) -> None:
    needed = shutil.disk_usage(folder.parent).total
    with pytest.raises(
        embedded.EmbeddedError, match=f"is full: .* about {needed >> 20} MB.*CARAUS_DATA_DIR"
    ):
        embedded.acquire(folder, needed_bytes=needed)
    assert not (folder / "postgres").exists()


def on_a_small_disk(place: Path, megabytes: int, program: str) -> None:
    """Run a program over a file system of that size, which is gone with it: root mounts it, an
    ordinary user in a namespace where that is allowed."""
    place.mkdir()
    mount = f"mount -t tmpfs -o size={megabytes}m caraus-test {place} && "
    shell = ["unshare", "--mount", "sh", "-c", mount + 'exec "$@"', "sh"]
    if os.geteuid() != 0:
        back = f'exec unshare --user --map-user={os.geteuid()} --map-group={os.getegid()} "$@"'
        shell = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount + back, "sh"]
    done = subprocess.run(
        [*shell, sys.executable, "-c", textwrap.dedent(program), str(place)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, (
        f"{done.stdout}{done.stderr}(a small disk needs mount and unshare: as root, or where "
        "ordinary users may have namespaces of their own)"
    )


def test_a_disk_that_fills_up_while_the_database_is_made_is_recognized(folder: Path) -> None:
    program = """
        import sys; from pathlib import Path
        from caraus import embedded
        folder = Path(sys.argv[1])
        try:
            embedded.acquire(folder, needed_bytes=0)
        except embedded.EmbeddedError as error:
            assert "is full" in str(error), error
        else:
            sys.exit("there was room")
        assert not list(folder.glob("postgres*/*"))
    """
    on_a_small_disk(folder, 20, program)


def test_a_start_on_a_full_disk_is_recognized_and_works_once_there_is_space(folder: Path) -> None:
    program = """
        import contextlib, sys; from pathlib import Path
        from caraus import embedded
        from tests.embedded.servers import query_value
        folder = Path(sys.argv[1])
        with embedded.acquire(folder, needed_bytes=0):
            query_value(folder, "CREATE TABLE kept AS SELECT 7 AS number")
        with contextlib.suppress(OSError), (folder / "films").open("wb", buffering=0) as films:
            while films.write(bytes(4096)):
                pass
        try:
            embedded.acquire(folder)
        except embedded.EmbeddedError as error:
            assert "is full" in str(error), error
        else:
            sys.exit("there was room")
        (folder / "films").unlink()
        with embedded.acquire(folder):
            assert query_value(folder, "SELECT number FROM kept") == "7"
    """
    on_a_small_disk(folder, 90, program)
