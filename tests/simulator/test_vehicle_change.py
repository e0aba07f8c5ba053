"""`modifVehicul`: what it does to `info` and `lista`, who may file it, and when it is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest

from tests.official import schema_errors, schematron_errors, schematron_text
from tests.simulator import declarations
from tests.simulator.conftest import BUSY, MEDIUM, SINGLE, Info
from tests.simulator_process import SimulatorProcess

UNKNOWN = "UIT-ul nu poate fi identificat."
UNKNOWN_UIT = "3V0P0L0P0T3JUW46"
PROCESSED = 121
"""Seconds after which the processing is over, which takes 120 here: no slow machine gets there."""

type File = Callable[..., Any]


@pytest.fixture(autouse=True)
def _noon(simulator: SimulatorProcess) -> None:
    simulator.set_clock("2026-07-15T12:00:00")
    simulator.limits(processing_seconds=120)


@pytest.fixture
def uit(simulator: SimulatorProcess) -> str:
    """Return a UIT of the busy carrier, declared now by somebody else, valid from today."""
    added = simulator.add_uit(
        BUSY,
        cod_decl=900100003,
        ref_decl="CMD-1",
        data_transp="2026-07-15",
        nr_veh="B12ABC",
        nr_rem1="B01REM",
        nr_rem2="B02REM",
    )
    simulator.advance(seconds=60)
    return str(added["uit"])


@pytest.fixture
def send(simulator: SimulatorProcess, token: str) -> Callable[..., httpx2.Response]:
    def send(content: bytes, cif: str = BUSY, env: str = "prod") -> httpx2.Response:
        return simulator.http.post(
            f"{simulator.url}/{env}/ETRANSPORT/ws/v1/upload/ETRANSP/{cif}/2",
            content=content,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/xml"},
        )

    return send


@pytest.fixture
def file(simulator: SimulatorProcess, send: Callable[..., httpx2.Response], token: str) -> File:
    """Upload, let the processing end, and give the final state."""

    def file(content: bytes, cif: str = BUSY) -> Any:
        index = send(content, cif).json()["index_incarcare"]
        simulator.advance(seconds=PROCESSED)
        return simulator.api(f"stareMesaj/{index}", token).json() | {"index": index}

    return file


@pytest.fixture
def rows(simulator: SimulatorProcess, token: str) -> Callable[..., list[Any]]:
    """Return a function for the vehicle changes that `lista` shows."""

    def rows(cif: str = BUSY) -> list[Any]:
        body = simulator.api(f"lista/1/{cif}", token).json()
        return [row for row in body.get("mesaje", []) if row["tip"] == "MVH"]

    return rows


def error_of(final: Any) -> str:
    assert (final["stare"], final["ExecutionStatus"]) == ("nok", 1)
    (error,) = final["Errors"]
    return str(error["errorMessage"])


def test_info_shows_the_change_after_its_processing_and_keeps_the_first_plates(
    simulator: SimulatorProcess, send: Callable[..., httpx2.Response], info: Info, uit: str
) -> None:
    response = send(declarations.modif_vehicul(uit, nrRemorca1="B03REM", observatii="pană")).json()
    assert isinstance(response["index_incarcare"], int)
    assert (response["UIT"], response["ref_declarant"]) == (uit, "REF-1")
    assert "modif_veh" not in info(uit=uit)[0]
    simulator.advance(seconds=PROCESSED)
    (record,) = info(uit=uit)
    assert (record["nr_veh"], record["nr_rem1"], record["ref_decl"]) == (
        *("B12ABC", "B01REM", "CMD-1"),
    )
    (change,) = record["modif_veh"]
    assert change.pop("data_decl").startswith("2026-07-15T12:01:")
    assert change == {
        "data_modif_veh": "2026-07-15T12:30:00",
        "nr_veh": "CJ77CAR",
        "nr_rem1": "B03REM",
        "obs": "pană",
        "cod_decl": BUSY,
        "ref_decl": "REF-1",
    }


def test_lista_shows_the_change_with_its_own_reference_index_and_plates(
    file: File, rows: Callable[..., list[Any]], uit: str
) -> None:
    final = file(declarations.modif_vehicul(uit, refDeclarant="CRS-7", declPostAvarie="D"))
    (row,) = rows()
    assert (row["tip"], row["stare"], row["uit"]) == ("MVH", "OK", uit)
    assert (row["ref_decl"], row["cod_decl"], row["post_avarie"]) == ("CRS-7", BUSY, "D")
    assert (row["id_incarcare"], row["sursa"]) == (str(final["index"]), "A")
    assert (row["nr_veh"], row["data_modif_veh"]) == ("CJ77CAR", "2026-07-15T12:30:00")
    assert row["data_creare"].startswith("202607151203")
    assert row["tip_op"] == "30"
    assert row.keys().isdisjoint({"modif_veh", "nr_linii", "gr_tot_neta", "val_tot", "confirmare"})


def test_a_trailer_left_out_is_not_shown(
    file: File, rows: Callable[..., list[Any]], info: Info, uit: str
) -> None:
    file(declarations.modif_vehicul(uit, nrRemorca2="B09REM"))
    (row,) = rows()
    (change,) = info(uit=uit)[0]["modif_veh"]
    for shown in (row, change):
        assert "nr_rem1" not in shown
        assert shown["nr_rem2"] == "B09REM"


def test_two_changes_stand_one_after_the_other(
    file: File, rows: Callable[..., list[Any]], info: Info, uit: str
) -> None:
    for reference, plate in (("CRS-1", "CJ01AAA"), ("CRS-2", "CJ02BBB")):
        file(declarations.modif_vehicul(uit, refDeclarant=reference, nrVehicul=plate))
    changes = info(uit=uit)[0]["modif_veh"]
    assert [(change["ref_decl"], change["nr_veh"]) for change in changes] == [
        ("CRS-1", "CJ01AAA"),
        ("CRS-2", "CJ02BBB"),
    ]
    assert sorted(row["ref_decl"] for row in rows()) == ["CRS-1", "CRS-2"]


def test_the_declarants_own_list_shows_the_change_within_the_notification(
    simulator: SimulatorProcess, file: File, rows: Callable[..., list[Any]], token: str
) -> None:
    uit = simulator.add_uit(MEDIUM, cod_decl=int(BUSY), data_transp="2026-07-15")["uit"]
    change = declarations.modif_vehicul(uit, refDeclarant="CRS-9", codDeclarant=MEDIUM)
    assert file(change, MEDIUM)["stare"] == "ok"
    assert [row["ref_decl"] for row in rows(MEDIUM)] == ["CRS-9"]
    assert rows(BUSY) == []
    messages = simulator.api(f"lista/1/{BUSY}", token).json()["mesaje"]
    (notification,) = (message for message in messages if message.get("uit") == uit)
    (shown,) = notification["modif_veh"]
    assert (shown["cod_decl"], shown["sursa"], shown["post_avarie"]) == (MEDIUM, "A", "N")
    assert shown["id_incarcare"] == str(simulator.uploads()[0]["index"])


@pytest.mark.parametrize(
    ("carrier", "declarant", "stare"),
    [(BUSY, 900100003, "ok"), (MEDIUM, int(BUSY), "ok"), (MEDIUM, 900100003, "nok")],
    ids=["organizer", "declarant", "stranger"],
)
def test_the_declarant_and_the_organizer_may_file(
    simulator: SimulatorProcess, file: File, carrier: str, declarant: int, stare: str
) -> None:
    uit = simulator.add_uit(carrier, cod_decl=declarant, data_transp="2026-07-15")["uit"]
    final = file(declarations.modif_vehicul(uit))
    assert final["stare"] == stare
    if stare == "nok":
        assert error_of(final) == UNKNOWN


def test_the_code_of_the_declarant_is_the_one_of_the_path(file: File, uit: str) -> None:
    text = error_of(file(declarations.modif_vehicul(uit, codDeclarant=MEDIUM)))
    assert text == f"Codul declarantului {MEDIUM} difera de CIF-ul folosit la incarcare."


def test_an_unknown_uit_is_refused_in_the_words_of_stare_and_of_lista(
    file: File, rows: Callable[..., list[Any]]
) -> None:
    final = file(declarations.modif_vehicul(UNKNOWN_UIT, refDeclarant="CRS-3"))
    assert error_of(final) == UNKNOWN
    (row,) = rows()
    assert (row["stare"], row["uit"], row["ref_decl"]) == ("ERR", UNKNOWN_UIT, "CRS-3")
    assert (row["id_incarcare"], row["cod_decl"]) == (str(final["index"]), BUSY)
    assert row["mesaje"] == [
        {
            "tip": "ERR",
            "mesaj": "Nu a fost identificat UIT-ul printre notificarile valide anterioare.",
        }
    ]


def test_a_withdrawn_uit_is_not_known_any_more(
    simulator: SimulatorProcess, file: File, uit: str
) -> None:
    simulator.withdraw(uit)
    assert error_of(file(declarations.modif_vehicul(uit))) == UNKNOWN


def test_an_expired_uit_is_refused(
    simulator: SimulatorProcess, file: File, info: Info, uit: str
) -> None:
    simulator.set_clock("2026-07-19T23:58:00")
    last = declarations.modif_vehicul(uit, dataModificare="2026-07-19T23:59:00")
    assert file(last)["stare"] == "ok"
    simulator.set_clock("2026-07-20T00:00:00")
    assert error_of(file(last)) == "UIT-ul nu mai este valabil."
    assert "error" in info(uit=uit)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-07-15T11:59:59", "Data modificarii vehiculului este anterioara declararii"),
        ("2026-07-19T23:59:59", ""),
        ("2026-07-20T00:00:00", "Data modificarii vehiculului nu este in perioada"),
        ("2026-07-15T12:30:00+03:00", "Data modificarii vehiculului nu are formatul"),
        ("2026-07-15T12:30:00.5", "Data modificarii vehiculului nu are formatul"),
        ("2026-07-15T12:30:00Z", "Data modificarii vehiculului nu are formatul"),
    ],
)
def test_the_moment_of_the_change(file: File, uit: str, moment: str, text: str) -> None:
    final = file(declarations.modif_vehicul(uit, dataModificare=moment))
    if text:
        assert error_of(final).startswith(text)
    else:
        assert final["stare"] == "ok"


def test_the_moment_may_be_the_one_of_the_declaration(
    simulator: SimulatorProcess, file: File, uit: str
) -> None:
    declared_at = datetime.fromisoformat(simulator.describe_uit(uit)["declared_at"])
    moment = declared_at.astimezone(ZoneInfo("Europe/Bucharest"))
    change = declarations.modif_vehicul(uit, dataModificare=f"{moment:%Y-%m-%dT%H:%M:%S}")
    assert file(change)["stare"] == "ok"


def test_a_moment_before_the_declared_day_of_transport_is_refused(
    simulator: SimulatorProcess, file: File
) -> None:
    uit = simulator.add_uit(BUSY, cod_decl=900100003, data_transp="2026-07-17")["uit"]
    early = declarations.modif_vehicul(uit, dataModificare="2026-07-16T23:59:59")
    assert "nu este in perioada de valabilitate" in error_of(file(early))
    right = declarations.modif_vehicul(uit, dataModificare="2026-07-17T00:00:00")
    assert file(right)["stare"] == "ok"


def test_a_refused_change_has_no_effect(file: File, info: Info, uit: str) -> None:
    file(declarations.modif_vehicul(uit, dataModificare="2026-07-14T12:00:00"))
    assert "modif_veh" not in info(uit=uit)[0]


def test_a_rule_of_the_schematron_is_wrapped_and_hides_what_the_database_would_say(
    file: File,
) -> None:
    wrong = declarations.modif_vehicul("3V0P0L0P0T3JUW47")
    assert error_of(file(wrong)) == (
        "tipAssert=FailedAssert; codEroare=BR-019; localizareEroare=/eTransport; "
        "textEroare=[BR-019]-Identificatorul unic al transportului (BT-3, BT-52, BT-55 sau BT-56) "
        "TREBUIE sa respecte algoritmul de verificare a cifrei de control "
        "(uit = 3V0P0L0P0T3JUW47).; expresieValidata=matches(substring(., 15), $UIT-CHECK)"
    )
    assert "TREBUIE sa respecte algoritmul de verificare a cifrei de control (" in schematron_text()


def test_what_the_official_rules_say_the_simulator_says(
    simulator: SimulatorProcess, send: Callable[..., httpx2.Response], token: str, uit: str
) -> None:
    """The schema at the upload, the Schematron at the end of the processing."""
    simulator.rights("three", cuis=[BUSY, "0900010100"])
    for name, value in (
        ("nrVehicul", "B 12 ABC"),
        ("nrVehicul", ""),
        ("nrRemorca1", ""),
        ("nrRemorca2", "B-1"),
        ("nrVehicul", "ȘT01ABC"),
        ("dataModificare", "2026-07-15"),
        ("dataModificare", ""),
        ("observatii", ""),
        ("observatii", "x" * 201),
        ("codDeclarant", "1"),
        ("uit", "3V0P0L0P0T3JUW4O"),
        ("codDeclarant", "0900010100"),
        ("uit", "3V0P0L0P0T3JUW47"),
        ("observatii", "x" * 200),
        ("nrRemorca1", "B" * 20),
    ):
        content = declarations.modif_vehicul(**{"uit": uit, name: value})
        response = send(content, "0900010100" if value == "0900010100" else BUSY).json()
        refused = "Errors" in response
        assert refused == bool(schema_errors(content)), (name, value)
        if refused:
            continue
        simulator.advance(seconds=PROCESSED)
        final = simulator.api(f"stareMesaj/{response['index_incarcare']}", token).json()
        messages = str(final.get("Errors", ""))
        rules = schematron_errors(content)
        assert [rule for rule in rules if f"codEroare={rule};" in messages] == rules, (name, value)
        assert (final["stare"] == "ok") == (not rules), (name, value)


def test_a_long_reference_is_no_reference(send: Callable[..., httpx2.Response], uit: str) -> None:
    assert "index_incarcare" in send(declarations.modif_vehicul(uit, refDeclarant="R" * 50)).json()
    refused = send(declarations.modif_vehicul(uit, refDeclarant="R" * 51)).json()
    assert refused["Errors"][0]["errorMessage"].startswith("Fisierul transmis nu este valid.")


def test_both_environments_take_changes_apart(
    simulator: SimulatorProcess, send: Callable[..., httpx2.Response], info: Info, uit: str
) -> None:
    send(declarations.modif_vehicul(uit), env="test")
    simulator.advance(seconds=PROCESSED)
    assert "modif_veh" not in info(uit=uit)[0]


def test_the_control_api_lists_what_was_taken(
    simulator: SimulatorProcess, send: Callable[..., httpx2.Response], uit: str
) -> None:
    assert simulator.uploads() == []
    index = send(declarations.modif_vehicul(uit, refDeclarant="CRS-5")).json()["index_incarcare"]
    (upload,) = simulator.uploads()
    assert (upload["index"], upload["kind"], upload["uit"]) == (index, "MVH", uit)
    assert (upload["reference"], upload["state"]) == ("CRS-5", "in prelucrare")
    simulator.advance(seconds=PROCESSED)
    assert simulator.uploads()[0]["state"] == "ok"
    simulator.reset()
    assert simulator.uploads() == []


def test_a_carrier_that_nobody_here_may_speak_for_is_refused_at_the_upload(
    send: Callable[..., httpx2.Response], uit: str
) -> None:
    response = send(declarations.modif_vehicul(uit, codDeclarant=SINGLE), SINGLE).json()
    assert response["Errors"] == [{"errorMessage": f"Nu aveti drept in SPV pentru CIF={SINGLE}"}]
