"""`caraus verify-ledger`: whether the ledger is as it was written, for scripts too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.installation import Installation
from tests.folders import make_folder


@pytest.fixture
def synced(authorized: Installation) -> Installation:
    assert authorized.json("sync")[0]["outcome"] == "ok"
    return authorized


@pytest.fixture
def elsewhere(authorized: Installation) -> Iterator[Installation]:
    top = make_folder("caraus-ledger-")
    other_installation = Installation(top / "data", authorized.anaf)
    yield other_installation
    other_installation.close()
    shutil.rmtree(top)


def test_a_ledger_as_it_was_written(synced: Installation) -> None:
    result = synced.json("verify-ledger")
    assert (result["ok"], result["protected"]) == (True, True)
    (chain,) = result["chains"]
    assert chain["first_break"] is None
    assert chain["entries"] == len(synced.json("transports", "--cui", "900010100"))
    assert len(chain["last_hash"]) == 64
    done = synced.run("verify-ledger")
    assert done.returncode == 0
    assert chain["last_hash"] in done.stdout


def test_a_copy_holds_the_ledger_and_a_restored_one_refuses_changes_too(
    synced: Installation, elsewhere: Installation, tmp_path: Path
) -> None:
    assert synced.run("backup", str(tmp_path / "copy.dump")).returncode == 0
    elsewhere.run("restore", str(tmp_path / "copy.dump"))
    assert elsewhere.json("verify-ledger") == synced.json("verify-ledger")


def test_a_changed_entry_is_named_and_the_command_fails(synced: Installation) -> None:
    synced.change("ALTER TABLE ledger_ledgerentry DISABLE TRIGGER USER")
    result = synced.json("verify-ledger", code=1)
    assert (result["ok"], result["protected"]) == (False, False)
    assert result["chains"][0]["first_break"] is None
    synced.change("UPDATE ledger_ledgerentry SET content = '{}' WHERE number = 2")
    synced.change("ALTER TABLE ledger_ledgerentry ENABLE TRIGGER USER")
    result = synced.json("verify-ledger", code=1)
    assert (result["ok"], result["protected"]) == (False, True)
    assert result["chains"][0]["first_break"]["number"] == 2
    assert "content was changed" in result["chains"][0]["first_break"]["reason"]
    done = synced.run("verify-ledger")
    assert done.returncode == 1
    assert "BROKEN at entry 2" in done.stdout
