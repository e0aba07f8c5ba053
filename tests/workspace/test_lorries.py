"""The list by lorry: all UITs of a plate in one row, handed over and marked together."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from caraus.accounts.models import Company, User
from caraus.core.formatting import today
from caraus.fleet.models import Vehicle
from caraus.transports.marks import mark_transports
from caraus.transports.models import Mark
from caraus.workspace import lorries
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport

LORRIES = "/transporturi/camioane/"


def shown(client: Client, query: str = "") -> list[tuple[str, list[str]]]:
    """Plate and UITs of each lorry, in the order of the page."""
    page = client.get(LORRIES + query).context["lorry_page"]
    return [(lorry.plate, [load.transport.uit for load in lorry.loads]) for lorry in page.lorries]


def test_a_lorry_has_all_its_uits_the_most_urgent_first(
    signed_in: Client, make: MakeTransport
) -> None:
    calm = make(plate="CJ01ABC")
    late = make(plate="B12ABC", trailer1="CT01REM")
    changed = [{"at": None, "plate": "B 12 ABC", "trailer1": "CT02REM", "trailer2": ""}]
    early = make(plate="X1", vehicle_changes=changed, first_expired_day=today() + timedelta(days=2))
    make(plate="B12ABC", state="expired", first_expired_day=today() - timedelta(days=9))
    assert shown(signed_in) == [
        ("B 12 ABC", [early.uit, late.uit]),
        ("CJ01ABC", [calm.uit]),
    ]
    page = signed_in.get(LORRIES).content.decode()
    assert "CT01REM" in page
    assert "CT02REM" in page
    assert f'data-copy="{early.uit}\n{late.uit}"' in page
    assert shown(signed_in, "?q=cj01") == [("CJ01ABC", [calm.uit])]


def test_what_expired_comes_first_and_what_is_dealt_with_last(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    done = make(plate="B01AAA")
    make(plate="B02AAA")
    make(plate="B03AAA", state="expired", first_expired_day=today())
    mark_transports([done], "unloaded", owner)
    assert [plate for plate, _ in shown(signed_in)] == ["B03AAA", "B02AAA", "B01AAA"]


def test_lorries_of_the_fleet_without_a_uit_are_named(
    signed_in: Client, make: MakeTransport, company: Company, organization: object
) -> None:
    make(plate="B12ABC")
    for plate, fields in (
        ("B12ABC", {"driver": "Ionescu V.", "phone": "0722 000 000"}),
        ("B13ABC", {"note": "Popescu"}),
        ("B14ABC", {"active": False}),
        ("CT01REM", {"kind": "trailer"}),
    ):
        Vehicle.objects.create(company=company, plate=plate, **fields)
    stranger = factories.company(factories.organization("Altă firmă SRL"), cui="900030302")
    Vehicle.objects.create(company=stranger, plate="B99ABC")
    page = signed_in.get(LORRIES)
    assert [vehicle.plate for vehicle in page.context["lorry_page"].idle] == ["B13ABC"]
    assert "Ionescu V. 0722 000 000" in page_of(page)
    for query, idle in (("?q=popescu", ["B13ABC"]), ("?q=b 13", ["B13ABC"]), ("?q=zz", [])):
        vehicles = signed_in.get(LORRIES + query).context["lorry_page"].idle
        assert [vehicle.plate for vehicle in vehicles] == idle


def test_pages_of_lorries(
    signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lorries, "LORRIES_PER_PAGE", 2)
    for number in range(3):
        make(plate=f"B0{number}AAA")
    assert [plate for plate, _ in shown(signed_in)] == ["B00AAA", "B01AAA"]
    link = re.search(r'rel="next" href="(\?[^"]+)"', page_of(signed_in.get(LORRIES)))
    assert link
    following = link[1].replace("&amp;", "&")
    assert [plate for plate, _ in shown(signed_in, following)] == ["B02AAA"]


def test_more_lorries_cost_no_more_queries(signed_in: Client, make: MakeTransport) -> None:
    counts = set()
    signed_in.get(LORRIES)
    for number in range(2):
        for lorry in range(1 + 9 * number):
            make(plate=f"B{number}{lorry}AAA")
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(LORRIES)
        counts.add(len(queries))
    assert len(counts) == 1


def test_a_lorry_is_handed_over_and_marked_at_once(signed_in: Client, make: MakeTransport) -> None:
    rows = [make(plate="B12ABC"), make(plate="B12ABC")]
    stranger = make(company=factories.company(factories.organization("Altă firmă SRL")))
    keys = [row.pk for row in [*rows, stranger]]
    address = "/transporturi/texte-pentru-sofer/?" + "&".join(f"uit={key}" for key in keys)
    text = page_of(signed_in.get(address))
    assert text.count("UIT: ") == 2
    assert signed_in.get("/transporturi/texte-pentru-sofer/?uit=x&uit=²").status_code == 404
    form = {"uit": keys, "ce": "descarcat", "inapoi": "camioane", "camion": "b12abc"}
    response = signed_in.post("/transporturi/alese/", form)
    assert response["Location"] == f"{LORRIES}?#camion-b12abc"
    assert {mark.transport for mark in Mark.objects.all()} == set(rows)


@pytest.mark.process
def test_one_pdf_has_a_page_for_each_uit(signed_in: Client, make: MakeTransport) -> None:
    rows = [make(plate="B12ABC") for _ in range(3)]
    response = signed_in.post("/transporturi/fise-soferi.pdf", {"uit": [row.pk for row in rows]})
    assert response["Content-Type"] == "application/pdf"
    assert response.content.count(b"/Type /Page\n") == 3
    assert signed_in.post("/transporturi/fise-soferi.pdf", {"uit": "9"}).status_code == 404
