"""The service for carriers: its texts are those of swagger-info.json, letter by letter."""

from typing import Any

import pytest

from tests.simulator.conftest import BUSY, MEDIUM, SINGLE, SMALL, Info
from tests.simulator_process import SimulatorProcess


def test_it_answers_a_bare_array_of_the_active_notifications(
    simulator: SimulatorProcess, info: Info
) -> None:
    for cui in (BUSY, MEDIUM, SMALL):
        records = info(cui)
        assert isinstance(records, list)
        assert records == simulator.active(cui)
        assert {record["tr_cod"] for record in records} == {cui}


def test_both_environments_answer(simulator: SimulatorProcess, token: str) -> None:
    test = simulator.api("info", token, env="test", cui_op=BUSY)
    prod = simulator.api("info", token, env="prod", cui_op=BUSY)
    assert test.json() == prod.json()
    assert prod.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"cui_op": "abc"}, "cui_op introdus= abc nu este un numar"),
        ({"cui_op": BUSY, "cui_decl": "RO1"}, "cui_decl introdus= RO1 nu este un numar"),
        ({"cui_op": SINGLE}, f"Nu aveti drept in SPV pentru CIF={SINGLE}"),
        ({"cui_op": BUSY, "uit": "none"}, "Nu exista informatii pentru aceasta solicitare"),
    ],
)
def test_what_is_not_a_list_is_one_error_with_http_200(
    simulator: SimulatorProcess, token: str, query: dict[str, str], text: str
) -> None:
    response = simulator.api("info", token, **query)
    body = response.json()
    assert response.status_code == 200
    assert body["error"] == text
    assert set(body) == {"trace_id", "dateResponse", "error"}
    assert len(body["dateResponse"]) == 12


def test_a_certificate_without_rights_gets_a_token_that_opens_only_test_oauth(
    simulator: SimulatorProcess, session_tokens: dict[str, dict[str, Any]]
) -> None:
    token = session_tokens["norights"]["access_token"]
    body = simulator.api("info", token, cui_op=BUSY).json()
    assert body["error"] == "Nu exista niciun CIF petru care sa aveti drept in SPV"
    hello = simulator.http.get(
        simulator.url + "/TestOauth/jaxrs/hello",
        params={"name": "Test"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert hello.text.startswith("Hello, Test!\nheaders=key=")
    assert "key=serial_certificate\nval=[19AB00CD11EF22334455667788990003]" in hello.text
    assert token not in hello.text


def test_without_cui_op_the_call_is_wrong(simulator: SimulatorProcess, token: str) -> None:
    response = simulator.api("info", token)
    assert response.status_code == 400
    body = response.json()
    assert body["message"] == "Parametrul cui_op este obligatoriu"
    assert set(body) == {"timestamp", "status", "error", "message"}


def test_no_token_or_a_bad_one_is_401(simulator: SimulatorProcess) -> None:
    bare = simulator.http.get(f"{simulator.url}/prod/ETRANSPORT/ws/v1/info?cui_op={BUSY}")
    bad = simulator.api("info", "x.y.z", cui_op=BUSY)
    assert [bare.status_code, bad.status_code] == [401, 401]
    assert "invalid_token" in bad.headers["www-authenticate"]


def test_the_optional_parameters_filter(simulator: SimulatorProcess, info: Info) -> None:
    added = simulator.add_uit(BUSY, ref_decl="REF 7/ș", cod_decl=900100003)["record"]
    assert info(uit=added["uit"]) == [added]
    assert info(ref_decl="REF 7/ș") == [added]
    assert added in info(cui_decl="900100003")


def test_rights_given_later_open_another_carrier(simulator: SimulatorProcess, info: Info) -> None:
    simulator.rights("three", cuis=[BUSY, SINGLE])
    assert info(SINGLE) == simulator.active(SINGLE)
    assert "error" in info(MEDIUM)


def test_an_unknown_path_is_404_in_json(simulator: SimulatorProcess, token: str) -> None:
    body = simulator.api("descarcare/1", token).json()
    assert (body["status"], body["error"]) == (404, "Not Found")
    assert body["path"] == "/prod/ETRANSPORT/ws/v1/descarcare/1"
