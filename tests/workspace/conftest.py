"""UITs for the list, with only the fields that a test is about."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization
from caraus.core.formatting import today
from caraus.transports.models import Transport
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess

type MakeTransport = Callable[..., Transport]

_numbers = count(1)


def without_plan_queries(queries: CaptureQueriesContext) -> list[str]:
    """Return the queries without those of the plan, which a process caches."""
    return [query["sql"] for query in queries if "sync_plan" not in query["sql"]]


def uit(number: int) -> str:
    """Return a code with good check digits."""
    body = f"UT{number:012d}"
    return f"{body}{sum(map(ord, body)) % 100:02d}"


@pytest.fixture
def make(company: Company) -> MakeTransport:
    def transport(**fields: Any) -> Transport:
        now = timezone.now()
        defaults: dict[str, Any] = {
            "company": company,
            "uit": uit(next(_numbers)),
            "transport_date": today(),
            "first_expired_day": today() + timedelta(days=5),
            "first_seen_at": now,
            "last_seen_at": now,
            "last_changed_at": now,
        }
        return Transport.objects.create(**(defaults | fields))

    return transport


@pytest.fixture
def authorization(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> Authorization:
    """Return an authorization with the certificate that has rights for the company."""
    return authorize(anaf, organization)
