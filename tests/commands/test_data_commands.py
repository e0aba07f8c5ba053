"""`caraus sync` and `caraus transports`, as scripts call them."""

from datetime import date, datetime, timedelta

import pytest

from tests.commands.conftest import CUI
from tests.commands.installation import Installation

SYNC_KEYS = {"cui", "outcome", "seen", "new", "changed", "missing", "unreadable", "message"}
TRANSPORT_KEYS = {
    *("uit", "state", "declarant_cui", "declarant_name", "declarant_ref", "transport_date"),
    *("first_expired_day", "last_valid_day", "plate", "trailer1", "trailer2", "carrier_cui"),
    *("carrier_name", "start", "end", "documents", "vehicle_changes", "first_seen_at"),
    *("last_seen_at", "events"),
}


def test_before_anybody_authorizes_a_person_is_needed(installation: Installation) -> None:
    (result,) = installation.json("sync", code=3)
    assert result["outcome"] == "reauthorize"
    assert "Autorizare cu ANAF SPV" in result["message"]


def test_sync_brings_what_anaf_has_and_repeats_without_change(authorized: Installation) -> None:
    authorized.json("sync", "--cui", CUI)
    (second_row,) = authorized.json("sync", "--cui", f"RO{CUI}")
    assert set(second_row) == SYNC_KEYS
    assert second_row["outcome"] == "ok"
    expected = authorized.anaf.active(CUI)
    assert second_row["seen"] == len(expected)
    assert (second_row["new"], second_row["changed"], second_row["missing"]) == (0, 0, 0)
    rows = authorized.json("transports", "--cui", CUI)
    assert {row["uit"] for row in rows} == {record["uit"] for record in expected}


def test_a_uit_is_reported_with_every_promised_field(authorized: Installation) -> None:
    added = authorized.anaf.add_uit(CUI, nr_veh="B 123 XYZ", nr_rem1="B456REM")
    authorized.json("sync")
    rows = authorized.json("transports", "--cui", CUI)
    row = next(row for row in rows if row["uit"] == added["uit"])
    assert set(row) >= TRANSPORT_KEYS
    assert row["state"] == "active"
    first_expired = date.fromisoformat(row["first_expired_day"])
    assert added["record"]["data_exp_uit"].startswith(row["first_expired_day"])
    assert date.fromisoformat(row["last_valid_day"]) == first_expired - timedelta(days=1)
    assert row["trailer1"] == "B456REM"
    assert set(row["start"]) == set(row["end"]) > {"kind", "full_address", "county"}
    assert datetime.fromisoformat(row["first_seen_at"]).tzinfo is not None
    assert [event["kind"] for event in row["events"]] == ["appeared"]


def test_a_correction_is_an_event_with_old_and_new(authorized: Installation) -> None:
    added = authorized.anaf.add_uit(CUI, nr_veh="B123ABC")
    authorized.json("sync")
    authorized.anaf.correct(added["uit"], nr_veh="CJ99ZZZ")
    (result,) = authorized.json("sync")
    assert result["changed"] == 1
    rows = authorized.json("transports", "--cui", CUI)
    row = next(row for row in rows if row["uit"] == added["uit"])
    assert row["events"][-1]["changes"]["plate"] == ["B123ABC", "CJ99ZZZ"]


def test_a_record_that_cannot_be_understood_is_reported_with_its_text(
    authorized: Installation,
) -> None:
    authorized.anaf.turn_on("malformed_record", kind="missing_uit")
    (result,) = authorized.json("sync")
    assert result["outcome"] == "ok"
    assert result["unreadable"] >= 1
    rows = authorized.json("transports", "--cui", CUI)
    bad = [row for row in rows if row["state"] == "unreadable"]
    assert bad
    assert all(row["raw"] and row["reason"] for row in bad)
    assert {row["uit"] for row in bad} == {None}


def test_a_record_with_unreadable_days_is_a_transport_without_them(
    authorized: Installation,
) -> None:
    authorized.anaf.reset()
    uit = authorized.anaf.add_uit(CUI)["uit"]
    fields = {"uit": uit, "data_exp_uit": "-", "data_transp": "?"}
    authorized.anaf.turn_on("odd_field", fields=fields, all=True)
    (result,) = authorized.json("sync")
    assert (result["outcome"], result["unreadable"]) == ("ok", 0)
    (row,) = [row for row in authorized.json("transports", "--cui", CUI) if row["uit"] == uit]
    assert (row["transport_date"], row["first_expired_day"], row["last_valid_day"]) == (None,) * 3
    assert row["unreadable_fields"] == {"data_exp_uit": "-", "data_transp": "?"}


@pytest.mark.parametrize(
    ("scenario", "outcome", "code"),
    [
        ("down_503", "unavailable", 1),
        ("html_rejected", "bad_response", 1),
        ("rate_limited", "rate_limited", 1),
        ("no_rights_cui", "no_rights", 1),
        ("token_refused", "unavailable", 1),  # although it has just been refreshed: nobody need act
    ],
)
def test_each_error_has_its_outcome_and_exit_code(
    authorized: Installation, scenario: str, outcome: str, code: int
) -> None:
    authorized.anaf.turn_on(scenario)
    (result,) = authorized.json("sync", code=code)
    assert result["outcome"] == outcome
    assert result["message"]


def test_a_company_nobody_added_is_wrong_use(installation: Installation) -> None:
    done = installation.run("sync", "--cui", "14399840")
    assert done.returncode == 2
    assert "14399840" in done.stderr


def test_an_archived_company_is_not_polled_but_its_uits_stay(
    authorized: Installation,
) -> None:
    authorized.json("sync")
    before = authorized.json("transports", "--cui", CUI)
    assert before
    authorized.change("UPDATE accounts_company SET archived_at = now()")
    try:
        done = authorized.run("sync", "--cui", CUI)
        assert done.returncode == 2
        assert "is archived" in done.stderr
        assert authorized.json("transports", "--cui", CUI) == before
    finally:
        authorized.change("UPDATE accounts_company SET archived_at = NULL")


@pytest.mark.parametrize("cui", ["abc", "123", "14399841"])
def test_a_bad_cui_is_wrong_use_with_a_sentence(installation: Installation, cui: str) -> None:
    done = installation.run("transports", "--cui", cui)
    assert done.returncode == 2
    assert cui in done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_for_people_names_every_open_uit(authorized: Installation) -> None:
    authorized.json("sync")
    rows = authorized.json("transports", "--cui", CUI)
    table = authorized.run("transports", "--cui", CUI, COLUMNS="300").stdout
    assert rows
    assert all(row["uit"] in table for row in rows)


def test_the_table_for_people_is_a_line_per_uit_at_80_columns(authorized: Installation) -> None:
    authorized.json("sync")
    uits = [row["uit"] for row in authorized.json("transports", "--cui", CUI)]
    lines = authorized.run("transports", "--cui", CUI, COLUMNS="80").stdout.splitlines()
    assert sorted(line[:16] for line in lines[1:]) == sorted(uits)
    assert all(len(line) <= 80 for line in lines)
    for word in ("State", "Until", "Vehicle", "Route", "Declarant"):
        assert word in lines[0]
