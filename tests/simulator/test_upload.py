"""Uploading declarations, asking for their state, and listing them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx2
import pytest

from anaf_simulator.codes import is_uit
from tests.simulator import declarations
from tests.simulator.conftest import BUSY, MEDIUM, SINGLE, Info
from tests.simulator_process import SimulatorProcess

TODAY = date(2026, 7, 15)
PROCESSED = 121
"""Seconds after which the processing is over, which takes 120 here: no slow machine gets there."""

type Send = Callable[..., httpx2.Response]
type State = Callable[[object], Any]


@pytest.fixture(autouse=True)
def _one_moment(simulator: SimulatorProcess) -> None:
    simulator.set_clock(f"{TODAY}T12:00:00")
    simulator.limits(processing_seconds=120)


@pytest.fixture
def send(simulator: SimulatorProcess, token: str) -> Send:
    def send(content: bytes, path: str = f"ETRANSP/{BUSY}/2", env: str = "prod") -> httpx2.Response:
        return simulator.http.post(
            f"{simulator.url}/{env}/ETRANSPORT/ws/v1/upload/{path}",
            content=content,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/xml"},
        )

    return send


@pytest.fixture
def state(simulator: SimulatorProcess, token: str) -> State:
    def poll(index: object) -> Any:
        return simulator.api(f"stareMesaj/{index}", token).json()

    return poll


@pytest.fixture
def processed(simulator: SimulatorProcess, send: Send, state: State) -> Callable[[bytes], Any]:
    """Upload, wait for the end of the processing, and give the answer with its final state."""

    def upload(content: bytes) -> Any:
        response = send(content).json()
        simulator.advance(seconds=PROCESSED)
        return response | {"final": state(response["index_incarcare"])}

    return upload


def error_of(response: httpx2.Response) -> str:
    body = response.json()
    assert response.status_code == 200
    assert body["ExecutionStatus"] == 1
    return str(body["Errors"][0]["errorMessage"])


def valid_now(simulator: SimulatorProcess) -> Any:
    """Return the newest notification of the busy carrier whose validity has begun."""
    return next(
        record for record in simulator.active(BUSY) if record["data_transp"] <= f"{TODAY}T00:00:00"
    )


def test_an_uploaded_notification_reaches_the_carrier_after_processing(
    simulator: SimulatorProcess, send: Send, state: State, info: Info
) -> None:
    response = send(declarations.notification(MEDIUM, TODAY)).json()
    assert response["ExecutionStatus"] == 0
    assert is_uit(response["UIT"])
    assert response["ref_declarant"] == "REF-1"
    assert response["atentie"].startswith("Verificati starea XML-ului transmis.")
    assert state(response["index_incarcare"])["stare"] == "in prelucrare"
    assert "error" in info(MEDIUM, uit=response["UIT"])
    simulator.advance(seconds=PROCESSED)
    assert state(response["index_incarcare"])["stare"] == "ok"
    (record,) = info(MEDIUM, uit=response["UIT"])
    assert record["tr_cod"] == MEDIUM
    assert record["cod_decl"] == int(BUSY)
    assert (record["nr_veh"], record["nr_rem1"]) == ("B123ABC", "B456DEF")
    assert record["data_exp_uit"] == "2026-07-20T00:00:00"
    assert record["loc_start"]["judet"] == "CJ"
    assert record["loc_final"]["adresa_completa"] == "Calea Vitan, Sector 3, București"
    assert record["documente"] == "CMR CMR 77 din 15.07.2026; Factura din 15.07.2026"


def test_a_correction_changes_the_record_and_drops_what_it_does_not_repeat(
    processed: Callable[[bytes], Any], info: Info
) -> None:
    uit = processed(declarations.notification(MEDIUM, TODAY))["UIT"]
    corrected = declarations.notification(
        MEDIUM, TODAY, plate="CJ01NEW", trailer=None, corrects=uit
    )
    response = processed(corrected)
    assert response["UIT"] == uit
    (record,) = info(MEDIUM, uit=uit)
    assert record["nr_veh"] == "CJ01NEW"
    assert "nr_rem1" not in record


def test_a_deletion_takes_the_uit_away(processed: Callable[[bytes], Any], info: Info) -> None:
    uit = processed(declarations.notification(MEDIUM, TODAY))["UIT"]
    assert processed(declarations.deletion(uit))["final"]["stare"] == "ok"
    assert "error" in info(MEDIUM, uit=uit)


def test_a_carrier_changes_the_vehicle_of_a_uit_declared_by_another(
    simulator: SimulatorProcess, processed: Callable[[bytes], Any], info: Info
) -> None:
    record = valid_now(simulator)
    uit, before = record["uit"], len(record.get("modif_veh", []))
    response = processed(declarations.vehicle_change(uit, "CJ77CAR"))
    assert response["final"]["stare"] == "ok"
    (record,) = info(BUSY, uit=uit)
    assert len(record["modif_veh"]) == before + 1
    change = record["modif_veh"][-1]
    assert change.pop("data_decl").startswith("2026-07-15T12:00:")
    assert change == {
        "data_modif_veh": "2026-07-15T13:00:00",
        "nr_veh": "CJ77CAR",
        "obs": "pană",
        "cod_decl": BUSY,
        "ref_decl": "REF-1",
    }


def test_a_confirmation_shows_in_lista(
    simulator: SimulatorProcess, processed: Callable[[bytes], Any], token: str
) -> None:
    uit = processed(declarations.notification(MEDIUM, TODAY))["UIT"]
    processed(declarations.confirmation(uit))
    messages = simulator.api(f"lista/1/{BUSY}", token).json()["mesaje"]
    (shown,) = (message for message in messages if message.get("uit") == uit)
    assert (shown["tip"], shown["stare"], shown["tip_op"]) == ("NOT", "OK", "30")
    assert shown["confirmare"]["tip_conf"] == "10"
    assert shown["data_creare"].startswith("20260715")
    assert shown["gr_tot_bruta"] == 1050.5


def test_lista_shows_failed_uploads_and_own_vehicle_changes(
    simulator: SimulatorProcess, processed: Callable[[bytes], Any], token: str
) -> None:
    processed(declarations.deletion("3V0P0L0P0T3JUW46"))
    processed(declarations.vehicle_change(valid_now(simulator)["uit"], "CJ77CAR"))
    body = simulator.api(f"lista/1/{BUSY}", token).json()
    assert body["titlu"] == "Lista Mesaje disponibile din ultimele 1 zile"
    assert (body["ExecutionStatus"], body["cui"]) == (0, BUSY)
    (failed,) = (message for message in body["mesaje"] if message["stare"] == "ERR")
    assert failed["tip"] == "DEL"
    assert failed["mesaje"] == [
        {
            "tip": "ERR",
            "mesaj": "Nu a fost identificat UIT-ul printre notificarile valide anterioare.",
        }
    ]
    assert any(
        message["tip"] == "MVH" and message["nr_veh"] == "CJ77CAR" for message in body["mesaje"]
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"ETRANSPORT/{BUSY}/2", "Valoarea acceptata pentru parametrul standard este ETRANSP"),
        ("ETRANSP/123a/2", "CIF introdus= 123a nu este un numar"),
        (f"ETRANSP/{SINGLE}/2", f"Nu aveti drept in SPV pentru CIF={SINGLE}"),
        (f"ETRANSP/{BUSY}/3", "Valorile acceptate pentru parametrul versiune sunt 1 sau 2"),
        (f"ETRANSP/{BUSY}", "Fisierul transmis nu este valid."),
    ],
)
def test_wrong_paths_are_errors_with_http_200(send: Send, path: str, text: str) -> None:
    assert error_of(send(declarations.deletion("3V0P0L0P0T3JUW46"), path)).startswith(text)


def test_an_unknown_root_is_refused_in_the_words_of_the_swagger(send: Send) -> None:
    assert error_of(send(b"<a/>")) == (
        "Fisierul transmis nu este valid. org.xml.sax.SAXParseException; lineNumber: 1; "
        "columnNumber: 0; cvc-elt.1.a: Cannot find the declaration of element 'a'."
    )


@pytest.mark.parametrize(
    "content",
    [
        b"not xml",
        b"",
        declarations.envelope("<nimic/>"),
        declarations.notification(MEDIUM, TODAY, plate="b 12 abc"),
        declarations.notification(MEDIUM, TODAY, purpose="7"),
        declarations.notification(MEDIUM, TODAY, operation="31"),
        declarations.deletion("3V0P0L0P0T3JUW4"),
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    ],
)
def test_what_the_official_schema_refuses_is_refused(send: Send, content: bytes) -> None:
    text = error_of(send(content))
    assert text.startswith("Fisierul transmis nu este valid. org.xml.sax.SAXParseException")
    assert "root:" not in text


def test_a_file_above_5_mb_is_refused(send: Send) -> None:
    assert error_of(send(b" " * (5 * 1024 * 1024 + 1))) == (
        "Marime fisier transmis mai mare de 5 MB"
    )


@pytest.mark.parametrize(
    ("content", "start"),
    [
        (declarations.deletion("3V0P0L0P0T3JUW46"), "UIT-ul nu poate fi identificat."),
        (declarations.deletion("3V0P0L0P0T3JUW47"), "[BR-019]"),
        (declarations.notification(MEDIUM, TODAY, gross="10"), "[BR-020]"),
        (declarations.notification(MEDIUM, TODAY, purpose="601"), "[BR-070]"),
        (declarations.notification(MEDIUM, TODAY, operation="10"), "[BR-004]"),
        (declarations.notification(MEDIUM, TODAY, operation="40"), "[BR-006]"),
        (declarations.notification("X1", TODAY), "[BR-209]"),
        (declarations.notification(MEDIUM, TODAY, partner="0123"), "[BR-007]"),
        (declarations.notification(MEDIUM, date(2026, 7, 19)), "Data transportului"),
    ],
)
def test_what_the_rules_refuse_ends_as_nok(
    processed: Callable[[bytes], Any], content: bytes, start: str
) -> None:
    final = processed(content)["final"]
    assert (final["stare"], final["ExecutionStatus"]) == ("nok", 1)
    text = final["Errors"][0]["errorMessage"]
    assert f"; textEroare={start}-" in text if start.startswith("[BR-") else text.startswith(start)


def test_three_days_ahead_is_still_good(processed: Callable[[bytes], Any]) -> None:
    response = processed(declarations.notification(MEDIUM, date(2026, 7, 18)))
    assert response["final"]["stare"] == "ok"


def test_only_the_declarant_deletes(
    simulator: SimulatorProcess, processed: Callable[[bytes], Any]
) -> None:
    uit = simulator.active(BUSY)[0]["uit"]
    final = processed(declarations.deletion(uit))["final"]
    assert final["Errors"] == [{"errorMessage": "UIT-ul nu poate fi identificat."}]


def test_an_upload_to_the_test_environment_stays_there(
    simulator: SimulatorProcess, send: Send, token: str
) -> None:
    response = send(declarations.notification(MEDIUM, TODAY), env="test").json()
    simulator.advance(seconds=PROCESSED)
    query = {"cui_op": MEDIUM, "uit": response["UIT"]}
    assert len(simulator.api("info", token, env="test", **query).json()) == 1
    assert "error" in simulator.api("info", token, env="prod", **query).json()
    unknown = simulator.api(f"stareMesaj/{response['index_incarcare']}", token).json()
    assert unknown["Errors"][0]["errorMessage"].startswith("Nu exista declaratia de transport")


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ("a", "Id_incarcare introdus= a nu este un numar intreg"),
        ("1", "Nu exista declaratia de transport cu id_incarcare= 1"),
    ],
)
def test_the_state_of_what_does_not_exist(state: State, index: str, text: str) -> None:
    assert state(index)["Errors"] == [{"errorMessage": text}]


def test_the_state_of_anothers_upload_is_refused(
    simulator: SimulatorProcess, send: Send, session_tokens: dict[str, dict[str, Any]]
) -> None:
    index = send(declarations.notification(MEDIUM, TODAY)).json()["index_incarcare"]
    responses = {
        name: simulator.api(f"stareMesaj/{index}", session_tokens[name]["access_token"]).json()
        for name in ("single", "norights")
    }
    assert responses["single"]["Errors"][0]["errorMessage"] == (
        f"Nu aveti dreptul de inteorgare pentru id_incarcare= {index}"
    )
    assert responses["norights"]["Errors"][0]["errorMessage"] == (
        "Nu exista niciun CIF petru care sa aveti drept"
    )


def test_states_by_scenario(simulator: SimulatorProcess, send: Send, state: State) -> None:
    index = send(declarations.notification(MEDIUM, TODAY)).json()["index_incarcare"]
    simulator.advance(seconds=PROCESSED)
    simulator.turn_on("upload_xml_error")
    assert state(index)["stare"] == "XML cu erori nepreluat de sistem"
    simulator.turn_off("upload_xml_error")
    simulator.turn_on("upload_stuck")
    assert state(index)["stare"] == "in prelucrare"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"lista/60a/{BUSY}", "Numarul de zile introdus= 60a nu este un numar intreg"),
        (f"lista/61/{BUSY}", "Numarul de zile trebuie sa fie intre 1 si 60"),
        (f"lista/0/{BUSY}", "Numarul de zile trebuie sa fie intre 1 si 60"),
        ("lista/1/123a", "CIF introdus= 123a nu este un numar"),
        ("lista/60/900030302", "Nu exista mesaje in ultimele 60 zile"),
    ],
)
def test_lista_gives_its_errors_with_http_200(
    simulator: SimulatorProcess, token: str, path: str, text: str
) -> None:
    assert error_of(simulator.api(path, token)) == text


def test_lista_without_its_parts_is_404(simulator: SimulatorProcess, token: str) -> None:
    assert simulator.api("lista/", token).status_code == 404
