"""A UIT of the company at the simulated ANAF, as the product knows it, and changes of its vehicle.

The clock of the simulator is the real one; nothing waits for it: what is due later is made due.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import BUCHAREST
from caraus.filings import changes, processor
from caraus.filings.models import FilingAttempt, VehicleChange
from caraus.filings.rules import VehicleChangeInput
from caraus.filings.states import ChangeState
from caraus.sync.company_sync import sync_company
from caraus.sync.models import SyncState
from caraus.transports.models import Transport
from tests import factories
from tests.authorize import authorize
from tests.official import schema_errors, schematron_errors
from tests.simulator_process import SimulatorProcess
from tests.transports.conftest import no_plan_of_another_test

__all__ = ["no_plan_of_another_test"]


class Desk:
    """What a dispatcher of the company does, and what the worker does after it."""

    def __init__(self, anaf: SimulatorProcess, company: Company, user: User) -> None:
        self.anaf, self.company, self.user = anaf, company, user
        anaf.limits(processing_seconds=0)

    def new_uit(self, **fields: Any) -> Transport:
        """Declare a UIT that is valid since yesterday, and have it read."""
        day = (datetime.now(BUCHAREST).date() - timedelta(days=1)).isoformat()
        record = {"data_transp": day, "nr_veh": "B12ABC", "nr_rem1": "B01REM", "nr_rem2": ""}
        uit = self.anaf.add_uit(self.company.cui, **(record | fields))["uit"]
        self.sync()
        return Transport.objects.get(company=self.company, uit=uit)

    def sync(self) -> None:
        """Read ANAF's list now, as the poller would."""
        result = sync_company(company_id=self.company.pk)
        assert result.outcome, result.message

    def change_input(self, plate: str = "CJ77XYZ", **fields: Any) -> VehicleChangeInput:
        values: dict[str, Any] = {"trailer1": "", "trailer2": "", "moment": timezone.now()}
        return VehicleChangeInput(plate=plate, **(values | fields))

    def draft(
        self, transport: Transport, *, rehearsal: bool = False, **fields: Any
    ) -> VehicleChange:
        transport.refresh_from_db()
        return changes.create_draft(
            transport, self.change_input(**fields), user=self.user, rehearsal=rehearsal
        )

    def filed(self, transport: Transport, **fields: Any) -> VehicleChange:
        """Return a confirmed change, not yet sent."""
        change = self.draft(transport, **fields)
        assert changes.confirm([change], user=self.user) == [change]
        change.refresh_from_db()
        return change

    def step(self, change: VehicleChange, *, later: timedelta = timedelta()) -> VehicleChange:
        """Do the next thing for a change now, whenever it is due. `later`: as if its state had
        lasted so long."""
        row = VehicleChange.objects.get(pk=change.pk)
        VehicleChange.objects.filter(pk=change.pk).exclude(next_step_at=None).update(
            next_step_at=timezone.now(), state_since=row.state_since - later
        )
        if later:
            for attempt in FilingAttempt.objects.filter(change=change):
                attempt.sent_at -= later
                attempt.save(update_fields=["sent_at"])
        processor.step(change.pk)
        change.refresh_from_db()
        return change

    def steps(self, change: VehicleChange, number: int = 12) -> VehicleChange:
        """Work until the end of the change, with the poller beside it."""
        for _ in range(number):
            if self.step(change).state in {ChangeState.DONE, ChangeState.REFUSED, ChangeState.HELD}:
                break
            if SyncState.objects.filter(
                company=self.company, next_sync_at__lte=timezone.now()
            ).exists():
                self.sync()
                change.refresh_from_db()
        return change

    def shown(self) -> list[dict[str, Any]]:
        """Return the records that `info` shows, whatever scenarios are on."""
        environment = settings.ANAF_ENVIRONMENT
        records = self.anaf.control(f"active/{self.company.cui}?env={environment}")["records"]
        return list(records)

    def uploads(self) -> list[dict[str, Any]]:
        """Return the vehicle changes that ANAF took for processing."""
        return [upload for upload in self.anaf.uploads() if upload["kind"] == "MVH"]


@pytest.fixture
def company(organization: Organization) -> Company:
    return factories.company(organization, cui=factories.SMALL_CUI)


@pytest.fixture
def desk(
    anaf: SimulatorProcess, organization: Organization, company: Company, owner: User
) -> Iterator[Desk]:
    authorize(anaf, organization)
    yield Desk(anaf, company, owner)
    for attempt in FilingAttempt.objects.all():
        xml = bytes(attempt.xml)
        assert (schema_errors(xml), schematron_errors(xml)) == ([], [])


@pytest.fixture
def dispatcher(client: Client, organization: Organization) -> Client:
    client.force_login(factories.member(organization, "dispatcher"))
    return client


def text_of(response: Any) -> str:
    return " ".join(str(response.content.decode()).split())
