"""The search finds what is shown beside a UIT (documents, notes, driver, company), as it is now;
and the closed UITs where nothing open fits."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.formatting import today
from caraus.fleet import changes
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.transports.models import Transport, TransportNote
from caraus.workspace import pagination, search_beside
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport

LIST = "/transporturi/"


def find_uits(client: Client, typed: str) -> list[str]:
    """Search in the list; return the codes of its rows."""
    return re.findall(r'<tr data-uit="([^"]+)"', page_of(client.get(LIST, {"q": typed})))


def test_documents_are_found(signed_in: Client, make: MakeTransport) -> None:
    row = make(documents=[{"text": "CMR 196859"}, {"text": "Factura ȘT-77"}])
    make(documents=[{"text": "CMR 196858"}], declarant_ref="ST77")
    for typed in ("CMR 196859", "196859", "cmr196859", "factura șt 77", "factura"):
        assert find_uits(signed_in, typed) == [row.uit], typed


def test_a_note_is_found_until_it_is_changed_or_deleted(
    signed_in: Client, make: MakeTransport
) -> None:
    row, other_transport = make(plate="B12ABC"), make(plate="CJ01ABC")
    signed_in.post(f"{LIST}{row.pk}/note/", {"text": "Sună la rampă, întreabă de Țițirigă"})
    signed_in.post(f"{LIST}{other_transport.pk}/note/", {"text": "Fără grabă"})
    for typed in ("rampă", "TITIRIGA", "sună b12", "b12abc țițirigă"):
        assert find_uits(signed_in, typed) == [row.uit], typed
    assert find_uits(signed_in, "rampă cj01abc") == []
    note = TransportNote.objects.get(transport=row)
    signed_in.post(f"{LIST}note/{note.pk}/", {"text": "Nu mai suna"})
    assert find_uits(signed_in, "rampă") == []
    assert find_uits(signed_in, "mai suna") == [row.uit]
    signed_in.post(f"{LIST}note/{note.pk}/stergere/")
    assert find_uits(signed_in, "mai suna") == []


def test_a_driver_and_the_phone_are_found_as_the_fleet_has_them_now(
    signed_in: Client, make: MakeTransport, company: Company, owner: User
) -> None:
    changed = [{"at": None, "plate": "B 12 ABC", "trailer1": "", "trailer2": ""}]
    row, other_transport = make(plate="X1", vehicle_changes=changed), make(plate="CJ01ABC")
    actor = Membership.objects.get(user=owner)
    entries = [
        VehicleEntry("B12ABC", VehicleKind.VEHICLE, driver="Ștefan Ionescu", phone="0722 123 456"),
        VehicleEntry("CJ01ABC", VehicleKind.VEHICLE, driver="Popescu"),
    ]
    changes.save_vehicles(actor, company, entries)
    for typed in ("ionescu", "stefan", "0722 123", "0722123456", "ștefan b12"):
        assert find_uits(signed_in, typed) == [row.uit], typed
    # Another driver: by a list, and on the vehicle's own page.
    changes.save_vehicles(
        actor, company, [VehicleEntry("B12ABC", VehicleKind.VEHICLE, driver="Vasile Dobre")]
    )
    assert find_uits(signed_in, "ionescu") == []
    assert find_uits(signed_in, "dobre") == [row.uit]
    vehicle = Vehicle.objects.get(plate="CJ01ABC")
    changes.update_vehicle(
        actor, vehicle, VehicleEntry("CJ01ABC", VehicleKind.VEHICLE, driver="Dobre Ion")
    )
    assert set(find_uits(signed_in, "dobre")) == {row.uit, other_transport.uit}
    assert find_uits(signed_in, "popescu") == []


def test_the_own_company_is_found_where_there_are_several(
    signed_in: Client, make: MakeTransport, company: Company, organization: Organization
) -> None:
    Company.objects.filter(pk=company.pk).update(name="Moții Trans SRL")
    row = make()
    assert find_uits(signed_in, "moții") == []  # every UIT is its own
    second = factories.company(organization, cui="900030302", name="Dunărea SRL")
    other_transport = make(company=second)
    assert find_uits(signed_in, "motii") == [row.uit]
    assert find_uits(signed_in, "900030302") == [other_transport.uit]
    Company.objects.filter(pk=second.pk).update(name="Carpați SRL")
    assert find_uits(signed_in, "dunărea") == []
    assert find_uits(signed_in, "carpati") == [other_transport.uit]


def test_what_others_wrote_is_not_found(signed_in: Client, make: MakeTransport) -> None:
    make(plate="B12ABC")
    other_organization = factories.organization("Altă firmă SRL")
    stranger = factories.company(other_organization, cui="900030302")
    theirs = make(company=stranger, plate="B12ABC")
    TransportNote.objects.create(transport=theirs, text="Secret")
    Vehicle.objects.create(company=stranger, plate="B12ABC", driver="Secretul")
    assert find_uits(signed_in, "secret") == []


def test_a_word_of_many_notes_is_looked_up_within_a_limit(
    make: MakeTransport, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        TransportNote.objects.create(transport=make(), text="la rampă")
    monkeypatch.setattr(search_beside, "MAX_MATCHES", 3)
    with CaptureQueriesContext(connection) as queries:
        beside = search_beside.find_beside(["rampă sud"], [company])
    assert len(queries) == 2
    assert Transport.objects.filter(beside["rampa"]).count() == 3
    assert set(beside) == {"rampa"}


def test_closed_uits_stand_under_a_line_where_nothing_open_fits(
    signed_in: Client,
    make: MakeTransport,
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factories.authorization(organization)
    long_ago = today() - timedelta(days=30)
    closed = [make(plate="B12ABC", state="expired", first_expired_day=long_ago) for _ in range(3)]
    assert set(find_uits(signed_in, "b12abc")) == {row.uit for row in closed}
    page = page_of(signed_in.get(LIST, {"q": "b12abc"}))
    assert "3 încheiate" in page
    assert "nimic activ pentru „b12abc”" in page
    assert "Vezi-le pe toate" not in page
    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 2)
    page = page_of(signed_in.get(LIST, {"q": "b12abc"}))
    assert "3 încheiate" in page
    assert 'href="?q=b12abc&amp;arata=toate"' in page
    # What is open goes first, alone.
    row = make(plate="B12ABC")
    assert find_uits(signed_in, "b12abc") == [row.uit]
    assert "încheiate" not in page_of(signed_in.get(LIST, {"q": "b12abc"}))
    # A state that was chosen is kept to; a word that nothing holds finds nothing.
    chosen = {"q": "b12abc", "arata": "neregasite"}
    assert signed_in.get(LIST, chosen).context["sections"] == []
    assert find_uits(signed_in, "zzz") == []
    assert "Nimic pentru" in page_of(signed_in.get(LIST, {"q": "zzz"}))
