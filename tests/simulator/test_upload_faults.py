"""Each fault of filing by its name: what the client gets, and what has happened all the same."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests import plain_http
from tests.authorizations.processes import until
from tests.simulator import declarations
from tests.simulator.conftest import BUSY, MEDIUM, Info
from tests.simulator_process import SimulatorProcess

PROCESSED = 121
"""Seconds after which the processing is over, which takes 120 here: no slow machine gets there."""

type Send = Callable[..., httpx2.Response]
type Stare = Callable[[], Any]


@pytest.fixture
def uit(simulator: SimulatorProcess) -> str:
    simulator.set_clock("2026-07-15T12:00:00")
    simulator.limits(processing_seconds=120)
    added = simulator.add_uit(BUSY, cod_decl=900100003, data_transp="2026-07-15")
    return str(added["uit"])


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    """Open a client of its own: its connection may be cut."""
    with plain_http.client(timeout=10) as client:
        yield client


@pytest.fixture
def send(client: httpx2.Client, simulator: SimulatorProcess, token: str, uit: str) -> Send:
    """File a change of the UIT's vehicle."""

    def send(**fields: str) -> httpx2.Response:
        return client.post(
            f"{simulator.url}/prod/ETRANSPORT/ws/v1/upload/ETRANSP/{BUSY}/2",
            content=declarations.modif_vehicul(uit, **fields),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/xml"},
        )

    return send


@pytest.fixture
def stare(simulator: SimulatorProcess, token: str) -> Stare:
    """Ask for the state of the last upload."""

    def poll() -> Any:
        index = simulator.uploads()[-1]["index"]
        return simulator.api(f"stareMesaj/{index}", token).json()

    return poll


def changes(info: Info, uit: str) -> list[Any]:
    changes: list[Any] = info(uit=uit)[0].get("modif_veh", [])
    return changes


def test_a_response_lost_before_the_effect(
    simulator: SimulatorProcess, send: Send, info: Info, uit: str
) -> None:
    simulator.turn_on("upload_lost_before", times=1)
    with pytest.raises(httpx2.TransportError):
        send()
    assert simulator.uploads() == []
    simulator.advance(seconds=PROCESSED)
    assert changes(info, uit) == []
    (call,) = simulator.calls("upload")
    assert (call["status"], call["note"]) == (None, "connection reset")
    assert "index_incarcare" in send().json()


def test_a_response_lost_after_the_effect(
    simulator: SimulatorProcess, send: Send, info: Info, uit: str
) -> None:
    simulator.turn_on("upload_lost_after")
    with pytest.raises(httpx2.TransportError):
        send()
    simulator.advance(seconds=PROCESSED)
    assert [upload["state"] for upload in simulator.uploads()] == ["ok"]
    assert len(changes(info, uit)) == 1


def test_a_response_that_never_comes_after_the_effect(
    simulator: SimulatorProcess, client: httpx2.Client, send: Send, info: Info, uit: str
) -> None:
    simulator.turn_on("upload_lost_after", how="silence")
    client.timeout = httpx2.Timeout(0.5)
    with pytest.raises(httpx2.ReadTimeout):
        send()
    until(simulator.uploads)
    simulator.advance(seconds=PROCESSED)
    assert len(changes(info, uit)) == 1


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [("upload_502_after", 502, "502 Bad Gateway"), ("upload_html_after", 200, "Request Rejected")],
)
def test_a_page_in_place_of_the_response_after_the_effect(
    simulator: SimulatorProcess,
    send: Send,
    info: Info,
    uit: str,
    name: str,
    status: int,
    text: str,
) -> None:
    simulator.turn_on(name)
    response = send()
    assert (response.status_code, text in response.text) == (status, True)
    assert response.headers["content-type"].startswith("text/html")
    simulator.advance(seconds=PROCESSED)
    assert len(changes(info, uit)) == 1


@pytest.mark.parametrize("name", ["html_rejected", "down_502", "empty_body", "forbidden"])
def test_a_response_in_place_of_the_service_has_no_effect(
    simulator: SimulatorProcess, send: Send, name: str
) -> None:
    simulator.turn_on(name, endpoint="upload")
    assert "index_incarcare" not in send().text
    assert simulator.uploads() == []


def test_cut_json_hides_an_effect(simulator: SimulatorProcess, send: Send) -> None:
    simulator.turn_on("cut_json", endpoint="upload")
    assert not send().text.endswith("}")
    assert len(simulator.uploads()) == 1


def test_errors_at_the_upload_have_no_effect(simulator: SimulatorProcess, send: Send) -> None:
    simulator.turn_on("upload_errors")
    body = send().json()
    assert body["ExecutionStatus"] == 1
    assert body["Errors"] == [{"errorMessage": "A aparut o eroare tehnica. Cod: SIM-500"}]
    simulator.turn_on("upload_errors", text="Alt motiv")
    assert send().json()["Errors"] == [{"errorMessage": "Alt motiv"}]
    assert simulator.uploads() == []


def test_the_processing_takes_as_long_as_its_limit_says(
    simulator: SimulatorProcess, send: Send, stare: Stare, info: Info, uit: str
) -> None:
    simulator.limits(processing_seconds=900)
    send()
    simulator.advance(seconds=700)
    assert stare()["stare"] == "in prelucrare"
    assert changes(info, uit) == []
    simulator.advance(seconds=201)
    assert stare()["stare"] == "ok"
    assert len(changes(info, uit)) == 1


def test_a_stuck_processing_may_have_had_its_effect(
    simulator: SimulatorProcess, send: Send, stare: Stare, info: Info, uit: str
) -> None:
    simulator.turn_on("upload_stuck")
    send()
    simulator.advance(seconds=600)
    assert stare()["stare"] == "in prelucrare"
    assert len(changes(info, uit)) == 1


def test_a_good_change_may_end_as_nok(
    simulator: SimulatorProcess, send: Send, stare: Stare, info: Info, uit: str, token: str
) -> None:
    words = "tipAssert=FailedAssert; codEroare=BR-031; textEroare=[BR-031]-Numar gresit."
    simulator.turn_on("upload_nok", text=words, times=1)
    send()
    assert stare()["stare"] == "in prelucrare"
    simulator.advance(seconds=PROCESSED)
    assert (stare()["stare"], stare()["Errors"]) == ("nok", [{"errorMessage": words}])
    assert changes(info, uit) == []
    messages = simulator.api(f"lista/1/{BUSY}", token).json()["mesaje"]
    (failed,) = (message for message in messages if message["stare"] == "ERR")
    assert failed["mesaje"] == [{"tip": "ERR", "mesaj": words}]
    send()
    simulator.advance(seconds=PROCESSED)
    assert stare()["stare"] == "ok"


def test_a_file_that_was_not_taken_has_no_effect(
    simulator: SimulatorProcess, send: Send, stare: Stare, info: Info, uit: str
) -> None:
    simulator.turn_on("upload_xml_error", endpoint="upload", times=1)
    send()
    assert stare()["stare"] == "in prelucrare"
    simulator.advance(seconds=PROCESSED)
    response = stare()
    assert (response["stare"], response["ExecutionStatus"]) == (
        "XML cu erori nepreluat de sistem",
        0,
    )
    assert "Errors" not in response
    assert changes(info, uit) == []


def test_the_same_change_is_taken_twice_by_default(
    simulator: SimulatorProcess, send: Send, stare: Stare, info: Info, uit: str
) -> None:
    """Nothing public forbids it."""
    send(refDeclarant="CRS-1")
    send(refDeclarant="CRS-2")
    simulator.advance(seconds=PROCESSED)
    assert len(changes(info, uit)) == 2
    simulator.turn_on("upload_duplicate_refused")
    send(refDeclarant="CRS-3")
    simulator.advance(seconds=PROCESSED)
    assert stare()["stare"] == "nok"
    send(refDeclarant="CRS-4", nrVehicul="CJ88CAR")
    simulator.advance(seconds=PROCESSED)
    assert stare()["stare"] == "ok"


def test_a_request_of_the_state_may_fail(
    simulator: SimulatorProcess, send: Send, stare: Stare
) -> None:
    send()
    simulator.advance(seconds=PROCESSED)
    simulator.turn_on("stare_fails", times=1)
    failed = stare()
    assert "stare" not in failed
    assert failed["Errors"][0]["errorMessage"].startswith("Nu exista declaratia de transport cu")
    assert stare()["stare"] == "ok"
    simulator.turn_on("stare_fails", text="Alt motiv")
    assert stare()["Errors"] == [{"errorMessage": "Alt motiv"}]


def test_the_hundred_and_first_request_of_a_day_is_refused(
    simulator: SimulatorProcess, send: Send, stare: Stare
) -> None:
    assert simulator.state()["limits"]["stare_per_day"] == 100
    simulator.limits(stare_per_day=2)
    send()
    assert [stare().get("stare") for _ in range(3)] == ["in prelucrare", "in prelucrare", None]
    simulator.set_clock("2026-07-16T00:00:01")
    assert stare()["stare"] == "ok"


def test_info_may_lag_behind(
    simulator: SimulatorProcess, send: Send, stare: Stare, info: Info, uit: str
) -> None:
    simulator.turn_on("info_lags", seconds=60)
    send()
    simulator.advance(seconds=PROCESSED)
    assert stare()["stare"] == "ok"
    assert changes(info, uit) == []
    simulator.advance(seconds=60)
    assert len(changes(info, uit)) == 1


def test_lista_may_lag_behind(
    simulator: SimulatorProcess, send: Send, uit: str, token: str
) -> None:
    def shown() -> list[Any]:
        body = simulator.api(f"lista/1/{BUSY}", token).json()
        return [row["tip"] for row in body.get("mesaje", []) if row.get("uit") == uit]

    simulator.turn_on("lista_lags")
    send()
    simulator.advance(seconds=600)
    assert shown() == []
    simulator.advance(seconds=500)
    assert shown() == ["MVH"]


def test_a_fault_of_filing_can_be_limited_to_a_carrier(
    simulator: SimulatorProcess, send: Send
) -> None:
    simulator.turn_on("upload_errors", cui=MEDIUM)
    assert "index_incarcare" in send().json()
