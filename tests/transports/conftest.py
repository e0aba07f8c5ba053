"""A company with an authorization, and dumps of all that is kept about its UITs."""

from datetime import datetime
from typing import Any

import pytest

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization
from caraus.core.formatting import BUCHAREST
from caraus.sync.schedule import plan
from caraus.transports.models import Transport, TransportEvent
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess

type Dump = tuple[list[Any], list[Any]]


@pytest.fixture
def authorization(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> Authorization:
    """Return an authorization with the certificate that has rights for the company."""
    return authorize(anaf, organization)


@pytest.fixture(autouse=True)
def no_plan_of_another_test() -> None:
    plan.clear_plan_cache()


def noon() -> datetime:
    """Today at noon in Bucharest: minutes may pass without a new day, whenever the tests run."""
    return datetime.now(BUCHAREST).replace(hour=12, minute=0, second=0, microsecond=0)


def dump() -> Dump:
    """Return a function that dumps every column of every UIT and event."""
    return (
        list(Transport.objects.order_by("pk").values()),
        list(TransportEvent.objects.order_by("pk").values()),
    )
