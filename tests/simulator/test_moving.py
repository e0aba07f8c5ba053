"""What happens in the world as the clock moves and as control calls change it."""

from datetime import datetime, timedelta

import pytest

from tests.simulator.conftest import BUSY, MEDIUM, SMALL, Info
from tests.simulator_process import SimulatorProcess


def uits(records: list[dict[str, object]]) -> set[object]:
    return {record["uit"] for record in records}


def test_a_day_later_new_uits_are_there_and_old_ones_are_not_listed(
    simulator: SimulatorProcess, info: Info
) -> None:
    before = uits(info())
    simulator.advance(days=1)
    after = uits(info())
    assert after - before
    assert before - after
    assert before & after


def test_the_clock_set_to_the_same_moment_shows_the_same_world(
    simulator: SimulatorProcess,
) -> None:
    simulator.set_clock("2026-07-15T12:00:00+03:00")
    first = simulator.active(BUSY)
    simulator.advance(days=40)
    assert simulator.active(BUSY) != first
    simulator.set_clock("2026-07-15T12:00:00")
    assert simulator.active(BUSY) == first


def test_an_added_uit_is_shown_at_once_with_the_fields_it_was_given(
    simulator: SimulatorProcess, info: Info
) -> None:
    added = simulator.add_uit(SMALL, nr_veh="B123ABC", nr_rem1=None, documente=["CMR 1"])
    record = added["record"]
    assert record in info(SMALL)
    assert record["nr_veh"] == "B123ABC"
    assert "nr_rem1" not in record
    assert record["documente"] == ["CMR 1"]


def test_an_added_uit_for_an_unknown_carrier_is_shown_too(
    simulator: SimulatorProcess, info: Info
) -> None:
    simulator.rights("three", cuis=["14399840"])
    assert info("14399840")["error"].startswith("Nu exista informatii")
    added = simulator.add_uit("14399840", data_transp="2026-07-15", operation="10")
    assert added["record"] is None or added["record"]["data_exp_uit"] == "2026-07-30T00:00:00"


def test_a_correction_changes_what_is_shown(simulator: SimulatorProcess, info: Info) -> None:
    uit = simulator.add_uit(MEDIUM)["uit"]
    day = datetime.fromisoformat(simulator.now()).date() + timedelta(days=1)
    simulator.correct(uit, nr_veh="CJ99ZZZ", data_transp=day.isoformat())
    (record,) = info(MEDIUM, uit=uit)
    assert record["nr_veh"] == "CJ99ZZZ"
    assert record["data_transp"] == f"{day}T00:00:00"
    assert record["data_exp_uit"] == f"{day + timedelta(days=5)}T00:00:00"
    assert "modif_veh" not in record


def test_a_vehicle_change_keeps_the_initial_plate_and_adds_modif_veh(
    simulator: SimulatorProcess, info: Info
) -> None:
    added = simulator.add_uit(MEDIUM, nr_veh="B10AAA")
    simulator.change_vehicle(added["uit"], nr_veh="B20BBB", obs="pană")
    (record,) = info(MEDIUM, uit=added["uit"])
    assert record["nr_veh"] == "B10AAA"
    (change,) = record["modif_veh"]
    assert (change["nr_veh"], change["obs"]) == ("B20BBB", "pană")
    assert {"data_modif_veh", "cod_decl", "data_decl"} <= set(change)


def test_a_deleted_uit_is_not_listed(simulator: SimulatorProcess, info: Info) -> None:
    uit = simulator.active(MEDIUM)[0]["uit"]
    simulator.withdraw(uit)
    assert uit not in uits(info(MEDIUM))


def test_a_uit_leaves_at_the_midnight_that_data_exp_uit_names(
    simulator: SimulatorProcess, info: Info
) -> None:
    simulator.set_clock("2026-07-15T12:00:00")
    uit = simulator.add_uit(SMALL, data_transp="2026-07-15")["uit"]
    simulator.set_clock("2026-07-19T23:59:50")
    assert uit in uits(info(SMALL))
    simulator.set_clock("2026-07-20T00:00:00")
    assert uit not in uits(info(SMALL))


def test_a_uit_without_an_end_is_shown_until_it_is_given_one(
    simulator: SimulatorProcess, info: Info
) -> None:
    uit = simulator.add_uit(SMALL, data_exp_uit=None)["uit"]
    (record,) = (record for record in info(SMALL) if record["uit"] == uit)
    assert record.get("data_exp_uit") is None
    simulator.correct(uit, data_exp_uit="2020-01-01T00:00:00")
    assert uit not in uits(info(SMALL))


def test_a_restart_with_the_same_seed_keeps_tokens_and_world() -> None:
    with SimulatorProcess(seed=11) as first:
        tokens = first.tokens()
        first.set_clock("2026-11-15T12:00:00")
        records = first.active(BUSY)
    with SimulatorProcess(seed=11) as second:
        second.set_clock("2026-11-15T12:00:00")
        assert second.api("info", tokens["access_token"], cui_op=BUSY).json() == records
        assert second.refresh(tokens["refresh_token"]).status_code == 200


def test_another_seed_refuses_the_tokens(simulator: SimulatorProcess, token: str) -> None:
    with SimulatorProcess(seed=12) as other_simulator:
        assert other_simulator.api("info", token, cui_op=BUSY).status_code == 401


@pytest.mark.parametrize("body", [{"advance_seconds": "x"}, {"set": "mâine"}, {"sett": "x"}])
def test_a_clock_call_without_sense_is_refused(
    simulator: SimulatorProcess, body: dict[str, str]
) -> None:
    response = simulator.http.post(simulator.control_url + "/_control/clock", json=body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_one_more_carrier_gets_a_life_of_its_own(simulator: SimulatorProcess, info: Info) -> None:
    added = simulator.control("carrier", {"cui": "14399840", "name": "NOU SRL", "per_day": 3})
    simulator.rights("three", cuis=["14399840"])
    assert added["active"] > 5
    assert len(info("14399840")) == added["active"]


def test_a_uit_with_wrong_check_digits_is_not_added(simulator: SimulatorProcess) -> None:
    body = {"cui": BUSY, "uit": "3V0P0L0P0T3JUW47"}
    response = simulator.http.post(simulator.control_url + "/_control/uit", json=body)
    assert response.status_code == 400
