"""A fleet and open UITs, with only what a test is about."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization
from caraus.authorizations.models import Authorization
from caraus.core.formatting import today
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.transports.models import Transport
from tests import factories
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess

type MakeTransport = Callable[..., Transport]
type MakeVehicle = Callable[..., Vehicle]

_numbers = count(1)
CLUJ = {"county": "CJ", "locality": "Cluj-Napoca"}
BUCHAREST = {"county": "B", "locality": "București"}


@pytest.fixture
def make(company: Company) -> MakeTransport:
    def transport(**fields: Any) -> Transport:
        now = timezone.now()
        defaults: dict[str, Any] = {
            "company": company,
            "uit": f"UIT{next(_numbers):013d}",
            "transport_date": today(),
            "first_expired_day": today() + timedelta(days=5),
            "start": CLUJ,
            "end": BUCHAREST,
            **dict.fromkeys(("first_seen_at", "last_seen_at", "last_changed_at"), now),
        }
        return Transport.objects.create(**(defaults | fields))

    return transport


@pytest.fixture
def vehicle(company: Company) -> MakeVehicle:
    def listed(plate: str, kind: str = VehicleKind.VEHICLE, **fields: Any) -> Vehicle:
        return Vehicle.objects.create(
            **({"company": company, "plate": plate, "kind": kind} | fields)
        )

    return listed


@pytest.fixture
def dispatcher(organization: Organization) -> Membership:
    return Membership.objects.get(user=factories.member(organization, "dispatcher"))


@pytest.fixture
def authorization(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> Authorization:
    return authorize(anaf, organization)
