"""The authorization: certificate, PIN, and the way back to the application."""

import re

import pytest

from tests.simulator_process import (
    REDIRECT_URI,
    SimulatorProcess,
    came_back,
    flow_of,
)

CHOOSE = "/anaf-oauth2/v1/authorize/certificate"
PIN = "/anaf-oauth2/v1/authorize/pin"


def test_the_chooser_shows_every_certificate_and_says_that_it_is_a_simulator(
    simulator: SimulatorProcess,
) -> None:
    page = simulator.http.get(simulator.authorize_url()).text
    assert re.findall(r'data-certificate="([^"]+)"', page) == [
        *("three", "single", "norights", "expired", "renewed")
    ]
    assert "Simulator ANAF" in page
    assert ">Continuă</button>" in page
    assert ">Anulează</button>" in page
    assert "<script" not in page


def test_certificate_and_pin_lead_back_with_a_code(simulator: SimulatorProcess) -> None:
    assert set(simulator.log_in()) == {"code"}


def test_a_state_comes_back_as_it_was_sent(simulator: SimulatorProcess) -> None:
    back = simulator.log_in(url=simulator.authorize_url(state="a b/ș&="))
    assert back["state"] == "a b/ș&="


@pytest.mark.parametrize("step", ["certificate", "pin"])
def test_cancelling_comes_back_as_access_denied(simulator: SimulatorProcess, step: str) -> None:
    page = simulator.http.get(simulator.authorize_url(state="s"))
    form = {"flow": flow_of(page), "certificate": "three", "action": "continue"}
    if step == "pin":
        simulator.http.post(simulator.url + CHOOSE, data=form)
    path = PIN if step == "pin" else CHOOSE
    back = came_back(simulator.http.post(simulator.url + path, data=form | {"action": "cancel"}))
    assert back["error"] == "access_denied"
    assert back["error_description"]
    assert back["state"] == "s"


def test_the_third_wrong_pin_ends_the_authorization(simulator: SimulatorProcess) -> None:
    page = simulator.http.get(simulator.authorize_url())
    form = {"flow": flow_of(page), "certificate": "three", "action": "continue"}
    simulator.http.post(simulator.url + CHOOSE, data=form)
    wrong = form | {"pin": "0000"}
    first = simulator.http.post(simulator.url + PIN, data=wrong)
    second = simulator.http.post(simulator.url + PIN, data=wrong)
    third = simulator.http.post(simulator.url + PIN, data=wrong)
    assert "Mai aveți 2 încercări" in first.text
    assert "Mai aveți o încercare" in second.text
    assert came_back(third)["error"] == "access_denied"


def test_a_right_pin_after_a_wrong_one_is_accepted(simulator: SimulatorProcess) -> None:
    page = simulator.http.get(simulator.authorize_url())
    form = {"flow": flow_of(page), "certificate": "three", "action": "continue"}
    simulator.http.post(simulator.url + CHOOSE, data=form)
    simulator.http.post(simulator.url + PIN, data=form | {"pin": "9"})
    assert "code" in came_back(
        simulator.http.post(simulator.url + PIN, data=form | {"pin": "1234"})
    )


@pytest.mark.parametrize("certificate", ["expired", "renewed"])
def test_certificates_anaf_does_not_accept_are_denied(
    simulator: SimulatorProcess, certificate: str
) -> None:
    assert simulator.log_in(certificate)["error"] == "access_denied"


def test_a_renewed_certificate_works_once_enrolled(simulator: SimulatorProcess) -> None:
    simulator.rights("renewed", enrolled=True)
    assert "code" in simulator.log_in("renewed")


def test_an_unknown_client_gets_a_page_and_no_redirect(simulator: SimulatorProcess) -> None:
    url = simulator.authorize_url().replace("client_id=simulator", "client_id=another")
    response = simulator.http.get(url)
    assert response.status_code == 400
    assert "client_id" in response.text


@pytest.mark.parametrize(
    "uri", ["https://example.com/callback", "http://127.0.0.1.example.com/", "javascript:alert(1)"]
)
def test_a_foreign_redirect_gets_a_page_and_no_redirect(
    simulator: SimulatorProcess, uri: str
) -> None:
    assert simulator.http.get(simulator.authorize_url(uri)).status_code == 400


@pytest.mark.parametrize("change", [{"response_type": "token"}, {"token_content_type": "opaque"}])
def test_only_the_documented_kind_of_authorization_is_known(
    simulator: SimulatorProcess, change: dict[str, str]
) -> None:
    assert simulator.http.get(simulator.authorize_url(**change)).status_code == 400


def test_registered_addresses_must_match_exactly() -> None:
    registered = "https://caraus.example/anaf/callback"
    with SimulatorProcess(redirect_uris=[registered]) as simulator:
        good = simulator.http.get(simulator.authorize_url(registered))
        longer = simulator.http.get(simulator.authorize_url(registered + "/"))
        loopback = simulator.http.get(simulator.authorize_url(REDIRECT_URI))
    assert [good.status_code, longer.status_code, loopback.status_code] == [200, 400, 400]


def test_strict_redirect_refuses_plain_http(simulator: SimulatorProcess) -> None:
    simulator.turn_on("strict_redirect")
    assert simulator.http.get(simulator.authorize_url()).status_code == 400


def test_login_denied_goes_back_at_once(simulator: SimulatorProcess) -> None:
    simulator.turn_on("login_denied")
    back = came_back(simulator.http.get(simulator.authorize_url(state="s")))
    assert (back["error"], back["state"]) == ("access_denied", "s")


def test_the_renewed_scenario_denies_every_certificate(simulator: SimulatorProcess) -> None:
    simulator.turn_on("renewed")
    assert simulator.log_in("three")["error"] == "access_denied"


def test_an_abandoned_login_says_so(simulator: SimulatorProcess) -> None:
    form = {"flow": "unknown", "pin": "1234", "action": "continue"}
    assert simulator.http.post(simulator.url + PIN, data=form).status_code == 400


def test_revoke_leads_to_the_login_wall(simulator: SimulatorProcess) -> None:
    response = simulator.http.post(simulator.url + "/anaf-oauth2/v1/revoke", data={"token": "x"})
    assert response.status_code == 302
    assert response.headers["location"] == "/my.policy"
