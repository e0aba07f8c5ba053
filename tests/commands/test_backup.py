"""A copy of the database, put back into a new folder, where the authorization still works."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.commands.conftest import CUI
from tests.commands.installation import Installation
from tests.environment import database
from tests.folders import make_folder


@pytest.fixture(scope="module")
def copies(installation: Installation, authorization: None) -> Iterator[Path]:
    """Make a folder with a copy of an authorized installation that has UITs, and its keys."""
    folder = make_folder("caraus-copies-")
    assert installation.run("sync").returncode == 0
    done = installation.run(
        "backup", str(folder / "caraus.dump"), "--keys", str(folder / "caraus.keys")
    )
    assert done.returncode == 0, done.stderr
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def elsewhere(installation: Installation) -> Iterator[Installation]:
    """Make a new machine: an empty data folder, the same ANAF."""
    top = make_folder("caraus-restored-")
    other_installation = Installation(top / "data", installation.anaf)
    yield other_installation
    other_installation.close()
    shutil.rmtree(top)


def test_a_copy_in_a_new_folder_goes_on_with_the_same_authorization(
    installation: Installation, elsewhere: Installation, copies: Path
) -> None:
    before = installation.json("transports", "--cui", CUI)
    done = elsewhere.run(
        "restore", str(copies / "caraus.dump"), "--keys", str(copies / "caraus.keys")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "open all 1 living authorization" in done.stdout
    assert elsewhere.json("transports", "--cui", CUI) == before
    assert before
    assert [result["outcome"] for result in elsewhere.json("sync")] == ["ok"]


def test_without_the_keys_it_is_said_and_nothing_pretends_to_work(
    elsewhere: Installation, copies: Path
) -> None:
    done = elsewhere.run("restore", str(copies / "caraus.dump"))
    assert done.returncode == 1
    assert "do not open the restored authorizations" in done.stdout


def test_the_copy_holds_neither_keys_nor_readable_tokens(
    installation: Installation, copies: Path
) -> None:
    assert (copies / "caraus.dump").stat().st_mode & 0o077 == 0
    assert (copies / "caraus.keys").stat().st_mode & 0o077 == 0
    keys = dict(line.split("=", 1) for line in (copies / "caraus.keys").read_text().splitlines())
    dump = (copies / "caraus.dump").read_bytes()
    assert all(value.encode() not in dump for value in keys.values())


def test_a_copy_is_never_written_over_another(installation: Installation, copies: Path) -> None:
    done = installation.run("backup", str(copies / "caraus.dump"))
    assert done.returncode == 2
    assert "there already" in done.stderr


def test_what_is_there_is_replaced_only_when_requested(
    installation: Installation, copies: Path
) -> None:
    refused = installation.run("restore", str(copies / "caraus.dump"))
    assert refused.returncode == 2
    assert "not empty" in refused.stderr
    done = installation.run("restore", str(copies / "caraus.dump"), "--replace")
    assert done.returncode == 0, done.stderr


def test_a_damaged_copy_leaves_what_is_there(
    installation: Installation, copies: Path, tmp_path: Path
) -> None:
    """Its table of contents can still be read: only the end, which is cut off, shows it."""
    before = installation.json("transports", "--cui", CUI)
    whole = (copies / "caraus.dump").read_bytes()
    (tmp_path / "cut.dump").write_bytes(whole[:-200])
    done = installation.run("restore", str(tmp_path / "cut.dump"), "--replace")
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert installation.json("transports", "--cui", CUI) == before
    assert before


def test_an_external_database_is_copied_and_restored_with_its_password(
    installation: Installation, copies: Path, tmp_path: Path
) -> None:
    """The password goes by the environment: `ps` shows the arguments to everybody."""
    secrets = Path(installation.environment["CARAUS_DATA_DIR"]) / "secrets"
    keys = {
        name: (secrets / name).read_text().strip()
        for name in ("CARAUS_SECRET_KEY", "CARAUS_TOKEN_KEYS")
    }
    with database() as own:
        url = own.replace("postgres@", "postgres:s%40fe@")
        done = installation.run("restore", str(copies / "caraus.dump"), DATABASE_URL=url, **keys)
        assert done.returncode == 0, done.stderr
        assert "open all 1 living authorization" in done.stdout
        second_backup = installation.run(
            "backup", str(tmp_path / "again.dump"), DATABASE_URL=url, **keys
        )
        assert second_backup.returncode == 0, second_backup.stderr
        with psycopg.connect(own) as connection:
            (count,) = connection.execute("SELECT count(*) FROM accounts_company").fetchone() or ()
        assert count == 1


@pytest.mark.parametrize("file", ["missing.dump", "not-a-dump"])
def test_what_is_no_copy_is_a_sentence(elsewhere: Installation, tmp_path: Path, file: str) -> None:
    (tmp_path / "not-a-dump").write_text("no")
    done = elsewhere.run("restore", str(tmp_path / file))
    assert done.returncode == 2
    assert not Path(elsewhere.environment["CARAUS_DATA_DIR"], "postgres").exists()
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("caraus: ")
