"""What ANAF's token says of the services that the application was registered for."""

from typing import Any

import pytest
from django.test import Client

from caraus.accounts.models import Company, Organization
from caraus.commands import doctor
from tests.authorizations.test_consent import begin, finish
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess

NOT_REGISTERED = "Autorizat, dar aplicația nu este înscrisă pentru E-Transport"
WITHOUT = ["EFACTURA", "HELLO"]


@pytest.mark.parametrize(
    ("options", "lacks"),
    [
        ({"form": "list", "names": WITHOUT}, True),
        ({"form": "text", "names": WITHOUT}, True),
        ({"form": "list", "names": WITHOUT, "claim": "roles"}, True),
        ({"form": "list"}, False),
        ({"form": "text"}, False),
        ({"form": "absent"}, False),
    ],
)
def test_a_token_without_etransport_is_no_green_success(
    anaf: SimulatorProcess,
    signed_in: Client,
    company: Company,
    options: dict[str, Any],
    lacks: bool,
) -> None:
    anaf.turn_on("roles", **options)
    page = finish(signed_in, **anaf.log_in(url=begin(signed_in)))
    assert (NOT_REGISTERED in page) is lacks
    assert ("<h1>Autorizarea a reușit</h1>" in page) is not lacks
    assert ("bifează serviciul E-Transport" in page) is lacks
    assert ("/integrari/ajutor/aplicatie-neinrolata/" in page) is lacks


@pytest.mark.parametrize(("names", "count"), [(WITHOUT, 1), (["ETRANSPORT"], 0)])
def test_doctor_says_what_to_tick_at_anaf(
    anaf: SimulatorProcess, organization: Organization, names: list[str], count: int
) -> None:
    anaf.turn_on("roles", names=names)
    authorize(anaf, organization)
    report = doctor._roles()
    assert len(report) == count
    for state, text in report:
        assert state == doctor.BAD
        assert text.startswith("1 authorization(s) do not name ETRANSPORT")
        assert "Tick E-Transport for the application at ANAF" in text
