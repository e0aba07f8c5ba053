"""A person authorizes: the state, the code, and what comes of each."""

from django.test import Client

from caraus.accounts.models import Company
from caraus.connections.models import Connection
from caraus.transports.models import Transport
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def test_an_authorization_brings_every_uit_of_the_company(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, company: Company
) -> None:
    address = signed_in.post("/integrari/autorizare/")["Location"]
    came_back = anaf.log_in("three", url=address)
    page = signed_in.get("/anaf/callback", came_back)
    assert "Autorizarea a reușit" in page.content.decode()
    assert Connection.objects.get().status == "active"

    worker.drain()

    expected = {record["uit"] for record in anaf.active(company.cui)}
    assert expected
    assert set(Transport.objects.values_list("uit", flat=True)) == expected
