"""What a person says on pages is what is filed: moments, second tabs, many UITs, what XML holds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from caraus.accounts.models import AuditLogEntry, User
from caraus.core.formatting import BUCHAREST
from caraus.filings import changes, processor
from caraus.filings.models import VehicleChange
from caraus.filings.rules import RuleError
from caraus.filings.states import ChangeState
from caraus.notifications.models import Notification
from caraus.transports.models import Transport
from tests.authorizations.processes import until
from tests.filings.conftest import Desk, text_of

pytestmark = pytest.mark.django_db(transaction=True)

CHANGE = {"plate": "cj-77 xyz", "trailer1": "", "trailer2": "", "when": "acum"}


def held(desk: Desk) -> VehicleChange:
    change = desk.filed(desk.new_uit())
    VehicleChange.objects.update(state=ChangeState.HELD, reason="late")
    return change


@pytest.mark.parametrize(
    ("chosen", "typed", "sentence"),
    [
        ("ora", "", "Alege ziua și ora."),
        ("ora", "14:05", "Alege ziua și ora."),
        ("ora", "0001-01-01T00:00", "înainte de valabilitatea"),
        ("ora", "9999-12-31T23:59", "cel mult peste o zi"),
        ("la_fel", "2026-11-30T14:05", "nu ai ales „de la ora”"),
        ("acum", "2026-11-30T14:05", "nu ai ales „de la ora”"),
    ],
)
def test_a_held_change_is_never_sent_with_another_moment_than_the_person_said(
    desk: Desk, dispatcher: Client, chosen: str, typed: str, sentence: str
) -> None:
    change = held(desk)
    moment = change.moment
    decision = {"ce": "trimite", "moment": chosen, "ora": typed}
    page = dispatcher.post(reverse("filings:decide", args=[change.pk]), decision, follow=True)
    assert sentence in text_of(page)
    change.refresh_from_db()
    assert (change.state, change.moment) == (ChangeState.HELD, moment)


def test_a_held_change_is_sent_with_the_hour_that_the_person_chose(
    desk: Desk, dispatcher: Client
) -> None:
    change = held(desk)
    hour = (timezone.now() + timedelta(hours=1)).astimezone(BUCHAREST).replace(tzinfo=None)
    typed = hour.isoformat(timespec="minutes")
    decision = {"ce": "trimite", "moment": "ora", "ora": typed}
    dispatcher.post(reverse("filings:decide", args=[change.pk]), decision)
    change.refresh_from_db()
    assert change.state == ChangeState.QUEUED
    assert change.moment == datetime.fromisoformat(typed).replace(tzinfo=BUCHAREST)


def test_an_hour_beside_now_must_be_confirmed(desk: Desk, dispatcher: Client) -> None:
    hour = timezone.now().astimezone(BUCHAREST).isoformat()[:16]
    address = reverse("filings:new", args=[desk.new_uit().pk])
    page = text_of(dispatcher.post(address, CHANGE | {"moment": hour}))
    assert "nu ai ales „de la ora”" in page
    assert not VehicleChange.objects.exists()


def test_giving_up_in_a_second_tab_says_what_was_filed_in_the_first(
    desk: Desk, dispatcher: Client
) -> None:
    dispatcher.post(reverse("filings:new", args=[desk.new_uit().pk]), CHANGE)
    change = VehicleChange.objects.get()
    group = reverse("filings:group", args=[change.pk])
    dispatcher.post(group, {"ce": "depune"})
    for state in (ChangeState.QUEUED, ChangeState.PROCESSING):
        page = text_of(dispatcher.post(group, {"ce": "renunta"}, follow=True))
        assert "Nu s-a depus nimic." not in page
        assert "S-a confirmat între timp" in page
        change.refresh_from_db()
        assert change.state == state
        desk.step(change)


def test_of_many_uits_those_that_may_not_be_filed_are_named(desk: Desk, dispatcher: Client) -> None:
    """A truck breaks down that also has a UIT of tomorrow, and one of the day after."""
    today = datetime.now(BUCHAREST).date()
    good = desk.new_uit(nr_veh="B55TIR")
    later = [
        desk.new_uit(nr_veh="B55TIR", data_transp=(today + timedelta(days=days)).isoformat())
        for days in (2, 3)
    ]
    address = reverse("filings:new_of_vehicle") + "?numar=B55TIR"
    every = [str(transport.pk) for transport in (good, *later)]
    page = text_of(dispatcher.post(address, CHANGE | {"uit": every}))
    for transport in later:
        assert f"UIT {transport.uit}: Momentul este înainte de valabilitatea UIT-ului" in page
    assert f"UIT {good.uit}: " not in page
    assert not VehicleChange.objects.exists()
    page = text_of(dispatcher.post(address, CHANGE | {"uit": every, "plate": "ȘV 12 ABC"}))
    assert page.count("Ai vrut „SV12ABC”?") == 1
    dispatcher.post(address, CHANGE | {"uit": every[:1]})
    assert VehicleChange.objects.get().uit == good.uit


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("note", "pană\x01la motor"),
        ("note", "\u0958" * 101),  # two signs each, as XML has it
        ("note", "a" * 201),
        ("own_reference", "DOSAR\x7f7"),
        ("own_reference", "a" * 20),
    ],
)
def test_what_a_declaration_can_not_hold_is_refused_before_it_is_queued(
    desk: Desk, field: str, text: str
) -> None:
    transport = desk.new_uit()
    typed: dict[str, Any] = {field: text}
    with pytest.raises(RuleError) as caught:
        desk.draft(transport, **typed)
    assert caught.value.field == field


def test_what_can_not_be_built_is_held_with_the_reason(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    VehicleChange.objects.update(note="pană\x01")
    assert desk.step(change).state == ChangeState.HELD
    assert change.reason == "not_built"
    assert not change.attempts.exists()
    changes.cancel(change, user=desk.user)


def test_a_rehearsal_is_marked_all_along(desk: Desk, dispatcher: Client) -> None:
    """On its page, in the notification and in the audit log; it is no filing for scripts."""
    desk.anaf.turn_on("upload_errors", text="Valoarea nu respecta schema.")
    change = desk.draft(desk.new_uit(), rehearsal=True)
    changes.confirm([change], user=desk.user)
    assert desk.step(change).state == ChangeState.REFUSED
    page = text_of(dispatcher.get(reverse("filings:change", args=[change.pk])))
    assert "Mediul de test al ANAF a refuzat-o." in page
    assert "repetiție" in page
    assert "a rămas vehiculul de dinainte" not in page
    notification = Notification.objects.get(user=desk.user, kind="filing")
    assert notification.title.startswith("Repetiție: Schimbare de vehicul refuzată de ANAF: UIT ")
    entries = AuditLogEntry.objects.filter(action="filing")
    assert [entry.text.partition(": ")[0] for entry in entries] == ["Repetiție", "Repetiție"]


def test_a_rehearsal_is_not_called_not_found_by_what_the_other_environment_shows(
    desk: Desk, settings: LazySettings
) -> None:
    settings.ANAF_ENVIRONMENT = "prod"
    change = desk.draft(desk.new_uit(), rehearsal=True)
    changes.confirm([change], user=desk.user)
    desk.anaf.turn_on("upload_lost_before", endpoint="upload")
    desk.step(change)
    desk.anaf.turn_on("down_502", endpoint="lista")
    for _ in range(8):
        assert desk.step(change, later=timedelta(minutes=10)).state == ChangeState.UNKNOWN
        desk.sync()


def test_a_request_without_a_response_is_not_called_one(desk: Desk, dispatcher: Client) -> None:
    desk.anaf.turn_on("upload_lost_before", endpoint="upload")
    change = desk.step(desk.filed(desk.new_uit()))
    page = text_of(dispatcher.get(reverse("filings:change", args=[change.pk])))
    assert "1 cerere la ANAF" in page
    assert "fără răspuns" in page
    assert "1 răspuns" not in page


def test_a_refusal_leads_to_another_change(
    desk: Desk, dispatcher: Client, client: Client, teammate: User
) -> None:
    """„Depune alta” is said, so the way there is on the page; not for a viewer, nor once it is
    too late."""
    transport = desk.new_uit()
    desk.anaf.turn_on("upload_errors", text="Valoarea nu respecta schema.")
    change = desk.step(desk.filed(transport))
    assert change.state == ChangeState.REFUSED
    address = reverse("filings:change", args=[change.pk])
    way = f'href="{reverse("filings:new", args=[transport.pk])}"'
    assert way in text_of(dispatcher.get(address))
    Transport.objects.update(state=Transport.State.DELISTED)
    assert way not in text_of(dispatcher.get(address))
    Transport.objects.update(state=Transport.State.ACTIVE)
    client.force_login(teammate)
    assert way not in text_of(client.get(address))


def test_a_change_that_is_being_sent_is_left_alone(desk: Desk) -> None:
    """Its worker lives and waits for ANAF: another one does not take it for dead."""
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("held", endpoint="upload")

    def send() -> None:
        try:
            processor.step(change.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other_worker:
        sending = other_worker.submit(send)
        until(lambda: desk.anaf.calls("upload"), 30)
        assert not processor.step(change.pk)
        change.refresh_from_db()
        assert change.state == ChangeState.SENDING
        desk.anaf.turn_off("held")
        sending.result(30)
    change.refresh_from_db()
    assert change.state == ChangeState.PROCESSING
    assert not Notification.objects.filter(kind="filing").exists()
