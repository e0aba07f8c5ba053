"""Codes against tokens, refreshing, and how long it all lives."""

from typing import Any

import httpx2
import jwt
import pytest

from tests.simulator.conftest import BUSY
from tests.simulator_process import SimulatorProcess

DAY = 86_400


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def test_tokens_are_signed_jwts_with_the_documented_lives(simulator: SimulatorProcess) -> None:
    response = simulator.tokens()
    access, refresh = claims(response["access_token"]), claims(response["refresh_token"])
    assert response["token_type"] == "Bearer"
    assert response["expires_in"] == 90 * DAY
    assert jwt.get_unverified_header(response["access_token"])["alg"] == "RS512"
    assert access["exp"] - access["iat"] == 90 * DAY
    assert refresh["exp"] - refresh["iat"] == 365 * DAY
    assert access["iss"] == "Anaf"
    assert access["serial_certificate"] == "2006051671C0FFEE01A2B3C4D5E6F701"
    assert access["client_id"] == simulator.client_id


def test_short_tokens_live_as_long_as_the_scenario_says(simulator: SimulatorProcess) -> None:
    simulator.turn_on("short_tokens", seconds=120)
    response = simulator.tokens()
    access = claims(response["access_token"])
    assert (response["expires_in"], access["exp"] - access["iat"]) == (120, 120)
    assert simulator.api("info", response["access_token"], cui_op=BUSY).status_code == 200
    simulator.advance(seconds=121)
    assert simulator.api("info", response["access_token"], cui_op=BUSY).status_code == 401
    simulator.turn_off("short_tokens")
    assert simulator.refresh(response["refresh_token"]).json()["expires_in"] == 90 * DAY


def test_a_code_works_once(simulator: SimulatorProcess) -> None:
    code = simulator.log_in()["code"]
    assert simulator.exchange(code).status_code == 200
    second_response = simulator.exchange(code)
    assert second_response.status_code == 400
    assert second_response.json()["error"] == "invalid_request"


def test_a_code_lives_60_seconds(simulator: SimulatorProcess) -> None:
    code = simulator.log_in()["code"]
    simulator.advance(seconds=58)
    assert simulator.exchange(code).status_code == 200
    late = simulator.log_in()["code"]
    simulator.advance(seconds=61)
    assert simulator.exchange(late).json()["error"] == "invalid_request"


def test_a_late_code_resets_the_connection_by_scenario(simulator: SimulatorProcess) -> None:
    simulator.turn_on("late_code_reset")
    code = simulator.log_in()["code"]
    simulator.advance(seconds=61)
    with pytest.raises(httpx2.TransportError):
        simulator.exchange(code)
    assert simulator.calls("token")[-1]["status"] is None


def test_a_code_is_bound_to_its_redirect_address(simulator: SimulatorProcess) -> None:
    code = simulator.log_in()["code"]
    refused = simulator.exchange(code, "http://127.0.0.1:9/other")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


def test_the_exchange_requires_a_jwt(simulator: SimulatorProcess) -> None:
    code = simulator.log_in()["code"]
    refused = simulator.token_call(grant_type="authorization_code", code=code)
    assert refused.json()["error"] == "invalid_request"


def test_only_http_basic_authenticates_the_client(simulator: SimulatorProcess) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    url = simulator.url + "/anaf-oauth2/v1/token"
    in_body = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    wrong = simulator.http.post(url, data=form, auth=(simulator.client_id, "wrong"))
    body = simulator.http.post(url, data=form | in_body)
    assert [wrong.status_code, body.status_code] == [400, 400]
    assert wrong.json()["error"] == body.json()["error"] == "invalid_client"


def test_a_refresh_gives_two_new_tokens_and_the_old_one_stays_usable(
    simulator: SimulatorProcess,
) -> None:
    old = simulator.tokens()
    new = simulator.refresh(old["refresh_token"]).json()
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert simulator.refresh(old["refresh_token"]).status_code == 200


def test_the_old_refresh_token_dies_by_scenario(simulator: SimulatorProcess) -> None:
    simulator.turn_on("refresh_kills_old")
    old = simulator.tokens()["refresh_token"]
    new = simulator.refresh(old).json()["refresh_token"]
    assert simulator.refresh(old).json()["error"] == "invalid_request"
    assert simulator.refresh(new).status_code == 200


def test_a_refresh_starts_the_365_days_anew(simulator: SimulatorProcess) -> None:
    first = simulator.tokens()["refresh_token"]
    simulator.advance(days=100)
    second = simulator.refresh(first).json()["refresh_token"]
    assert claims(second)["exp"] - claims(first)["exp"] == pytest.approx(100 * DAY, abs=5)


def test_a_refresh_keeps_the_first_end_by_scenario(simulator: SimulatorProcess) -> None:
    simulator.turn_on("refresh_keeps_end")
    first = simulator.tokens()["refresh_token"]
    simulator.advance(days=100)
    second = simulator.refresh(first).json()["refresh_token"]
    assert claims(second)["exp"] == claims(first)["exp"]


def test_no_refresh_lives_past_two_years_from_the_first_authorization(
    simulator: SimulatorProcess,
) -> None:
    first = refresh = simulator.tokens()["refresh_token"]
    for _ in range(2):
        simulator.advance(days=300)
        refresh = simulator.refresh(refresh).json()["refresh_token"]
    end = claims(first)["first_authorization"] + 730 * DAY
    assert claims(refresh)["exp"] == end
    simulator.advance(days=131)
    assert simulator.refresh(refresh).status_code == 400


def test_a_refresh_token_dies_after_365_days(simulator: SimulatorProcess) -> None:
    refresh = simulator.tokens()["refresh_token"]
    simulator.advance(days=364)
    assert simulator.refresh(refresh).status_code == 200
    simulator.advance(days=2)
    assert simulator.refresh(refresh).status_code == 400


def test_an_access_token_dies_after_90_days(simulator: SimulatorProcess) -> None:
    access = simulator.tokens()["access_token"]
    simulator.advance(days=89)
    assert simulator.api("info", access, cui_op=BUSY).status_code == 200
    simulator.advance(days=2)
    assert simulator.api("info", access, cui_op=BUSY).status_code == 401


def test_a_changed_or_wrong_kind_of_token_opens_nothing(simulator: SimulatorProcess) -> None:
    response = simulator.tokens()
    head, body, signature = response["access_token"].split(".")
    forged = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
    for token in (forged, "x", response["refresh_token"]):
        assert simulator.api("info", token, cui_op=BUSY).status_code == 401
    assert simulator.refresh(response["access_token"]).status_code == 400


def test_giving_up_the_authorization_kills_its_tokens(simulator: SimulatorProcess) -> None:
    response = simulator.tokens("single")
    simulator.advance(seconds=2)
    simulator.revoke("single")
    assert simulator.refresh(response["refresh_token"]).status_code == 400
    assert simulator.api("info", response["access_token"], cui_op="900040403").status_code == 401
    simulator.advance(seconds=2)
    assert simulator.refresh(simulator.tokens("single")["refresh_token"]).status_code == 200


def test_invalid_grant_is_the_error_by_scenario(simulator: SimulatorProcess) -> None:
    simulator.turn_on("invalid_grant")
    assert simulator.refresh("nonsense").json()["error"] == "invalid_grant"
    assert simulator.exchange("nonsense").json()["error"] == "invalid_grant"


def test_refresh_rejected_affects_refreshes_alone(simulator: SimulatorProcess) -> None:
    refresh = simulator.tokens()["refresh_token"]
    simulator.turn_on("refresh_rejected")
    assert simulator.refresh(refresh).status_code == 400
    assert simulator.tokens()["access_token"]


def test_an_opaque_refresh_token_refreshes_too(simulator: SimulatorProcess) -> None:
    simulator.turn_on("refresh_opaque")
    refresh = simulator.tokens()["refresh_token"]
    with pytest.raises(jwt.InvalidTokenError):
        claims(refresh)
    assert simulator.refresh(refresh).status_code == 200


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (None, {"role": ["EFACTURA", "ETRANSPORT", "HELLO"]}),
        ({"form": "text"}, {"role": "EFACTURA,ETRANSPORT,HELLO"}),
        ({"form": "list", "names": ["EFACTURA"]}, {"role": ["EFACTURA"]}),
        ({"form": "text", "names": [], "claim": "roles"}, {"roles": ""}),
        ({"form": "absent"}, {}),
    ],
)
def test_the_access_token_names_its_roles_in_each_form(
    simulator: SimulatorProcess, options: dict[str, Any] | None, expected: dict[str, Any]
) -> None:
    if options is not None:
        simulator.turn_on("roles", **options)
    tokens = simulator.tokens()
    for issued in (tokens, simulator.refresh(tokens["refresh_token"]).json()):
        in_token = claims(issued["access_token"])
        assert {name: in_token[name] for name in ("role", "roles") if name in in_token} == expected
    assert "role" not in claims(tokens["refresh_token"])


def test_an_unknown_grant_type_is_refused(simulator: SimulatorProcess) -> None:
    assert simulator.token_call(grant_type="password").status_code == 400
