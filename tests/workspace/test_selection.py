"""What is done with several UITs of the list at once, as forms do it, without JavaScript."""

import csv
import io
from typing import Any

from django.test import Client

from caraus.accounts.models import Company, Organization
from caraus.fleet.models import Vehicle
from caraus.transports.models import Transport
from caraus.workspace.models import ListExport
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport

TEXTS, EXPORT, ADD = (
    "/transporturi/texte-pentru-sofer/",
    "/transporturi/export/",
    "/flota/din-uit-uri/",
)


def foreign(make: MakeTransport) -> Transport:
    """Make a UIT of another organization."""
    return make(company=factories.company(factories.organization("Altă firmă SRL")), plate="X9")


def test_codes_and_texts_are_shown_as_a_page(signed_in: Client, make: MakeTransport) -> None:
    rows = [make(plate="B12ABC"), make(plate="CJ01ABC")]
    keys = [row.pk for row in [*rows, foreign(make)]]
    codes = signed_in.post(TEXTS, {"uit": keys, "numai": "coduri"})
    assert codes["Content-Type"] == "text/plain; charset=utf-8"
    assert codes.content.decode().split("\n") == [row.uit for row in rows]
    text = signed_in.post(TEXTS, {"uit": keys}).content.decode()
    assert text.count("UIT: ") == 2
    assert "B12ABC" in text
    assert signed_in.post(TEXTS, {"numai": "coduri"}).status_code == 404


def exported(client: Client, keys: list[int]) -> tuple[ListExport, list[str]]:
    """Export these UITs of the view; return the export and the codes in its file."""
    form = {"vedere": "sortare=expira", "fel": "csv", "uit": keys}
    response: Any = client.post(EXPORT, form)
    export = ListExport.objects.latest("pk")
    text = b"".join(response).decode("utf-8-sig")
    return export, [line[0] for line in csv.reader(io.StringIO(text), delimiter=";")][1:]


def test_the_selection_is_exported_alone(signed_in: Client, make: MakeTransport) -> None:
    first, second, third = make(), make(), make()
    keys = [first.pk, second.pk, foreign(make).pk]
    export, codes = exported(signed_in, keys)
    assert codes == [first.uit, second.uit]
    assert "3 UIT-uri alese" in page_of(signed_in.get(f"{EXPORT}{export.pk}/"))
    repeated, _ = exported(signed_in, keys)
    assert repeated == export
    second_export, codes = exported(signed_in, [third.pk])
    assert (second_export != export, codes) == (True, [third.uit])
    _, codes = exported(signed_in, [])
    assert set(codes) == {first.uit, second.uit, third.uit}


def test_plates_that_the_fleet_lacks_are_added(
    signed_in: Client, make: MakeTransport, company: Company
) -> None:
    Vehicle.objects.create(company=company, plate="B12ABC")
    rows = [make(plate="B12ABC", trailer1="CT 10 WPT"), make(plate="b 13 abc"), foreign(make)]
    make(plate="B14ABC")
    form = {"uit": [row.pk for row in rows], "vedere": "q=b1&sortare=expira"}
    response = signed_in.post(ADD, form)
    assert response["Location"] == "/transporturi/?q=b1&sortare=expira"
    plates = {vehicle.plate: vehicle.kind for vehicle in company.fleet.all()}
    assert plates == {"B12ABC": "vehicle", "B13ABC": "vehicle", "CT10WPT": "trailer"}
    assert not Vehicle.objects.exclude(company=company).exists()
    page = page_of(signed_in.get(response["Location"]))
    assert "Flota: 2 vehicule adăugate: " in page
    for again, sentence in (
        (form, "Toate numerele acestor UIT-uri sunt deja în flotă."),
        ({}, "Alege întâi UIT-urile"),
    ):
        response = signed_in.post(ADD, again)
        assert sentence in page_of(signed_in.get(response["Location"]))
    assert company.fleet.count() == 3


def test_who_may_only_look_selects_to_hand_over(
    client: Client, make: MakeTransport, organization: Organization
) -> None:
    row = make()
    client.force_login(factories.member(organization, "viewer"))
    page = page_of(client.get("/transporturi/"))
    assert f'name="uit" form="alese" value="{row.pk}"' in page
    assert "Copiază codurile" in page
    assert "Fișele, într-un PDF" in page
    for mark in ("Mă ocup eu", "Adaugă numerele în flotă", 'name="descarcat"'):
        assert mark not in page
    assert client.post(TEXTS, {"uit": [row.pk]}).status_code == 200
