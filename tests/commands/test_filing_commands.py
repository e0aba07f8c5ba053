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


def test_a_lost_response_is_exit_code_1(authorized: Installation) -> None:
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


def test_wrong_use_is_exit_code_2_and_queues_nothing(authorized: Installation) -> None:
    uit = new_uit(authorized)
    of_uit = ("--cui", CUI, "--uit", uit)
    for words in (
        (*of_uit, "--plate", "CJ77XYZ", "--no-trailer", "--trailer2", "B02REM"),
        (*of_uit, "--plate", "CJ77XYZ", "--note", "pană\x01la motor"),
        (*of_uit, "--plate", "ȘV12ABC"),
        (*of_uit, "--plate", "B12ABC"),
        (*of_uit, "--plate", "CJ77XYZ", "--at", "0001-01-01T00:00"),
        (*of_uit, "--plate", "CJ77XYZ", "--at", "9999-12-31T23:59"),
        (*of_uit, "--plate", "CJ77XYZ", "--wait", "mult"),
        of_uit,
        ("--cui", CUI, "--uit", "NIMIC", "--plate", "CJ77XYZ"),
        ("--cui", "nimic", "--uit", uit, "--plate", "CJ77XYZ"),
    ):
        ended = authorized.run("vehicle-change", *words, "--json")
        assert (ended.returncode, ended.stdout) == (2, ""), words
        assert "Traceback" not in ended.stderr
    listed = authorized.json("vehicle-changes", "--cui", CUI)
    assert uit not in [row["uit"] for row in listed]


def test_a_second_change_of_a_uit_is_exit_code_2(authorized: Installation) -> None:
    uit = new_uit(authorized)
    first = change(authorized, uit)
    second = change(authorized, uit, "--trailer1", "B02REM", "--wait", "5", code=2)
    assert "UIT-ul are deja o schimbare" in second["message"]
    listed = authorized.json("vehicle-changes", "--cui", CUI)
    assert [row["id"] for row in listed if row["uit"] == uit] == [first["id"]]


def test_what_an_owner_switched_off_is_exit_code_2(authorized: Installation) -> None:
    uit = new_uit(authorized)
    authorized.change(
        "INSERT INTO filings_filingswitch (company_id, enabled, changed_at)"
        f" SELECT id, false, now() FROM accounts_company WHERE cui = '{CUI}'"
    )
    try:
        row = change(authorized, uit, "--wait", "30", code=2)
    finally:
        authorized.change("DELETE FROM filings_filingswitch")
    assert (row["state"], row["attempts"]) == ("held", [])
    assert "a oprit depunerile" in row["message"]


def test_a_rehearsal_is_not_listed(authorized: Installation) -> None:
    row = change(authorized, new_uit(authorized))
    authorized.change(f"UPDATE filings_vehiclechange SET rehearsal = true WHERE id = {row['id']}")
    listed = authorized.json("vehicle-changes", "--cui", CUI)
    assert row["id"] not in [listed_row["id"] for listed_row in listed]
