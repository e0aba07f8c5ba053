"""`caraus vehicle-change` and `caraus vehicle-changes`, as scripts call them: a contract."""

from datetime import datetime, timedelta
from typing import Any

from caraus.core.formatting import BUCHAREST
from tests.commands.conftest import CUI
from tests.commands.installation import Installation

KEYS = {"id", "uit", "state", "message", "plate", "trailer1", "trailer2", "at", "attempts"}
ATTEMPT_KEYS = {"reference", "sent_at", "index", "outcome", "answer"}


def new_uit(installation: Installation) -> str:
    day = (datetime.now(BUCHAREST).date() - timedelta(days=1)).isoformat()
    added = installation.anaf.add_uit(CUI, data_transp=day, nr_veh="B12ABC", nr_rem1="B01REM")
    installation.json("sync", "--cui", CUI)
    return str(added["uit"])


def change(installation: Installation, uit: str, *more: str, code: int = 0) -> Any:
    words = ("vehicle-change", "--cui", CUI, "--uit", uit, "--plate", "cj 77 xyz", *more)
    return installation.json(*words, code=code)


def test_a_change_is_filed_and_waited_for(authorized: Installation) -> None:
    authorized.anaf.limits(processing_seconds=0)
    uit = new_uit(authorized)
    row = change(authorized, uit, "--wait", "60", "--note", "pană")
    assert set(row) == KEYS
    assert (row["state"], row["plate"], row["trailer1"]) == ("done", "CJ77XYZ", "B01REM")
    (attempt,) = row["attempts"]
    assert set(attempt) == ATTEMPT_KEYS
    assert attempt["outcome"] == "accepted"
    assert attempt["index"] in attempt["answer"]
    assert authorized.json("vehicle-changes", "--cui", CUI) == [row]


def test_without_a_worker_it_waits_in_the_queue(authorized: Installation) -> None:
    row = change(authorized, new_uit(authorized), "--no-trailer")
    assert (row["state"], row["trailer1"], row["attempts"]) == ("queued", "", [])


def test_a_refusal_of_anaf_is_exit_code_4(authorized: Installation) -> None:
    uit = new_uit(authorized)
    authorized.anaf.turn_on("upload_errors", text="Valoarea nu respecta schema.")
    row = change(authorized, uit, "--wait", "60", code=4)
    assert row["state"] == "refused"
    assert "Valoarea nu respecta schema." in row["message"]


def test_a_lost_answer_is_exit_code_1(authorized: Installation) -> None:
    uit = new_uit(authorized)
    authorized.anaf.turn_on("upload_502_after")
    authorized.anaf.turn_on("info_lags", seconds=3600)
    assert change(authorized, uit, "--wait", "2", code=1)["state"] == "unknown"


def test_our_rules_are_exit_code_2(authorized: Installation) -> None:
    uit = new_uit(authorized)
    for more in (("--trailer1", "CJ77XYZ"), ("--at", "2020-01-01T10:00"), ("--at", "mâine")):
        ended = authorized.run(
            "vehicle-change", "--cui", CUI, "--uit", uit, "--plate", "CJ77XYZ", *more
        )
        assert ended.returncode == 2
        assert ended.stderr.startswith("caraus: ")


def test_whoever_must_authorize_again_is_exit_code_3(authorized: Installation) -> None:
    uit = new_uit(authorized)
    authorized.change("UPDATE authorizations_authorization SET status = 'reauthorize'")
    try:
        row = change(authorized, uit, "--wait", "60", code=3)
    finally:
        authorized.change("UPDATE authorizations_authorization SET status = 'active'")
    assert (row["state"], row["attempts"]) == ("held", [])
    assert "Autorizează din nou" in row["message"]
    assert authorized.anaf.uploads() == []
