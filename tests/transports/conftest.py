"""A company with an authorization, and dumps of all that is kept about its UITs."""

from typing import Any

import pytest

from caraus.accounts.models import Company, Organization
from caraus.connections.models import Connection
from caraus.transports.models import Transport, TransportEvent
from tests.authorizations import authorization
from tests.simulator_process import SimulatorProcess

type Dump = tuple[list[Any], list[Any]]


@pytest.fixture
def connection(anaf: SimulatorProcess, organization: Organization, company: Company) -> Connection:
    """An authorization with the certificate that has rights for the company."""
    return authorization(anaf, organization)


def dump() -> Dump:
    """Every column of every UIT and event."""
    return (
        list(Transport.objects.order_by("pk").values()),
        list(TransportEvent.objects.order_by("pk").values()),
    )
