"""An authorization with tokens that ANAF gave."""

import pytest

from caraus.accounts.models import Company, Organization
from caraus.connections.models import Connection
from tests.authorizations import authorization
from tests.simulator_process import SimulatorProcess


@pytest.fixture
def connection(anaf: SimulatorProcess, organization: Organization, company: Company) -> Connection:
    return authorization(anaf, organization)
