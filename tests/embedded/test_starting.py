"""Starting the embedded database, and what it is like."""

import os
import stat
from pathlib import Path

import dj_database_url
import platformdirs
import pytest

from caraus import embedded

from .servers import Spawn, output_of, query_value, servers


def test_a_new_folder_gets_a_server_with_our_database(folder: Path) -> None:
    with embedded.acquire(folder) as handle:
        assert handle.url == embedded.embedded_database_url(folder)
        assert query_value(folder, "SELECT current_database()") == "caraus"
        assert query_value(folder, "SHOW server_encoding") == "UTF8"
        assert (
            query_value(folder, "SELECT datlocale FROM pg_database WHERE datname = 'caraus'")
            == "C.UTF-8"
        )
        assert query_value(folder, "SELECT upper('șțăîâ')") == "ȘȚĂÎÂ"
        assert query_value(folder, "SHOW listen_addresses") == ""
    assert servers(folder) == []


def test_writes_are_durable_unless_a_test_says_otherwise(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARAUS_EMBEDDED_FSYNC")
    with embedded.acquire(shared):
        assert query_value(shared, "SHOW fsync") == "on"


def test_variables_of_postgresql_in_the_environment_change_nothing(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGPORT", "PGDATA", "PGHOST", "PGDATABASE", "PGUSER"):
        monkeypatch.setenv(name, "1")
    with embedded.acquire(shared):
        assert query_value(shared, "SHOW port") == "5432"


def test_others_can_neither_list_the_folder_nor_reach_the_data(folder: Path) -> None:
    with embedded.acquire(folder):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]
        assert modes[0] & 0o066 == 0
        assert [mode & 0o077 for mode in modes[1:]] == [0, 0, 0, 0]


def test_the_log_is_beside_the_data_and_put_aside_when_it_is_long(shared: Path) -> None:
    with embedded.acquire(shared):
        assert "ready to accept connections" in (shared / "postgres.log").read_text()
    with (shared / "postgres.log").open("a") as log:
        log.write("x" * 2**20)
    with embedded.acquire(shared):
        assert (shared / "postgres.log").stat().st_size < 10_000
        assert (shared / "postgres.log.1").stat().st_size > 2**20


def test_django_connects_by_the_address(shared: Path, spawn: Spawn) -> None:
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
    with embedded.acquire(shared):
        assert output_of(spawn(source, embedded.embedded_database_url(shared))) == "caraus"


def test_the_address_is_known_before_there_is_a_folder(folder: Path) -> None:
    parsed = dj_database_url.parse(embedded.embedded_database_url(folder))
    assert (parsed["HOST"], parsed["NAME"], parsed["USER"]) == (
        str(folder / "postgres"),
        "caraus",
        "postgres",
    )
    assert not folder.exists()


def test_data_survive_a_stop_and_a_start(used: Path) -> None:
    with embedded.acquire(used):
        query_value(used, "CREATE TABLE kept AS SELECT 7 AS number")
    with embedded.acquire(used):
        assert query_value(used, "SELECT number FROM kept") == "7"


@pytest.mark.parametrize("name", ["long-" + "x" * 100, "odd $HOME `ls` \"'\\ %41, ș"])
def test_a_path_too_long_or_too_odd_for_a_socket_works(
    folder: Path, spawn: Spawn, name: str
) -> None:
    url = embedded.embedded_database_url(folder / name)
    place = Path(dj_database_url.parse(url)["HOST"])
    with embedded.acquire(folder / name):
        assert query_value(folder / name, "SELECT 1") == "1"
        assert place.parent == Path("/tmp")
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        script = "import sys; from pathlib import Path; from caraus import embedded\n"
        script += "print(embedded.embedded_database_url(Path(sys.argv[1])))"
        assert (
            output_of(spawn(script, folder / name, TMPDIR=str(folder), XDG_RUNTIME_DIR="/x")) == url
        )
    assert not place.exists()


def test_a_socket_folder_that_another_has_prepared_is_refused(folder: Path) -> None:
    place = Path(
        dj_database_url.parse(embedded.embedded_database_url(folder / ("x" * 100)))["HOST"]
    )
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
    own = platformdirs.user_data_path("caraus")
    # Root's own folder is closed to the server's user.
    assert embedded.data_dir() == (Path("/var/lib/caraus") if os.geteuid() == 0 else own)
