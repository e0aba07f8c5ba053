"""Our rules before ANAF's, each by name, at their edges: midnight in Romania, the last change."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.core.formatting import BUCHAREST, today
from caraus.filings import changes
from caraus.filings.models import VehicleChange
from caraus.filings.rules import RuleError, VehicleChangeInput, check_input
from caraus.filings.states import ChangeState
from caraus.notifications.models import Notification
from caraus.transports.models import Transport
from tests.filings.conftest import Desk

CUI = "900010100"


def at(text: str) -> datetime:
    """Return a moment in Romania."""
    return datetime.fromisoformat(text).replace(tzinfo=BUCHAREST)


def uit(**fields: Any) -> Transport:
    """Return a UIT of the company, valid from 29 November 2026 to 3 December."""
    given: dict[str, Any] = {
        "company": Company(cui=CUI),
        "uit": "3V0P0L0P0T3JUW46",
        "state": Transport.State.ACTIVE,
        "carrier_cui": CUI,
        "transport_date": date(2026, 11, 29),
        "first_expired_day": date(2026, 12, 4),
        "plate": "B12ABC",
        "trailer1": "B01REM",
    }
    return Transport(**(given | fields))


def change(moment: str, **fields: str) -> dict[str, Any]:
    values = {"at": at(moment).isoformat(), "plate": "B99DEF", "trailer1": "", "trailer2": ""}
    return values | fields


def check(
    transport: Transport, *, now: str = "2026-11-30T12:00", moment: str = "", **fields: str
) -> VehicleChangeInput:
    values: dict[str, Any] = {"plate": "CJ77XYZ", "trailer1": "", "trailer2": ""} | fields
    change_input = VehicleChangeInput(moment=at(moment or now), **values)
    return check_input(change_input, transport, now=at(now))


@pytest.mark.parametrize(
    ("of_uit", "of_change", "code"),
    [
        ({"carrier_cui": "900020201"}, {}, "not_ours"),
        ({"state": Transport.State.EXPIRED}, {}, "expired"),
        ({"state": Transport.State.DELISTED}, {}, "delisted"),
        ({"uit": "3V0P0L0P0T3JUW47"}, {}, "bad_uit"),
        ({}, {"plate": "B12ABC", "trailer1": "B01REM"}, "nothing_changes"),
        ({}, {"plate": "b-12 abc", "trailer2": "b 01 rem"}, "nothing_changes"),
        ({}, {"plate": ""}, "bad_plate"),
        ({}, {"plate": "B"}, "bad_plate"),
        ({}, {"plate": "B" * 21}, "bad_plate"),
        ({}, {"plate": "В12АВС"}, "bad_plate"),  # Cyrillic
        ({}, {"trailer1": "Ș1"}, "bad_trailer1"),
        ({}, {"trailer2": "Ț1"}, "bad_trailer2"),
        ({}, {"trailer1": "CJ 77-XYZ"}, "same_plates"),
        ({}, {"trailer2": "CJ77XYZ"}, "same_plates"),
        ({}, {"trailer1": "B01REM", "trailer2": "b01rem"}, "same_plates"),
        # In the last second of its last day, and in the first one after it.
        ({}, {"now": "2026-12-04T00:00:00"}, "expired"),
        ({}, {"now": "2026-12-03T23:59:59"}, ""),
        ({}, {"now": "2026-12-03T23:59:59", "moment": "2026-12-04T00:00:00"}, "moment_after_end"),
        # The first day of its validity begins at midnight in Romania.
        ({}, {"moment": "2026-11-28T23:59:59"}, "moment_early"),
        ({}, {"moment": "2026-11-29T00:00:00"}, ""),
        ({}, {"moment": "2026-12-01T12:00:00"}, ""),
        ({}, {"moment": "2026-12-01T12:00:01"}, "moment_late"),
        ({"vehicle_changes": [change("2026-11-30T10:00")]}, {"moment": "2026-11-30T10:00"}, "last"),
        ({"vehicle_changes": [change("2026-11-30T10:00")]}, {"moment": "2026-11-30T09:59"}, "last"),
        ({"vehicle_changes": [change("2026-11-30T10:00")]}, {"moment": "2026-11-30T10:01"}, ""),
        # A change of the future is the last one too.
        ({"vehicle_changes": [change("2026-11-30T18:00")]}, {}, "last"),
    ],
)
def test_each_rule_has_its_name(
    of_uit: dict[str, Any], of_change: dict[str, str], code: str
) -> None:
    transport = uit(**of_uit)
    if not code:
        assert check(transport, **of_change).plate == "CJ77XYZ"
        return
    with pytest.raises(RuleError) as caught:
        check(transport, **of_change)
    assert caught.value.code == {"last": "moment_before_last"}.get(code, code)
    assert caught.value.sentence.endswith((".", "?"))


def test_plates_are_written_as_the_schema_has_them() -> None:
    checked = check(uit(), plate=" cj-77\u00a0xyz ", trailer2="b – 02 rem")
    assert (checked.plate, checked.trailer1, checked.trailer2) == ("CJ77XYZ", "B02REM", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        ({"first_expired_day": "today"}, "expired"),
        ({"state": Transport.State.EXPIRED}, "expired"),
        ({"state": Transport.State.DELISTED}, "delisted"),
        ({"carrier_cui": "900020201"}, "not_ours"),
        ({"plate": "B13ABC"}, "changed_by_others"),
    ],
)
def test_what_became_of_the_uit_meanwhile_holds_the_change(
    desk: Desk, meanwhile: dict[str, Any], reason: str
) -> None:
    row = desk.filed(desk.new_uit())
    fields = {name: today() if value == "today" else value for name, value in meanwhile.items()}
    Transport.objects.update(**fields)
    assert desk.step(row).state == ChangeState.HELD
    assert row.reason == reason
    assert not row.attempts.exists()
    assert desk.anaf.calls("upload") == []
    assert Notification.objects.filter(user=desk.user, kind="filing").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_delisted_uit_holds_the_change(desk: Desk) -> None:
    row = desk.filed(desk.new_uit())
    Transport.objects.all().delete()
    assert desk.step(row).state == ChangeState.HELD
    assert row.reason == "no_uit"
    with pytest.raises(RuleError):
        changes.send_again(row, user=desk.user)
    assert changes.cancel(row, user=desk.user)


@pytest.mark.django_db(transaction=True)
def test_a_moment_before_the_last_change_is_held_and_not_moved(desk: Desk) -> None:
    row = desk.filed(desk.new_uit())
    later = (row.moment + timedelta(minutes=5)).isoformat()
    shown = {"at": later, "plate": "B12ABC", "trailer1": "B01REM", "trailer2": ""}
    Transport.objects.update(vehicle_changes=[shown])
    VehicleChange.objects.update(changes_before=1)  # the person saw it
    moment = row.moment
    assert desk.step(row).state == ChangeState.HELD
    assert (row.reason, row.moment) == ("moment_before_last", moment)
    with pytest.raises(RuleError) as caught:
        changes.send_again(row, user=desk.user)
    assert caught.value.code == "moment_before_last"
    again = timezone.now() + timedelta(minutes=6)
    changes.send_again(row, user=desk.user, moment=again)
    row.refresh_from_db()
    assert (row.state, row.moment) == (ChangeState.QUEUED, again.replace(microsecond=0))
