"""So many calls a minute, so many a day."""

from tests.simulator.conftest import BUSY, MEDIUM, SMALL, Info
from tests.simulator_process import SimulatorProcess


def statuses(simulator: SimulatorProcess, token: str, count: int) -> list[int]:
    return [simulator.api("info", token, cui_op=SMALL).status_code for _ in range(count)]


def test_above_the_limit_of_a_minute_calls_are_429(simulator: SimulatorProcess, token: str) -> None:
    simulator.limits(per_minute=3)
    assert statuses(simulator, token, 4) == [200, 200, 200, 429]
    simulator.advance(seconds=61)
    assert statuses(simulator, token, 1) == [200]


def test_the_minute_is_1000_calls_by_default(simulator: SimulatorProcess) -> None:
    assert simulator.state()["limits"]["per_minute"] == 1000


def test_the_limit_of_a_minute_has_a_retry_after_by_scenario(
    simulator: SimulatorProcess, token: str
) -> None:
    simulator.limits(per_minute=1)
    statuses(simulator, token, 1)
    bare = simulator.api("info", token, cui_op=SMALL)
    simulator.turn_on("retry_after")
    with_header = simulator.api("info", token, cui_op=SMALL)
    assert "retry-after" not in bare.headers
    assert with_header.headers["retry-after"] == "60"


def test_the_limit_counts_each_certificate_apart(simulator: SimulatorProcess, token: str) -> None:
    other_token = simulator.tokens("single")["access_token"]
    simulator.limits(per_minute=1)
    assert statuses(simulator, token, 2) == [200, 429]
    assert statuses(simulator, other_token, 1) == [200]


def test_lista_has_a_limit_of_a_day_with_http_200(simulator: SimulatorProcess, token: str) -> None:
    simulator.set_clock("2026-07-15T12:00:00")
    simulator.limits(lista_per_day=2)
    bodies = [simulator.api(f"lista/60/{BUSY}", token).json() for _ in range(3)]
    assert "mesaje" in bodies[1]
    assert bodies[2]["Errors"] == [
        {
            "errorMessage": "S-au facut deja 2 interogari de lista mesaje de catre utilizator "
            "in cursul zilei"
        }
    ]
    simulator.advance(days=1)
    assert "mesaje" in simulator.api(f"lista/60/{BUSY}", token).json()


def test_the_state_of_an_upload_is_answered_100_times_a_day(
    simulator: SimulatorProcess, token: str
) -> None:
    simulator.limits(stare_per_day=1)
    simulator.api("stareMesaj/5", token)
    body = simulator.api("stareMesaj/5", token).json()
    assert body["Errors"][0]["errorMessage"] == (
        "S-au facut deja 1 de verificari, pentru id-incarcare solicitat, in cursul zilei"
    )
    other_response = simulator.api("stareMesaj/6", token).json()
    assert other_response["Errors"][0]["errorMessage"].startswith("Nu exista declaratia")


def test_info_has_no_limit_of_a_day_unless_one_is_set(
    simulator: SimulatorProcess, info: Info
) -> None:
    assert simulator.state()["limits"]["info_per_day"] is None
    simulator.limits(info_per_day=1)
    assert isinstance(info(MEDIUM), list)
    assert info(MEDIUM)["error"].startswith("S-au facut deja 1 interogari")


def test_the_daily_limit_scenario_needs_no_thousand_calls(
    simulator: SimulatorProcess, token: str
) -> None:
    simulator.turn_on("daily_limit")
    lista = simulator.api(f"lista/1/{BUSY}", token).json()
    stare = simulator.api("stareMesaj/1", token).json()
    assert lista["Errors"][0]["errorMessage"].startswith("S-au facut deja 1000 interogari")
    assert stare["Errors"][0]["errorMessage"].startswith("S-au facut deja 100 de verificari")
