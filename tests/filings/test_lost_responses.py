"""What is done about a response that says nothing: recognized by plates, notified, not sent
again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from caraus.core.formatting import BUCHAREST
from caraus.filings.models import FilingResponse, VehicleChange
from caraus.filings.states import ChangeState
from caraus.sync.models import SyncState
from tests import factories
from tests.filings.conftest import Desk
from tests.mail import MailServer
from tests.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def lost(desk: Desk, **fields: Any) -> VehicleChange:
    """Return a change whose request got lost on its way."""
    change = desk.filed(desk.new_uit(), **fields)
    desk.anaf.turn_on("upload_lost_before", endpoint="upload")
    assert desk.step(change).state == ChangeState.UNKNOWN
    desk.anaf.turn_off("upload_lost_before")
    return change


def declared(desk: Desk, change: VehicleChange, **fields: Any) -> None:
    """ANAF shows a change of the vehicle, by default the one of `change` without its reference."""
    record = {
        "nr_veh": change.plate,
        "cod_decl": desk.company.cui,
        "data_modif_veh": change.moment.astimezone(BUCHAREST).strftime("%Y-%m-%dT%H:%M:%S"),
        "nr_rem1": None,
        "ref_decl": None,
    }
    desk.anaf.change_vehicle(change.uit, **(record | fields))


def test_what_anaf_shows_without_a_reference_is_known_by_its_plates(desk: Desk) -> None:
    change = lost(desk)
    declared(desk, change)
    desk.sync()
    change.refresh_from_db()
    assert (change.state, change.reason) == (ChangeState.DONE, "by_plates")


@pytest.mark.parametrize(
    "other",
    [
        {"ref_decl": "PORTAL-1"},
        {"nr_veh": "CJ78XYZ"},
        {"nr_rem1": "B02REM"},
        {"cod_decl": factories.OTHER_CUI},
        {"data_modif_veh": "2026-01-05T10:00:00"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_change_is_never_taken_for_ours(desk: Desk, other: dict[str, str]) -> None:
    change = lost(desk)
    declared(desk, change, **other)
    desk.sync()
    change.refresh_from_db()
    assert change.state == ChangeState.UNKNOWN


def test_a_change_that_was_never_sent_is_not_known_by_its_plates(desk: Desk) -> None:
    """Somebody did the same in the portal, while ours waited: a person must see that."""
    change = desk.filed(desk.new_uit())
    declared(desk, change)
    SyncState.objects.update(last_good_at=change.created_at - 2 * MINUTE)
    assert desk.step(change).state == ChangeState.HELD
    assert change.reason == "changed_by_others"


def test_a_refused_token_says_nothing_of_the_document(desk: Desk) -> None:
    """ANAF's texts name no 401, and none promises that the document was not read: it is looked
    for, with a fresh token, and not sent again."""
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("token_refused", endpoint="upload")
    assert desk.step(change).state == ChangeState.UNKNOWN
    assert change.reason == "token_refused"
    desk.anaf.turn_off("token_refused")
    for _ in range(5):
        assert desk.step(change).state == ChangeState.UNKNOWN
        desk.sync()
    assert desk.step(change, later=10 * MINUTE).state == ChangeState.NOT_FOUND
    assert len(desk.anaf.calls("upload")) == 1
    assert FilingResponse.objects.filter(kind="list", error_code="").exists()


def test_the_alarm_comes_as_an_email_over_smtp(
    desk: Desk, worker: Worker, settings: LazySettings
) -> None:
    dispatcher = factories.member(desk.company.organization, "dispatcher")
    viewer = factories.member(desk.company.organization, "viewer")
    desk.anaf.turn_on("upload_nok", text="UIT-ul nu poate fi identificat.")
    with MailServer() as server:
        settings.MAILERS = server.mailers
        change = desk.steps(desk.filed(desk.new_uit()))
        assert change.state == ChangeState.REFUSED
        worker.drain()
        emails = {
            str(email["To"]): email
            for email in server.messages
            if "refuzată de ANAF" in str(email["Subject"])  # not: other UITs expire today
        }
    assert set(emails) == {desk.user.email, dispatcher.email}
    assert viewer.email not in emails
    email = emails[dispatcher.email]
    assert str(email["Subject"]).startswith("Schimbare de vehicul refuzată de ANAF: UIT ")
    text, html = (part.get_content() for part in email.iter_parts())
    for part in (text, html):
        assert "UIT-ul nu poate fi identificat." in part
        assert "Nu pleca încă" in part
    assert re.search(rf"/depuneri/{change.pk}/", text)
