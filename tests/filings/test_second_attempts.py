"""A change that a person sent again, or gave up, while its first attempt had arrived after all."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from caraus.accounts.models import AuditLogEntry
from caraus.anaf.filings import new_reference
from caraus.filings import changes, sending
from caraus.filings.models import FilingAttempt, FilingResponse, VehicleChange
from caraus.filings.states import ChangeState
from caraus.notifications.models import Notification
from tests.filings.conftest import Desk, text_of

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
LATE = ("info_lags", "lista_lags")


def not_found(desk: Desk, *faults: str) -> VehicleChange:
    """Return a change whose response was lost, and which ANAF does not show yet."""
    for name in LATE:
        desk.anaf.turn_on(name, seconds=3600)
    for name in (*faults, "upload_lost_after"):
        desk.anaf.turn_on(name)
    change = desk.step(desk.filed(desk.new_uit()))
    for name in (*faults, "upload_lost_after"):
        desk.anaf.turn_off(name)
    for _ in range(5):
        desk.step(change)
    assert desk.step(change, later=10 * MINUTE).state == ChangeState.NOT_FOUND
    return change


def show(desk: Desk) -> None:
    for name in LATE:
        desk.anaf.turn_off(name)


def test_a_refused_second_attempt_does_not_hide_the_first(desk: Desk, dispatcher: Client) -> None:
    """ANAF refuses the second as declared before: the vehicle is changed all the same."""
    change = not_found(desk)
    desk.anaf.turn_on("upload_duplicate_refused")
    changes.send_again(change, user=desk.user)
    assert desk.steps(change).state == ChangeState.REFUSED
    address = reverse("filings:change", args=[change.pk])
    page = text_of(dispatcher.get(address))
    assert "a rămas vehiculul de dinainte" not in page
    assert "Răspunsul la cea dinainte s-a pierdut" in page
    show(desk)
    desk.sync()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    first, _ = change.attempts.all()
    entry = AuditLogEntry.objects.filter(action="filing").latest("pk")
    assert entry.details["reference"] == first.reference


def test_an_accepted_attempt_in_the_list_outweighs_a_refused_one(desk: Desk) -> None:
    """Both answers were lost; ANAF refused the first and took the second."""
    change = not_found(desk, "upload_nok")
    changes.send_again(change, user=desk.user)
    desk.anaf.turn_on("upload_lost_after")
    assert desk.step(change).state == ChangeState.UNKNOWN
    desk.anaf.turn_off("lista_lags")
    for _ in range(4):
        assert desk.step(change).state == ChangeState.UNKNOWN
    assert desk.step(change).state == ChangeState.ACCEPTED
    first, second = change.attempts.all()
    assert (first.index, bool(second.index)) == ("", True)


def test_a_refused_first_attempt_says_nothing_of_a_lost_second(desk: Desk) -> None:
    change = not_found(desk, "upload_nok")
    changes.send_again(change, user=desk.user)
    desk.anaf.turn_on("upload_lost_before", endpoint="upload")
    assert desk.step(change).state == ChangeState.UNKNOWN
    desk.anaf.turn_off("lista_lags")
    for _ in range(5):
        assert desk.step(change).state == ChangeState.UNKNOWN


def test_what_was_given_up_is_done_when_anaf_shows_it(desk: Desk, dispatcher: Client) -> None:
    change = not_found(desk)
    address = reverse("filings:decide", args=[change.pk])
    page = text_of(dispatcher.post(address, {"ce": "renunta"}, follow=True))
    assert "poate a ajuns totuși" in page
    notifications = Notification.objects.filter(user=desk.user, kind="filing").count()
    show(desk)
    desk.sync()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    new = Notification.objects.filter(user=desk.user, kind="filing").latest("pk")
    assert Notification.objects.filter(user=desk.user, kind="filing").count() == notifications + 1
    assert "apare la ANAF" in new.title


def test_what_was_never_sent_and_given_up_is_not_known_by_its_plates(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    changes.cancel(change, user=desk.user)
    change.refresh_from_db()
    assert change.reason == ""
    desk.anaf.change_vehicle(change.uit, nr_veh="CJ77XYZ", nr_rem1=None, ref_decl=None)
    desk.sync()
    change.refresh_from_db()
    assert change.state == ChangeState.CANCELLED


def test_what_shows_while_a_second_attempt_is_on_its_way_is_not_refused(desk: Desk) -> None:
    """ANAF's list shows the first before the refusal of the second arrives, and not anew after."""
    change = not_found(desk)
    changes.send_again(change, user=desk.user)
    first = change.attempts.get()
    now = timezone.now()
    second = FilingAttempt.objects.create(
        change=change, reference=new_reference(now=now), xml=first.xml, sent_at=now
    )
    VehicleChange.objects.update(state=ChangeState.SENDING, next_step_at=now)
    show(desk)
    desk.sync()
    FilingResponse.objects.create(
        attempt=second,
        kind=FilingResponse.Kind.UPLOAD,
        began_at=now,
        ended_at=now,
        sent=True,
        status=200,
        body=b'{"Errors":[{"errorMessage":"A mai fost declarata."}],"ExecutionStatus":1}',
        complete=True,
    )
    assert desk.step(change).state == ChangeState.DONE
    rows = Notification.objects.filter(user=desk.user).order_by("pk")
    texts = [row.text for row in rows]
    assert "A mai fost declarata." in texts[len(texts) - 2]
    entry = AuditLogEntry.objects.filter(action="filing").latest("pk")
    assert entry.details["reference"] == first.reference


@pytest.mark.parametrize(
    "state", [ChangeState.PROCESSING, ChangeState.NOT_FOUND, ChangeState.CANCELLED]
)
def test_a_response_judged_late_moves_nothing_back(desk: Desk, state: ChangeState) -> None:
    """A worker that lost its lock comes with its answer after another one has gone on."""
    change = desk.step(desk.filed(desk.new_uit()))
    VehicleChange.objects.update(state=state, next_step_at=None)
    sending.apply_upload_response(FilingResponse.objects.get())
    change.refresh_from_db()
    assert (change.state, change.next_step_at) == (state, None)
