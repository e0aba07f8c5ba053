"""The pages of the fleet and what a UIT's page says of it, over the real database."""

import io
import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, User
from caraus.accounts.uploads import MAX_FILE_BYTES, MAX_REQUEST_BYTES
from caraus.fleet import issue_store
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.lists.drafts import waiting
from caraus.lists.models import Draft
from tests import factories
from tests.fleet.conftest import MakeTransport, MakeVehicle

LIST, IMPORT = "/flota/", "/flota/import/"


@pytest.fixture
def works(client: Client, dispatcher: Membership) -> Client:
    client.force_login(dispatcher.user)
    return client


def fleet() -> dict[str, tuple[str, str, bool]]:
    return {
        vehicle.plate: (vehicle.kind, vehicle.note, vehicle.active)
        for vehicle in Vehicle.objects.all()
    }


def page_text(response: Any) -> str:
    """Return the page's words, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def shown(client: Client, **filters: str) -> list[str]:
    page = client.get(LIST, filters).content.decode()
    return re.findall(r'<tr data-plate="(\w+)"', page)


def test_one_vehicle_by_hand_from_its_first_day_to_its_last(
    works: Client, company: Company
) -> None:
    form = {"plate": "b 123-abc", "kind": "vehicle", "note": "Volvo"}
    response = works.post(LIST, form, follow=True)
    assert "B123ABC este în flotă." in page_text(response)
    vehicle = Vehicle.objects.get()
    page = f"/flota/{vehicle.pk}/"
    second_page = page_text(works.post(LIST, form | {"plate": "B123ABC"}))
    assert "B123ABC este deja în flotă, ca vehicul." in second_page
    works.post(page, {"plate": "B 124 ABC", "kind": "trailer", "note": ""})
    assert fleet() == {"B124ABC": ("trailer", "", True)}
    works.post(f"{page}retragere/", {"activ": "nu"})
    assert fleet() == {"B124ABC": ("trailer", "", False)}
    assert "scos din uz" in page_text(works.post(LIST, form | {"plate": "B124ABC"}))
    works.post(f"{page}retragere/", {"activ": "da"})
    works.post(f"{page}stergere/")
    assert fleet() == {}
    assert AuditLogEntry.objects.filter(action="fleet").count() == 5
    assert works.get(page).status_code == 404


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"plate": "", "kind": "vehicle"}, "Scrie numărul de înmatriculare."),
        ({"plate": "camion", "kind": "vehicle"}, "nu are nicio cifră"),
        ({"plate": "B1ABC", "kind": "car"}, "Alege vehicul sau remorcă."),
        ({"plate": "B1ABC", "kind": "vehicle", "note": "x" * 201}, "cel mult 200 de caractere"),
        ({"plate": "B1ABC\0", "kind": "vehicle"}, "octeți nuli|Null|nul"),
    ],
)
def test_a_wrong_form_keeps_what_was_typed_and_says_what_is_wrong(
    works: Client, company: Company, form: dict[str, str], sentence: str
) -> None:
    response = works.post(LIST, form)
    assert re.search(sentence, page_text(response))
    assert form["plate"] in response.content.decode()
    assert fleet() == {}


def test_the_list_is_searched_and_filtered_by_the_address(
    works: Client, organization: Organization, company: Company, vehicle: MakeVehicle
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    vehicle("B123ABC", note="Volvo Ionescu")
    vehicle("CT34REM", VehicleKind.TRAILER, company=other_company)
    vehicle("CJ01OLD", active=False)
    assert shown(works) == ["B123ABC", "CT34REM"]
    assert shown(works, q="b-123 a") == shown(works, q="ionescu") == ["B123ABC"]
    assert shown(works, fel="remorci") == shown(works, firma=other_company.cui) == ["CT34REM"]
    assert shown(works, stare="retrase") == ["CJ01OLD"]
    assert len(shown(works, stare="toate")) == 3
    assert shown(works, q="nimic", pagina="x") == []
    assert len(shown(works, fel="?", stare="?", firma="1", pagina="999")) == 2


def test_a_long_fleet_has_pages(works: Client, company: Company, vehicle: MakeVehicle) -> None:
    for number in range(101):
        vehicle(f"B{number:03d}ABC")
    assert len(shown(works)) == 100
    assert shown(works, pagina="2") == ["B100ABC"]


def test_a_member_kept_to_one_company_sees_and_fills_only_its_fleet(
    client: Client, organization: Organization, company: Company, vehicle: MakeVehicle
) -> None:
    own = factories.company(organization, cui=factories.OTHER_CUI)
    vehicle("B123ABC")
    vehicle("CT34REM", company=own)
    restricted = Membership.objects.get(user=factories.member(organization, "dispatcher"))
    restricted.only_some_companies = True
    restricted.save()
    restricted.companies.add(own)
    client.force_login(restricted.user)
    assert shown(client) == ["CT34REM"]
    for address in (LIST, IMPORT):
        form = {"firma": company.cui, "plate": "CJ1NEW", "kind": "vehicle", "text": "CJ2NEW"}
        client.post(address, form)
    assert not Vehicle.objects.filter(company=company, plate__startswith="CJ").exists()
    assert not Draft.objects.filter(company=company).exists()


def test_who_may_only_look_sees_no_button(
    client: Client, teammate: User, vehicle: MakeVehicle, make: MakeTransport, company: Company
) -> None:
    vehicle("B123ABC")
    uit = make(plate="CJ77NOU")
    issue_store.update_issues(company.pk, because="uit")
    client.force_login(teammate)
    assert 'action="/flota' not in client.get(LIST).content.decode().replace(
        'method="get" action="/flota/"', ""
    )
    page = client.get(f"/transporturi/{uit.pk}/").content.decode()
    assert "Vehiculul CJ77NOU nu este în flotă" in page
    assert "/flota/din-uit/" not in page


# -- lists ---------------------------------------------------------------------------------------


def file(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_a_list_with_errors_is_shown_taken_in_part_and_corrected_with_nothing_lost(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    vehicle("B1OLD", note="Volvo")
    text = "Număr;Tip;Notă\nB 2 NEW;camion;\nCT 3 REM;zmeu;Schmitz\nB1OLD;remorcă;\n;;pierdut\n"
    start = works.post(IMPORT, {"text": "", "file": file("flota.csv", text.encode("cp1250"))})
    assert start.status_code == 302
    preview = start["Location"]
    words = page_text(works.get(preview))
    assert "1 vehicul nou" in words
    assert "Rândul 3: Nu înțelegem tipul „zmeu”" in words
    assert "Rândul 5: Scrie numărul de înmatriculare" in words
    assert "vehicul → remorcă" in words
    assert set(fleet()) == {"B1OLD"}  # nothing before somebody says so

    response = works.post(preview, {}, follow=True)
    assert "1 vehicul adăugat" in page_text(response)
    assert "2 rânduri au încă probleme" in page_text(response)
    assert set(fleet()) == {"B1OLD", "B2NEW"}
    assert fleet()["B1OLD"] == ("vehicle", "Volvo", True)  # was not requested
    corrected = works.get(preview).context["corrected"]
    assert corrected == "CT 3 REM; zmeu; Schmitz\n; ; pierdut"

    wrong = works.post(preview, {"gresite": "\n;;\n"})
    assert "Lista este goală" in page_text(wrong)
    assert "CT3REM" not in fleet()
    works.post(preview, {"gresite": "CT 3 REM; remorcă; Schmitz"})
    assert "1 vehicul nou" in page_text(works.get(preview))
    last = works.post(preview, {}, follow=True)
    assert last.redirect_chain[-1][0] == f"/flota/?firma={company.cui}"
    assert fleet()["CT3REM"] == ("trailer", "Schmitz", True)
    assert not waiting(Draft.objects.all()).exists()
    assert works.get(preview).status_code == 404


def test_a_list_may_change_what_is_there_when_requested(
    works: Client, company: Company, vehicle: MakeVehicle
) -> None:
    vehicle("B1OLD", note="Volvo")
    vehicle("B2OLD", active=False)
    book = Workbook()
    for row in (["Număr", "Fel", "Stare"], ["B 1 OLD", "remorcă", "vândut"], ["B2OLD", "", "da"]):
        book.worksheets[0].append(row)
    data = io.BytesIO()
    book.save(data)
    start = works.post(IMPORT, {"file": file("f.xlsx", data.getvalue())})
    works.post(start["Location"], {"schimba": "1"})
    assert fleet() == {"B1OLD": ("trailer", "Volvo", False), "B2OLD": ("vehicle", "", True)}
    start = works.post(IMPORT, {"text": "b1old\nb2old"})
    assert "Toate sunt deja în flotă" in page_text(works.get(start["Location"]))
    works.post(f"{start['Location']}renuntare/")
    assert not Draft.objects.exists()


def test_a_pasted_column_of_trailers(works: Client, company: Company) -> None:
    start = works.post(IMPORT, {"text": "CT 34 REM\nCT 35 REM\r\n", "kind": "trailer"})
    works.post(start["Location"], {})
    assert fleet() == {"CT34REM": ("trailer", "", True), "CT35REM": ("trailer", "", True)}


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Lipește lista sau alege un fișier."),
        ({"text": " \n "}, "Lipește lista sau alege un fișier."),
        ({"text": "B1ABC", "file": b"B2ABC"}, "Alege una: lista lipită sau fișierul."),
        ({"file": b""}, "Fișierul este gol."),
        ({"file": b"PK\x03\x04"}, "deteriorat"),
        ({"file": b"B" * (MAX_FILE_BYTES + 1)}, "Fișierul este prea mare: primim cel mult 900 kB."),
        ({"file": b"B" * MAX_REQUEST_BYTES}, "Fișierul este prea mare: primim cel mult 900 kB."),
    ],
)
def test_a_list_that_cannot_be_read_is_reported(
    works: Client, company: Company, form: dict[str, Any], sentence: str
) -> None:
    posted = dict(form)
    if "file" in form:
        posted["file"] = file("flota.xlsx", form["file"])
    response = works.post(IMPORT, posted)
    assert sentence in page_text(response)
    assert form.get("text", "").strip() in response.content.decode()
    assert not Draft.objects.exists()


def test_a_preview_shows_all_that_is_wrong_and_the_beginning_of_the_rest(
    works: Client, company: Company
) -> None:
    lines = [f"B{number:04d}AB" for number in range(400)] + [f"greșit {n}x" * 9 for n in range(250)]
    start = works.post(IMPORT, {"text": "\n".join(lines)})
    page = works.get(start["Location"])
    assert len(re.findall(r'<span\s+class="plate"', page.content.decode())) == 200
    assert page_text(page).count("nu este un număr de înmatriculare") == 250
    assert "400 de vehicule noi" in page_text(page)


# -- on a UIT's page -----------------------------------------------------------------------------


def test_from_a_uit_its_vehicle_and_trailer_are_added_with_one_press(
    works: Client, company: Company, make: MakeTransport
) -> None:
    uit = make(plate="CJ-77 NOU", trailer1="CT34REM", trailer2="x" * 30)
    other_transport = make(plate="AR01STR")
    page, add = f"/transporturi/{uit.pk}/", f"/flota/din-uit/{uit.pk}/"
    before = page_text(works.get(page))
    assert "Adaugă CJ77NOU în flotă" in before
    assert "Adaugă CT34REM în flotă" in before
    assert "de rezolvat" not in before  # no fleet: no alarms
    response = works.post(add, {"loc": "plate"}, follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert "CJ77NOU este acum în flotă, ca vehicul." in page_text(response)
    assert "2 transporturi deschise au probleme" in page_text(response)  # the first of the fleet
    assert "Remorca CT34REM nu este în flotă" in page_text(response)
    response = works.post(add, {"loc": "trailer1"}, follow=True)
    assert "Remorca CT34REM nu este" not in page_text(response)
    assert fleet() == {"CJ77NOU": ("vehicle", "", True), "CT34REM": ("trailer", "", True)}
    assert "deja în flotă" in page_text(works.post(add, {"loc": "plate"}, follow=True))
    assert "nu este un număr" in page_text(works.post(add, {"loc": "trailer2"}, follow=True))
    assert works.post(add, {"loc": "start"}).status_code == 404
    assert works.get(add).status_code == 405
    issues = page_text(works.get(f"/transporturi/{other_transport.pk}/"))
    assert "1 problemă de rezolvat" in issues
    assert "Vehiculul AR01STR nu este în flotă" in issues


def test_the_panel_explains_each_problem_and_what_to_do(
    works: Client, company: Company, make: MakeTransport, vehicle: MakeVehicle
) -> None:
    vehicle("B123ABC")
    trailer = vehicle("CT34REM", VehicleKind.TRAILER)
    vehicle("CJ01OLD", active=False)
    uit = make(plate="CT34REM", trailer1="B123ABC", trailer2="CJ01OLD")
    back = make(plate="B123ABC", start=uit.end, end=uit.start)
    issue_store.update_issues(company.pk, because="uit")
    response = works.get(f"/transporturi/{uit.pk}/")
    words = page_text(response)
    assert "4 probleme de rezolvat" in words
    for sentence in (
        "CT34REM este remorcă, dar pe UIT apare ca vehicul",
        "B123ABC este vehicul, dar pe UIT apare ca remorcă",
        "B123ABC apare și pe alt UIT valabil în aceeași perioadă, în altă direcție",
        "modificare vehicul",
    ):
        assert sentence in words
    page = response.content.decode()
    assert f'href="/flota/{trailer.pk}/"' in page
    assert f'href="/transporturi/{back.pk}/"' in page
    message = unescape(re.search(r'data-copy="(Bună ziua[^"]+)"', page)[1])  # type: ignore[index]
    assert "Cluj-Napoca (CJ) → București (B)" in message
    assert "CT34REM, care este o remorcă, dar apare ca vehicul" in message
