"""The control API and the command line."""

import os
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from anaf_simulator.world import World
from tests.simulator.conftest import BUSY, MEDIUM, SINGLE, SMALL
from tests.simulator_process import SimulatorProcess

README = Path(__file__).parents[2] / "anaf_simulator" / "README.md"


def test_the_state_names_every_scenario(simulator: SimulatorProcess) -> None:
    state = simulator.state()
    assert state["seed"] == 1
    assert state["scenarios"] == []
    assert len(state["catalogue"]) >= 30
    assert all(scenario["summary"] for scenario in state["catalogue"].values())


def test_the_world_lists_carriers_certificates_and_pins(simulator: SimulatorProcess) -> None:
    world = simulator.world()
    assert [carrier["cui"] for carrier in world["carriers"]] == [BUSY, MEDIUM, SMALL, SINGLE]
    rights = {certificate["id"]: certificate["cuis"] for certificate in world["certificates"]}
    assert rights["three"] == [BUSY, MEDIUM, SMALL]
    assert rights["single"] == [SINGLE]
    assert rights["norights"] == []
    assert {certificate["pin"] for certificate in world["certificates"]} == {"1234"}
    expired = [certificate["id"] for certificate in world["certificates"] if certificate["expired"]]
    assert expired == ["expired"]
    assert [
        certificate["id"] for certificate in world["certificates"] if not certificate["enrolled"]
    ] == ["renewed"]


def test_both_ports_take_control_calls(simulator: SimulatorProcess) -> None:
    for url in (simulator.url, simulator.control_url):
        assert simulator.http.get(url + "/_control/").json()["seed"] == 1
    assert simulator.http.get(simulator.control_url + "/TestOauth/jaxrs/hello").status_code == 404


def test_every_call_is_reported_with_its_time_and_without_secrets(
    simulator: SimulatorProcess,
) -> None:
    tokens = simulator.tokens()
    simulator.refresh(tokens["refresh_token"])
    simulator.api("info", tokens["access_token"], cui_op=BUSY)
    calls = simulator.calls()
    assert [call["endpoint"] for call in calls] == [
        *("authorize", "authorize", "authorize", "token", "token", "info")
    ]
    last = calls[-1]
    assert datetime.fromisoformat(last["time"]).tzinfo is not None
    assert len(last["time"].split(".")[1].split("+")[0]) == 6
    assert (last["method"], last["status"], last["cui"]) == ("GET", 200, BUSY)
    assert last["query"] == {"cui_op": BUSY}
    assert last["serial"] == "2006051671C0FFEE01A2B3C4D5E6F701"
    assert last["duration_ms"] > 0
    assert [call["grant_type"] for call in simulator.calls("token")] == [
        *("authorization_code", "refresh_token")
    ]
    text = str(calls)
    for secret in (tokens["access_token"], tokens["refresh_token"], simulator.client_secret):
        assert secret not in text


def test_calls_are_cleared_on_demand(simulator: SimulatorProcess) -> None:
    simulator.http.get(simulator.url + "/nowhere")
    assert simulator.calls()[-1]["status"] == 404
    simulator.forget_calls()
    assert simulator.calls() == []


def test_a_reset_brings_everything_back(simulator: SimulatorProcess) -> None:
    before = simulator.world()["carriers"]
    simulator.turn_on("down_503")
    simulator.advance(days=3)
    simulator.add_uit(SMALL)
    simulator.rights("three", cuis=[])
    simulator.limits(per_minute=1)
    simulator.reset()
    state = simulator.state()
    assert state["scenarios"] == []
    assert state["offset_seconds"] == 0
    assert state["limits"]["per_minute"] == 1000
    assert simulator.world()["carriers"] == before
    assert simulator.calls() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("scenario", {"name": "nothing_of_the_kind"}),
        ("scenario", {"name": "slow", "endpoint": "nowhere"}),
        ("scenario", {"name": "slow", "times": 0}),
        ("scenario", {}),
        ("rights", {"certificate": "nobody", "cuis": []}),
        ("revoke", {"certificate": "nobody"}),
        ("limits", {"per_hour": 3}),
        ("uit", {}),
        ("uit", {"cui": BUSY, "nonsense": 1}),
        ("uit/UNKNOWN", {"nr_veh": "B1"}),
        ("vehicle-change/UNKNOWN", {}),
        ("carrier", {"cui": "14399841"}),
    ],
)
def test_control_calls_without_sense_are_refused_in_a_sentence(
    simulator: SimulatorProcess, path: str, body: dict[str, object]
) -> None:
    response = simulator.http.post(f"{simulator.control_url}/_control/{path}", json=body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_a_body_that_is_no_json_object_is_refused(simulator: SimulatorProcess) -> None:
    for content in (b"[1]", b"{"):
        url = simulator.control_url + "/_control/clock"
        assert simulator.http.post(url, content=content).status_code == 400


def test_all_of_a_uit_is_described(simulator: SimulatorProcess) -> None:
    uit = simulator.active(BUSY)[0]["uit"]
    description = simulator.describe_uit(uit)
    assert (description["uit"], description["cui"]) == (uit, BUSY)
    assert description["record"]["uit"] == uit
    assert datetime.fromisoformat(description["declared_at"]) < datetime.fromisoformat(
        simulator.now()
    )


def test_it_stops_on_a_signal_with_exit_code_0() -> None:
    simulator = SimulatorProcess()
    simulator.start()
    assert simulator.stop() == 0


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "anaf_simulator", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env=os.environ | environment,
    )


def test_scenarios_are_listed_one_a_line() -> None:
    done = run("--list-scenarios")
    assert done.returncode == 0
    assert any(line.split()[0] == "empty_once" for line in done.stdout.splitlines())


def test_an_unknown_scenario_is_wrong_use() -> None:
    done = run("--scenario", "sunshine")
    assert done.returncode == 2
    assert "sunshine" in done.stderr


def test_a_taken_port_gets_a_clear_sentence() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        done = run("--port", str(listener.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readme_describes_every_scenario_certificate_and_carrier(
    simulator: SimulatorProcess,
) -> None:
    readme = README.read_text(encoding="utf-8")
    state, world = simulator.state(), simulator.world()
    names = [
        *state["catalogue"],
        *(item["id"] for item in world["certificates"]),
        *(item["cui"] for item in world["carriers"]),
    ]
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_what_info_showed_at_past_moments(simulator: SimulatorProcess) -> None:
    moments = ["2026-07-15T09:30:00+00:00", "2026-07-14T12:30:00+03:00"]
    lists = simulator.control("past", {"cui": BUSY, "moments": moments})["lists"]
    world = World(1)
    assert lists == [world.active(BUSY, datetime.fromisoformat(moment)) for moment in moments]


@pytest.mark.parametrize("moments", ["2026-07-15T09:30:00Z", ["yesterday"], ["2026-07-15T09:30"]])
def test_past_moments_are_a_list_with_zones(simulator: SimulatorProcess, moments: object) -> None:
    address = f"{simulator.control_url}/_control/past"
    response = simulator.http.post(address, json={"cui": BUSY, "moments": moments})
    assert response.status_code == 400
