"""An authorization with tokens that ANAF gave."""

import pytest

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess


@pytest.fixture
def authorization(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> Authorization:
    return authorize(anaf, organization)
