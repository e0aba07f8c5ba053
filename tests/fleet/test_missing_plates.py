"""The plates of open UITs that are in no fleet: ticked and added in one step."""

import re

import pytest
from django.test import Client

from caraus.accounts.models import Company, Membership, Organization
from caraus.core.formatting import today
from caraus.fleet import issue_store
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.transports.models import Transport
from tests import factories
from tests.fleet.conftest import MakeTransport, MakeVehicle
from tests.fleet.test_views import LIST, page_text

MISSING = "/flota/de-pe-uit-uri/"


@pytest.fixture
def works(client: Client, dispatcher: Membership) -> Client:
    client.force_login(dispatcher.user)
    return client


def offered(client: Client) -> list[str]:
    page = client.get(MISSING).content.decode()
    return re.findall(r'name="numar"\s+value="([^"]+)"', page)


def test_the_missing_plates_of_open_uits_are_added_in_one_step(
    works: Client,
    organization: Organization,
    company: Company,
    make: MakeTransport,
    vehicle: MakeVehicle,
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    vehicle("B210KLM")
    make(plate="B 210 KLM", trailer1="AR 31 REM")
    make(plate="CJ-77 NOU", trailer1="AR31REM", trailer2="x" * 30)
    make(plate="B211KLM", first_expired_day=today())
    make(plate="B212KLM", state=Transport.State.DELISTED)
    make(plate="B213KLM", carrier_cui="14399840")
    make(plate="CJ77NOU", company=other_company)
    issue_store.update_issues(company.pk, because="uit")
    assert "2 numere de pe UIT-uri lipsesc din flotă." in page_text(works.get(LIST))
    keys = [f"{company.cui}:AR31REM", f"{company.cui}:CJ77NOU", f"{other_company.cui}:CJ77NOU"]
    assert offered(works) == keys
    response = works.post(
        MISSING, {"numar": [*keys[:2], f"{company.cui}:B211KLM", "x"]}, follow=True
    )
    assert "Flota: 2 vehicule adăugate." in page_text(response)
    assert dict(Vehicle.objects.filter(company=company).values_list("plate", "kind")) == {
        "B210KLM": VehicleKind.VEHICLE,
        "AR31REM": VehicleKind.TRAILER,
        "CJ77NOU": VehicleKind.VEHICLE,
    }
    assert offered(works) == keys[2:]
    assert "Nu ai bifat niciun număr." in page_text(works.post(MISSING, {}, follow=True))


def test_a_fleet_can_be_made_out_of_its_uits(
    works: Client, company: Company, make: MakeTransport
) -> None:
    make(plate="B 210 KLM")
    assert "Ia numerele de pe UIT-uri" in page_text(works.get(LIST))
    works.post(MISSING, {"numar": f"{company.cui}:B210KLM"})
    assert Vehicle.objects.get().plate == "B210KLM"
    assert "Nu lipsește niciun număr" in page_text(works.get(MISSING))


def test_who_is_kept_to_some_companies_is_offered_only_theirs(
    client: Client, organization: Organization, company: Company, make: MakeTransport
) -> None:
    own = factories.company(organization, cui=factories.OTHER_CUI)
    make(plate="B210KLM")
    make(plate="B211KLM", company=own)
    restricted = Membership.objects.get(user=factories.member(organization, "dispatcher"))
    restricted.only_some_companies = True
    restricted.save()
    restricted.companies.add(own)
    client.force_login(restricted.user)
    assert offered(client) == [f"{own.cui}:B211KLM"]
    client.post(MISSING, {"numar": f"{company.cui}:B210KLM"})
    assert not Vehicle.objects.exists()
