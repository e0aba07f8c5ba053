"""Lists of a fleet: columns whose meaning is chosen, cells parted, an import undone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import AuditLogEntry, Company, Membership
from caraus.fleet.models import Vehicle
from caraus.lists.models import Draft
from tests.fleet.conftest import MakeVehicle
from tests.fleet.test_views import IMPORT, LIST, page_text

SHEET = (
    "FLOTA\n\nNr. crt.\tCap tractor\tSemiremorcă\tȘofer\tTelefon\n"
    "1\tVS 21 KLM\tB 41 REM\tPopa Gheorghe\t0722 123 456\n"
    "2\tAG 22 KLM\t\tIonescu Vasile\t+40 733 222 111\nTOTAL\t2\t1\t\t\n"
)


@pytest.fixture
def works(client: Client, dispatcher: Membership) -> Client:
    client.force_login(dispatcher.user)
    return client


def preview_of(client: Client, text: str) -> str:
    return str(client.post(IMPORT, {"text": text})["Location"])


def plates() -> set[str]:
    return set(Vehicle.objects.values_list("plate", flat=True))


def test_a_dispatchers_sheet_goes_where_it_belongs(works: Client, company: Company) -> None:
    preview = preview_of(works, SHEET)
    words = page_text(works.get(preview))
    assert "3 vehicule noi" in words
    assert "„Nr. crt.” nu se citește" in words
    assert "„Cap tractor” ca număr de vehicul (cap tractor)" in words
    assert "3 rânduri sărite" in words
    assert "Rândul 6: TOTAL · 2 · 1 (total)" in words
    works.post(preview, {})
    vehicle = Vehicle.objects.get(plate="VS21KLM")
    assert (vehicle.driver, vehicle.phone) == ("Popa Gheorghe", "0722123456")
    assert Vehicle.objects.get(plate="B41REM").is_trailer
    page = page_text(works.get(LIST))
    assert "Popa Gheorghe 0722123456" in page
    assert "Popa Gheorghe" in page_text(works.get(LIST, {"q": "gheorghe"}))
    assert "Popa Gheorghe" not in page_text(works.get(LIST, {"q": "vasile"}))


def test_a_driver_and_a_phone_are_changed_by_hand_and_by_the_next_list(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    listed = vehicle("VS21KLM")
    form = {"plate": "VS21KLM", "kind": "vehicle", "driver": "Pop Ion", "phone": "0711 222 333"}
    works.post(f"/flota/{listed.pk}/", form)
    listed.refresh_from_db()
    assert (listed.driver, listed.phone) == ("Pop Ion", "0711 222 333")
    preview = preview_of(works, SHEET)
    assert "„Pop Ion” → „Popa Gheorghe”; „0711 222 333” → „0722123456”" in page_text(
        works.get(preview)
    )
    works.post(preview, {"schimba": "1"})
    listed.refresh_from_db()
    assert (listed.driver, listed.phone) == ("Popa Gheorghe", "0722123456")


CHANGES = (
    "Cap tractor;Semiremorcă;Șofer;Telefon;Obs\n"
    "VS 21 KLM;B 41 REM;Popa Gheorghe;;RCA exp. 12.12\nAG 22 KLM;;;;\n"
)


def test_a_list_adds_to_a_note_and_takes_nothing_that_it_does_not_say(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    listed = vehicle("VS21KLM", note="de obicei cu remorca B41REM", driver="Pop Ion", phone="0711")
    vehicle("AG22KLM", note="frigorific", driver="Ionescu V.", phone="0733", active=False)
    vehicle("B41REM", kind="trailer")
    preview = preview_of(works, CHANGES)
    response = works.get(preview)
    words = page_text(response)
    note = "de obicei cu remorca B41REM; RCA exp. 12.12"
    assert (
        f"„de obicei cu remorca B41REM” → „{note}”; „Pop Ion” → „Popa Gheorghe”; "
        "telefonul rămâne „0711”" in words
    )
    assert "Schimbă 1 vehicul după listă" in words
    assert "0 vehicule noi" not in words
    works.post(preview, {"schimba": "1"})
    listed.refresh_from_db()
    assert (listed.note, listed.driver, listed.phone) == (note, "Popa Gheorghe", "0711")
    other = Vehicle.objects.get(plate="AG22KLM")
    assert (other.note, other.driver, other.phone) == ("frigorific", "Ionescu V.", "0733")
    assert not other.active
    again = page_text(works.get(preview_of(works, CHANGES)))
    assert "Toate sunt deja în flotă" in again


def test_a_note_too_long_with_the_lists_waits_for_a_shorter_one(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    vehicle("VS21KLM", note="x" * 190)
    words = page_text(works.get(preview_of(works, CHANGES)))
    assert "Nota din flotă împreună cu cea din listă ar avea peste 200 de caractere." in words


def test_vehicles_of_the_fleet_change_only_where_it_is_ticked(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    vehicle("VS21KLM", driver="Pop Ion")
    preview = preview_of(works, SHEET)
    assert b'name="schimba"' in (page := works.get(preview)).content
    assert b"checked" not in page.content
    works.post(preview, {})
    assert Vehicle.objects.get(plate="VS21KLM").driver == "Pop Ion"
    assert plates() == {"VS21KLM", "B41REM", "AG22KLM"}


def test_the_preview_shows_which_vehicles_share_a_row(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    vehicle("B41REM", kind="trailer")
    page = works.get(preview_of(works, SHEET))
    (trailer,) = page.context["shown"]["same"]
    assert [entry.plate for entry in trailer.beside] == ["VS21KLM"]
    words = page_text(page)
    assert "VS21KLM vehicul B41REM Popa Gheorghe 0722123456" in words
    assert "B41REM remorcă VS21KLM" in words.partition("Deja în flotă")[2]


def test_the_meaning_of_a_column_can_be_chosen(works: Client, company: Company) -> None:
    preview = preview_of(works, "B 210 KLM;AR 31 REM;Dacia Alba\nB 211 KLM;AR 32 REM;Popa Ion\n")
    roles = {"coloana-0": "trailer", "coloana-1": "plate", "coloana-2": "driver"}
    works.post(preview, {"coloane": "1", "coloana-7": "plate"} | roles)
    works.post(preview, {})
    kinds = dict(Vehicle.objects.values_list("plate", "kind"))
    assert kinds == dict.fromkeys(("B210KLM", "B211KLM"), "trailer") | dict.fromkeys(
        ("AR31REM", "AR32REM"), "vehicle"
    )
    assert Vehicle.objects.get(plate="AR31REM").driver == "Dacia Alba"


def test_more_than_a_plate_in_a_cell_must_be_confirmed(works: Client, company: Company) -> None:
    text = "B 210 KLM / Popescu Dan 0722123456\nB 211 KLM AR 31 REM\nB 212 KLM - de verificat\n"
    preview = preview_of(works, text)
    words = page_text(works.get(preview))
    assert "3 rânduri de confirmat" in words
    assert "B210KLM, șofer Popescu Dan, telefon 0722123456?" in words
    assert "B211KLM și remorcă AR31REM?" in words
    works.post(preview, {}, follow=True)
    assert plates() == set()  # nothing by itself
    works.post(preview, {"desparte": "1", "rand": ["1", "2", "77", "x"]})
    assert "3 vehicule noi" in page_text(works.get(preview))
    assert "1 rând are încă probleme" in page_text(works.post(preview, {}, follow=True))
    assert plates() == {"B210KLM", "B211KLM", "AR31REM"}
    driver = Vehicle.objects.get(plate="B210KLM")
    assert (driver.driver, driver.phone) == ("Popescu Dan", "0722123456")
    assert works.get(preview).context["corrected"] == "B 212 KLM - de verificat"
    works.post(preview, {"gresite": "B 212 KLM; de verificat"})
    works.post(preview, {})
    assert Vehicle.objects.get(plate="B212KLM").note == "de verificat"


# -- undone --------------------------------------------------------------------------------------


def test_for_an_hour_an_import_can_be_undone_but_for_what_was_touched(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    vehicle("B1OLD")
    preview = preview_of(works, SHEET)
    assert "Anulează importul" in page_text(works.post(preview, {}, follow=True))
    touched = Vehicle.objects.get(plate="AG22KLM")
    form = {"plate": "AG22KLM", "kind": "vehicle", "driver": "Altul Ion", "phone": "", "note": ""}
    works.post(f"/flota/{touched.pk}/", form)
    response = page_text(works.post(f"{preview}anulare/", follow=True))
    assert "2 vehicule au fost scoase din flotă" in response
    assert "1 vehicul a fost schimbat între timp și rămâne." in response
    assert "Anulează importul" not in response
    assert plates() == {"B1OLD", "AG22KLM"}
    assert "A anulat importul în flotă" in AuditLogEntry.objects.latest("pk").text
    assert works.post(f"{preview}anulare/").status_code == 404


def test_what_waits_stays_when_the_rest_is_undone(works: Client, company: Company) -> None:
    preview = preview_of(works, "B 210 KLM\ngreșit\n")
    works.post(preview, {})
    works.post(f"{preview}anulare/")
    assert plates() == set()
    assert works.get(preview).context["corrected"] == "greșit"
    works.post(f"{preview}renuntare/")
    assert not Draft.objects.exists()


def test_what_was_added_can_be_undone_when_the_rest_is_given_up(
    works: Client, company: Company
) -> None:
    preview = preview_of(works, "B 210 KLM\ngreșit\n")
    works.post(preview, {})
    works.post(f"{preview}renuntare/")
    assert works.get(preview).status_code == 404
    works.post(f"{preview}anulare/")
    assert plates() == set()


def test_after_an_hour_nothing_is_undone(works: Client, company: Company) -> None:
    preview = preview_of(works, SHEET)
    works.post(preview, {})
    Draft.objects.update(taken_at=timezone.now() - timedelta(minutes=61))
    assert "Anulează importul" not in page_text(works.get(LIST))
    assert works.post(f"{preview}anulare/").status_code == 404
    assert len(plates()) == 3
