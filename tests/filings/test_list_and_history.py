"""What the list and a UIT's page show of filings, and how they lead to one."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from caraus.accounts.models import User
from caraus.filings import changes
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.transports.models import Transport, TransportEvent
from tests.filings.conftest import Desk, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def row_of(page: Any, transport: Transport) -> str:
    """Return the row of a UIT in the list."""
    return text_of(page).split(f'data-uit="{transport.uit}"')[1].split("</tr>")[0]


def test_a_row_of_the_list_shows_the_state_and_leads_to_the_change(
    desk: Desk, dispatcher: Client
) -> None:
    transport, other_transport = desk.new_uit(), desk.new_uit()
    address = reverse("workspace:list")
    assert "data-filing" not in text_of(dispatcher.get(address))
    change = desk.draft(transport)
    assert "data-filing" not in text_of(dispatcher.get(address))  # nobody has confirmed it
    changes.confirm([change], user=desk.user)
    link = reverse("filings:change", args=[change.pk])
    for state in (
        ChangeState.QUEUED,
        ChangeState.PROCESSING,
        ChangeState.ACCEPTED,
        ChangeState.DONE,
    ):
        page = dispatcher.get(address)
        assert f'data-filing="{state}"' in row_of(page, transport)
        assert link in row_of(page, transport)
        assert "data-filing" not in row_of(page, other_transport)
        desk.steps(change) if state == ChangeState.ACCEPTED else desk.step(change)
    VehicleChange.objects.update(state_since=timezone.now() - timedelta(days=2))
    assert "data-filing" not in text_of(dispatcher.get(address))  # the row shows the vehicle


def test_a_row_shows_a_refusal_until_another_change(desk: Desk, dispatcher: Client) -> None:
    transport = desk.new_uit()
    desk.anaf.turn_on("upload_nok", text="UIT-ul nu poate fi identificat.")
    desk.steps(desk.filed(transport))
    VehicleChange.objects.update(state_since=timezone.now() - timedelta(days=2))
    address = reverse("workspace:list")
    assert 'data-filing="refused"' in row_of(dispatcher.get(address), transport)
    second = desk.filed(transport)
    assert 'data-filing="queued"' in row_of(dispatcher.get(address), transport)
    changes.cancel(second, user=desk.user)
    assert "data-filing" not in text_of(dispatcher.get(address))


def test_a_change_is_filed_from_a_row_and_from_a_lorry(
    desk: Desk, dispatcher: Client, client: Client, teammate: User
) -> None:
    transport = desk.new_uit()
    to_file = reverse("filings:new", args=[transport.pk])
    of_lorry = f"{reverse('filings:new_of_vehicle')}?numar=b12abc"
    address, lorries = reverse("workspace:list"), reverse("workspace:lorries")
    assert to_file in row_of(dispatcher.get(address), transport)
    assert of_lorry in text_of(dispatcher.get(lorries))
    assert dispatcher.get(to_file).status_code == 200
    assert transport.uit in text_of(dispatcher.get(of_lorry))
    Transport.objects.update(state=Transport.State.DELISTED)
    assert to_file not in row_of(dispatcher.get(f"{address}?arata=toate"), transport)
    Transport.objects.update(state=Transport.State.ACTIVE)
    client.force_login(teammate)  # a viewer
    assert to_file not in text_of(client.get(address))
    assert of_lorry not in text_of(client.get(lorries))


def test_the_history_of_a_uit_shows_its_filings(desk: Desk, dispatcher: Client) -> None:
    transport = desk.new_uit()
    desk.anaf.turn_on("upload_nok", text="UIT-ul nu poate fi identificat.")
    desk.steps(desk.filed(transport))
    desk.anaf.turn_off("upload_nok")
    desk.steps(desk.filed(transport))
    events = transport.events.filter(kind=TransportEvent.Kind.FILING).order_by("pk")
    assert [(event.changes["filing"], event.by) for event in events] == [
        (["", "queued"], desk.user),
        (["processing", "refused"], None),
        (["", "queued"], desk.user),
        (["processing", "accepted"], None),
        (["accepted", "done"], None),
    ]
    page = text_of(dispatcher.get(reverse("workspace:detail", args=[transport.pk])))
    history = page.split('class="timeline"')[1].split("</ol>")[0]
    for words in ("depunere la ANAF", desk.user.name, "refuzată de ANAF", "apare la ANAF"):
        assert words in history


def test_a_rehearsal_and_a_draft_are_not_in_the_history(desk: Desk) -> None:
    transport = desk.new_uit()
    changes.cancel(desk.draft(transport), user=desk.user)
    changes.confirm([desk.draft(transport, rehearsal=True)], user=desk.user)
    assert not transport.events.filter(kind=TransportEvent.Kind.FILING).exists()
