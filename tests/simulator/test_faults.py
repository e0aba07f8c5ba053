"""Each fault by its name."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from anaf_simulator.scenarios import CATALOGUE, ENDPOINTS
from tests.authorizations.processes import until
from tests.simulator.conftest import BUSY, MEDIUM, SINGLE, SMALL, Info
from tests.simulator_process import SimulatorProcess


def poll(simulator: SimulatorProcess, token: str, cui: str = BUSY) -> httpx2.Response:
    return simulator.api("info", token, cui_op=cui)


def test_down_refused_closes_the_port_and_leaves_the_control_port(
    simulator: SimulatorProcess, token: str
) -> None:
    simulator.turn_on("down_refused")
    with pytest.raises(httpx2.ConnectError):
        poll(simulator, token)
    simulator.turn_off("down_refused")
    assert poll(simulator, token).status_code == 200


def test_down_refused_through_the_main_port_answers_before_it_closes(
    simulator: SimulatorProcess,
) -> None:
    body = {"name": "down_refused", "on": True}
    response = simulator.http.post(simulator.url + "/_control/scenario", json=body)
    assert response.status_code == 200
    deadline = time.monotonic() + 5
    while is_responding(simulator):
        assert time.monotonic() < deadline


def is_responding(simulator: SimulatorProcess) -> bool:
    try:
        simulator.http.get(simulator.url + "/_control/clock")
    except httpx2.TransportError:
        return False
    return True


def test_down_refused_holds_from_the_start() -> None:
    with SimulatorProcess(scenarios=["down_refused"]) as simulator:
        with pytest.raises(httpx2.ConnectError):
            simulator.http.get(simulator.url)
        simulator.turn_off("down_refused")
        assert simulator.http.get(simulator.url).status_code == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("down_502", 502),
        ("down_503", 503),
        ("html_rejected", 200),
        ("my_policy", 302),
        ("rate_limited_bare", 429),
        ("token_refused", 401),
        ("forbidden", 403),
        ("not_enrolled_app", 403),
        ("empty_body", 200),
    ],
)
def test_faults_in_place_of_a_response(
    simulator: SimulatorProcess, token: str, name: str, status: int
) -> None:
    simulator.turn_on(name)
    assert poll(simulator, token).status_code == status
    simulator.turn_off(name)
    assert poll(simulator, token).status_code == 200


def test_held_answers_when_it_is_switched_off(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("held", endpoint="info")
    with ThreadPoolExecutor(1) as thread:
        response = thread.submit(poll, simulator, token)
        until(lambda: simulator.calls("info"))
        assert not response.done()
        simulator.turn_off("held")
        assert response.result(10).status_code == 200


def test_html_rejected_is_the_page_of_the_firewall(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("html_rejected")
    response = poll(simulator, token)
    assert response.headers["content-type"].startswith("text/html")
    assert "<title>Request Rejected</title>" in response.text
    assert "Your support ID is: " in response.text


def test_an_application_not_enrolled_reaches_only_test_oauth(
    simulator: SimulatorProcess, token: str
) -> None:
    simulator.turn_on("not_enrolled_app")
    hello = simulator.http.get(
        simulator.url + "/TestOauth/jaxrs/hello", headers={"Authorization": f"Bearer {token}"}
    )
    assert hello.status_code == 200


def test_rate_limited_says_when_to_come_back(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("rate_limited", seconds=7)
    assert poll(simulator, token).headers["retry-after"] == "7"
    simulator.turn_off("rate_limited")
    simulator.turn_on("rate_limited_bare")
    assert "retry-after" not in poll(simulator, token).headers


def test_slow_answers_late_but_rightly(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("slow", seconds=0.4)
    started = time.monotonic()
    response = poll(simulator, token)
    assert time.monotonic() - started >= 0.4
    assert response.json() == simulator.active(BUSY)


@pytest.mark.parametrize("name", ["timeout", "token_timeout"])
def test_timeouts_end_when_the_client_gives_up(simulator: SimulatorProcess, name: str) -> None:
    simulator.turn_on(name)
    path = "anaf-oauth2/v1/token" if name == "token_timeout" else "prod/ETRANSPORT/ws/v1/info"
    verb = "POST" if name == "token_timeout" else "GET"
    with pytest.raises(httpx2.ReadTimeout):
        simulator.http.request(verb, f"{simulator.url}/{path}", timeout=0.3)
    assert simulator.calls()[-1]["status"] is None


def test_a_hanging_call_does_not_keep_the_simulator_from_stopping() -> None:
    with SimulatorProcess(scenarios=["timeout"]) as simulator:
        with pytest.raises(httpx2.ReadTimeout):
            simulator.http.get(simulator.url + "/TestOauth/jaxrs/hello", timeout=0.2)
        assert simulator.stop() == 0


def test_cut_json_is_the_beginning_of_the_truth(simulator: SimulatorProcess, token: str) -> None:
    whole = poll(simulator, token).content
    simulator.turn_on("cut_json")
    cut = poll(simulator, token)
    assert whole.startswith(cut.content)  # a letter may be cut too
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.text)


def test_an_empty_body_is_empty(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("empty_body")
    assert poll(simulator, token).content == b""


def test_text_json_is_json_under_a_wrong_name(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("text_json")
    response = poll(simulator, token)
    assert response.headers["content-type"].startswith("text/plain")
    assert response.json() == simulator.active(BUSY)


@pytest.mark.parametrize("kind", ["string", "missing_uit", "null", "number"])
def test_a_malformed_record_stands_among_all_the_good_ones(
    simulator: SimulatorProcess, info: Info, kind: str
) -> None:
    good = info(MEDIUM)
    simulator.turn_on("malformed_record", kind=kind)
    mixed = info(MEDIUM)
    bad = [record for record in mixed if record not in good]
    assert len(mixed) == len(good) + 1
    assert [record for record in mixed if record in good] == good
    assert len(bad) == 1
    assert not (isinstance(bad[0], dict) and "uit" in bad[0])


def test_a_malformed_record_with_bad_dates_keeps_its_uit(
    simulator: SimulatorProcess, info: Info
) -> None:
    good = info(MEDIUM)
    simulator.turn_on("malformed_record", kind="bad_date")
    mixed = info(MEDIUM)
    assert [record["uit"] for record in mixed] == [record["uit"] for record in good]
    (bad,) = (record for record in mixed if record not in good)
    assert bad["data_transp"] == "ieri"


def test_an_odd_field_is_put_over_one_record_or_all(
    simulator: SimulatorProcess, info: Info
) -> None:
    good = info(MEDIUM)
    simulator.turn_on("odd_field", fields={"data_exp_uit": "-", "nr_veh": []}, without=["tr_den"])
    first, *others = info(MEDIUM)
    expected = good[0] | {"data_exp_uit": "-", "nr_veh": []}
    expected.pop("tr_den")
    assert first == expected
    assert others == good[1:]
    simulator.turn_on("odd_field", all=True, fields={"loc_start": None})
    assert {str(record["loc_start"]) for record in info(MEDIUM)} == {"None"}


def test_a_raw_response_is_sent_as_it_was_given(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("raw_answer", status=204, body=None)
    assert (poll(simulator, token).status_code, poll(simulator, token).content) == (204, b"")
    simulator.turn_on("raw_answer", status=403, body="Gata", content_type="text/plain")
    response = poll(simulator, token)
    assert (response.status_code, response.text) == (403, "Gata")
    assert response.headers["content-type"].startswith("text/plain")
    simulator.turn_on("raw_answer", body={"items": []})
    assert poll(simulator, token).json() == {"items": []}
    simulator.turn_on("raw_answer", body="ab", repeat=3)
    assert poll(simulator, token).text == "ababab"


def test_empty_once_is_over_after_one_request(simulator: SimulatorProcess, info: Info) -> None:
    simulator.turn_on("empty_once")
    assert info()["error"] == "Nu exista informatii pentru aceasta solicitare"
    assert info() == simulator.active(BUSY)


def test_empty_lasts(simulator: SimulatorProcess, info: Info) -> None:
    simulator.turn_on("empty")
    assert "error" in info()
    assert "error" in info()
    simulator.turn_on("empty_array")
    assert info() == []


def test_error_objects_have_the_words_of_the_swagger(
    simulator: SimulatorProcess, info: Info
) -> None:
    errors = {}
    for name in ("technical_error", "no_rights_cui", "no_rights", "daily_limit"):
        simulator.turn_on(name)
        errors[name] = info()["error"]
        simulator.turn_off(name)
    assert errors["technical_error"].startswith("A aparut o eroare tehnica. Cod: ")
    assert errors["no_rights_cui"] == f"Nu aveti drept in SPV pentru CIF={BUSY}"
    assert errors["no_rights"] == "Nu exista niciun CIF petru care sa aveti drept in SPV"
    assert errors["daily_limit"].startswith("S-au facut deja 1000 ")
    assert errors["daily_limit"].endswith(" in cursul zilei")


def test_no_rights_is_403_by_scenario(
    simulator: SimulatorProcess, session_tokens: dict[str, dict[str, Any]], token: str
) -> None:
    simulator.turn_on("no_rights_403")
    assert poll(simulator, session_tokens["norights"]["access_token"]).status_code == 403
    assert poll(simulator, token).status_code == 200


def test_documents_come_in_the_shape_either_text_promises(
    simulator: SimulatorProcess, info: Info
) -> None:
    simulator.turn_on("documents_as_string")
    assert {type(record["documente"]) for record in info()} == {str}
    simulator.turn_off("documents_as_string")
    simulator.turn_on("documents_as_list")
    assert {type(record["documente"]) for record in info()} == {list}


def test_the_token_endpoint_alone_is_down(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("token_endpoint_down")
    assert simulator.refresh("x").status_code == 503
    assert poll(simulator, token).status_code == 200
    simulator.turn_off("token_endpoint_down")
    simulator.turn_on("token_html")
    assert "Request Rejected" in simulator.refresh("x").text


def test_a_fault_can_be_limited_to_some_calls(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("down_503", times=2)
    statuses = [poll(simulator, token).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]


def test_a_fault_can_be_limited_to_a_carrier(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("down_502", cui=MEDIUM)
    statuses = [poll(simulator, token, cui).status_code for cui in (BUSY, MEDIUM, SMALL)]
    assert statuses == [200, 502, 200]


def test_a_fault_can_be_limited_to_an_endpoint(simulator: SimulatorProcess, token: str) -> None:
    simulator.turn_on("down_503", endpoint="lista")
    assert poll(simulator, token).status_code == 200
    assert simulator.api(f"lista/1/{BUSY}", token).status_code == 503


def test_several_faults_can_be_on_at_once(simulator: SimulatorProcess, info: Info) -> None:
    simulator.turn_on("slow", seconds=0.05)
    simulator.turn_on("malformed_record", cui=MEDIUM)
    simulator.turn_on("empty", cui=SMALL)
    assert "eroare la citirea notificarii" in info(MEDIUM)
    assert "error" in info(SMALL)
    assert [scenario["name"] for scenario in simulator.state()["scenarios"]] == [
        *("slow", "malformed_record", "empty")
    ]


def test_every_scenario_is_described_and_tested_by_name() -> None:
    tested = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
    )
    for scenario in CATALOGUE.values():
        assert scenario.summary
        assert scenario.source
        assert scenario.endpoints <= ENDPOINTS
        assert f'"{scenario.name}"' in tested, scenario.name


def test_a_right_for_another_carrier_is_no_right(
    simulator: SimulatorProcess, session_tokens: dict[str, dict[str, Any]]
) -> None:
    token = session_tokens["single"]["access_token"]
    assert poll(simulator, token, SINGLE).json() == simulator.active(SINGLE)
    assert poll(simulator, token, BUSY).json()["error"].endswith(f"CIF={BUSY}")
