"""From a confirmed change to what ANAF shows, against the simulated ANAF over real HTTP."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from caraus.accounts.models import AuditLogEntry, Company
from caraus.anaf.filings import key_of
from caraus.authorizations.models import Authorization
from caraus.filings import changes, permission, processor
from caraus.filings.models import FilingResponse, VehicleChange
from caraus.filings.states import ChangeState
from caraus.notifications.models import Notification
from caraus.sync.limiter import permits
from caraus.sync.models import RateLimiter, SyncState
from caraus.workspace import organization_archive
from tests.authorize import at_once
from tests.filings.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def test_a_change_is_done_when_anaf_shows_it(desk: Desk) -> None:
    transport = desk.new_uit()
    change = desk.filed(transport, note="pană la motor", own_reference="DOSAR 7")
    assert desk.step(change).state == ChangeState.PROCESSING
    assert desk.step(change).state == ChangeState.ACCEPTED
    assert desk.step(change).state == ChangeState.ACCEPTED
    desk.sync()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    assert change.next_step_at is None
    transport.refresh_from_db()
    assert transport.current_vehicle == ("CJ77XYZ", "", "")
    attempt = change.attempts.get()
    assert attempt.sha256 == hashlib.sha256(bytes(attempt.xml)).hexdigest()
    (upload,) = desk.uploads()
    assert (upload["reference"], str(upload["index"])) == (attempt.reference, attempt.index)
    assert attempt.reference.startswith("DOSAR 7 CRS-")
    kinds = list(attempt.responses.values_list("kind", flat=True))
    assert kinds == [FilingResponse.Kind.UPLOAD, FilingResponse.Kind.STATUS]


def test_the_exact_response_is_stored(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    desk.step(change)
    response = FilingResponse.objects.get(kind=FilingResponse.Kind.UPLOAD)
    assert b"index_incarcare" in bytes(response.body)
    assert (response.status, response.complete, response.sent) == (200, True, True)


def test_the_audit_log_holds_who_filed_the_index_and_the_hash(desk: Desk) -> None:
    change = desk.steps(desk.filed(desk.new_uit()))
    assert change.state == ChangeState.DONE
    entries = AuditLogEntry.objects.filter(action="filing").order_by("pk")
    assert [entry.actor_id for entry in entries] == [desk.user.pk, None, None]
    attempt = change.attempts.get()
    for entry in entries[1:]:
        assert (entry.details["index"], entry.details["sha256"]) == (attempt.index, attempt.sha256)


def test_a_confirmation_that_comes_twice_files_once(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    assert changes.confirm([change], user=desk.user) == []
    desk.steps(change)
    assert changes.confirm([change], user=desk.user) == []
    assert len(desk.uploads()) == 1


def test_a_second_change_waits_for_the_end_of_the_first(desk: Desk) -> None:
    transport = desk.new_uit()
    first, second = desk.draft(transport), desk.draft(transport, plate="CJ88XYZ")
    assert changes.confirm([first, second], user=desk.user) == [first]
    second.refresh_from_db()
    assert (second.state, second.reason) == (ChangeState.DRAFT, "already_open")


def test_anafs_refusal_ends_it_in_anafs_words(desk: Desk) -> None:
    desk.anaf.turn_on("upload_nok", text="UIT-ul nu poate fi identificat.")
    change = desk.steps(desk.filed(desk.new_uit()))
    assert change.state == ChangeState.REFUSED
    assert "UIT-ul nu poate fi identificat." in change.message
    notification = Notification.objects.get(user=desk.user, kind="filing")
    assert "UIT-ul nu poate fi identificat." in notification.text


def test_a_refusal_at_the_upload_ends_it(desk: Desk) -> None:
    desk.anaf.turn_on("upload_errors", text="Valoarea nu respecta schema.")
    change = desk.step(desk.filed(desk.new_uit()))
    assert (change.state, change.message) == (ChangeState.REFUSED, "Valoarea nu respecta schema.")


@pytest.mark.parametrize("fault", ["upload_lost_after", "upload_502_after", "upload_html_after"])
def test_a_lost_response_is_looked_for_by_our_reference(desk: Desk, fault: str) -> None:
    transport = desk.new_uit()
    desk.anaf.turn_on(fault)
    change = desk.step(desk.filed(transport))
    assert change.state == ChangeState.UNKNOWN
    desk.anaf.turn_off(fault)
    assert Notification.objects.filter(user=desk.user, kind="filing").count() == 1
    desk.step(change)
    desk.sync()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    assert len(desk.uploads()) == 1


@pytest.mark.parametrize("fault", ["upload_lost_before", "down_502", "html_rejected"])
def test_a_lost_request_is_not_found_after_ten_minutes_and_never_sent_again(
    desk: Desk, fault: str
) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on(fault, endpoint="upload")
    assert desk.step(change).state == ChangeState.UNKNOWN
    desk.anaf.turn_off(fault)
    for _ in range(5):
        assert desk.step(change).state == ChangeState.UNKNOWN
        desk.sync()
    assert desk.step(change, later=10 * MINUTE).state == ChangeState.NOT_FOUND
    assert change.next_step_at is None
    assert desk.uploads() == []
    assert change.attempts.get().responses.filter(kind=FilingResponse.Kind.LIST).exists()


def test_nothing_is_called_not_found_while_anaf_does_not_respond(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("upload_lost_before", endpoint="upload")
    desk.step(change)
    SyncState.objects.update(last_good_at=timezone.now() - timedelta(days=1))
    desk.anaf.turn_on("down_502")
    for _ in range(8):
        assert desk.step(change, later=10 * MINUTE).state == ChangeState.UNKNOWN
    assert change.next_step_at


def test_a_person_sends_again_with_a_new_reference(desk: Desk) -> None:
    change = _not_found(desk)
    changes.send_again(change, user=desk.user)
    assert desk.steps(change).state == ChangeState.DONE
    first, second = change.attempts.all()
    assert key_of(first.reference) != key_of(second.reference)
    assert [upload["reference"] for upload in desk.uploads()] == [second.reference]


def _not_found(desk: Desk) -> VehicleChange:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("upload_lost_before", endpoint="upload")
    desk.step(change)
    desk.anaf.turn_off("upload_lost_before")
    for _ in range(5):
        desk.step(change)
    assert desk.step(change, later=10 * MINUTE).state == ChangeState.NOT_FOUND
    return change


def test_what_shows_after_all_is_done_and_not_sent_again(desk: Desk) -> None:
    """ANAF lists late: the first attempt shows after a person has sent it again."""
    transport = desk.new_uit()
    desk.anaf.turn_on("info_lags", seconds=3600)
    desk.anaf.turn_on("lista_lags", seconds=3600)
    desk.anaf.turn_on("upload_lost_after")
    change = desk.step(desk.filed(transport))
    desk.anaf.turn_off("upload_lost_after")
    for _ in range(5):
        desk.step(change)
    assert desk.step(change, later=10 * MINUTE).state == ChangeState.NOT_FOUND
    changes.send_again(change, user=desk.user)
    desk.anaf.turn_off("info_lags")
    SyncState.objects.update(last_good_at=timezone.now() - 2 * MINUTE)
    assert desk.step(change).state == ChangeState.DONE
    assert len(desk.uploads()) == 1


def test_the_list_of_filings_shows_a_lost_change(desk: Desk) -> None:
    transport = desk.new_uit()
    desk.anaf.turn_on("info_lags", seconds=3600)
    desk.anaf.turn_on("upload_lost_after")
    change = desk.step(desk.filed(transport))
    for _ in range(4):
        assert desk.step(change).state == ChangeState.UNKNOWN
    assert desk.step(change).state == ChangeState.ACCEPTED
    assert change.attempts.get().index == str(desk.uploads()[0]["index"])


def test_the_list_of_filings_shows_a_lost_change_that_was_refused(desk: Desk) -> None:
    transport = desk.new_uit()
    desk.anaf.turn_on("upload_nok", text="Vehiculul nu poate fi schimbat.")
    desk.anaf.turn_on("upload_lost_after")
    change = desk.step(desk.filed(transport))
    for _ in range(4):
        assert desk.step(change).state == ChangeState.UNKNOWN
    assert desk.step(change).state == ChangeState.REFUSED
    assert "Vehiculul nu poate fi schimbat." in change.message


@pytest.mark.parametrize("options", [{"name": "stare_fails"}, {"name": "down_502"}])
def test_a_status_request_that_fails_says_nothing(desk: Desk, options: dict[str, str]) -> None:
    change = desk.step(desk.filed(desk.new_uit()))
    desk.anaf.turn_on(options["name"], endpoint="stareMesaj")
    for _ in range(4):
        assert desk.step(change).state == ChangeState.PROCESSING
    assert change.next_step_at
    desk.anaf.turn_off(options["name"])
    assert desk.step(change).state == ChangeState.ACCEPTED


def test_accepted_is_not_done_while_anaf_does_not_show_it(desk: Desk) -> None:
    desk.anaf.turn_on("info_lags", seconds=3600)
    change = desk.filed(desk.new_uit())
    assert desk.steps(change, 6).state == ChangeState.ACCEPTED
    assert change.next_step_at
    desk.anaf.turn_off("info_lags")
    desk.sync()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE


def test_what_did_provably_not_leave_is_sent_later(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("down_refused")
    assert desk.step(change).state == ChangeState.QUEUED
    assert change.next_step_at
    assert change.next_step_at > timezone.now()
    desk.anaf.turn_off("down_refused")
    assert desk.steps(change).state == ChangeState.DONE
    assert [attempt.outcome for attempt in change.attempts.all()] == ["not_sent", "accepted"]
    assert len(desk.uploads()) == 1


def test_a_change_that_waited_beyond_its_moment_is_held(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    moment = change.moment
    assert change.confirmed_at
    VehicleChange.objects.update(
        confirmed_at=change.confirmed_at - 3 * MINUTE, moment=moment - 3 * MINUTE
    )
    assert desk.step(change).state == ChangeState.HELD
    assert (change.reason, change.moment) == ("late", moment - 3 * MINUTE)
    assert desk.uploads() == []
    assert Notification.objects.filter(user=desk.user, kind="filing").exists()
    changes.send_again(change, user=desk.user)
    change.refresh_from_db()
    assert (change.state, change.moment) == (ChangeState.QUEUED, moment - 3 * MINUTE)


def test_a_change_by_somebody_else_holds_ours(desk: Desk) -> None:
    transport = desk.new_uit()
    change = desk.filed(transport)
    desk.anaf.change_vehicle(transport.uit, nr_veh="B99DEF")
    SyncState.objects.update(last_good_at=timezone.now() - 2 * MINUTE)
    assert desk.step(change).state == ChangeState.HELD
    assert change.reason == "changed_by_others"
    assert desk.uploads() == []


def test_without_an_authorization_it_is_held(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    Authorization.objects.update(status=Authorization.Status.REAUTHORIZE)
    assert desk.step(change).state == ChangeState.HELD
    assert change.reason == "no_authorization"


def test_what_an_owner_switched_off_is_not_sent(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    permission.set_filing_enabled(desk.user.memberships.get(), desk.company, enabled=False)
    assert desk.step(change).state == ChangeState.HELD
    assert change.reason == "switched_off"
    assert desk.uploads() == []


def test_nothing_is_sent_for_an_archived_company(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    Company.objects.update(archived_at=timezone.now())
    assert desk.step(change).state == ChangeState.HELD
    assert change.reason == "archived"
    assert desk.uploads() == []


def test_a_filing_takes_a_persons_slot_while_the_timers_are_used_up(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    now = timezone.now()
    RateLimiter.objects.update(next_of_timer=now + timedelta(seconds=50), next_of_all=now)
    assert permits.acquire_permit(person=False)[0].slots == ()
    assert desk.step(change).state == ChangeState.PROCESSING
    assert permits.acquire_permit(person=False)[0].slots == ()


def test_a_draft_that_nobody_confirms_goes_after_a_day(desk: Desk) -> None:
    transport = desk.new_uit()
    old, young = desk.draft(transport), desk.draft(transport)
    VehicleChange.objects.filter(pk=old.pk).update(created_at=timezone.now() - 25 * 60 * MINUTE)
    filed = desk.filed(transport)
    VehicleChange.objects.filter(pk=filed.pk).update(created_at=timezone.now() - 25 * 60 * MINUTE)
    assert changes.delete_old_drafts() == 1
    assert set(VehicleChange.objects.all()) == {young, filed}


def test_the_archive_of_the_organization_holds_what_was_sent_and_said(desk: Desk) -> None:
    change = desk.steps(desk.filed(desk.new_uit()))
    file = io.BytesIO()
    organization_archive.write_archive(desk.company.organization, file, at="azi")
    with zipfile.ZipFile(file) as archive:
        (attempt,) = json.loads(archive.read("depuneri-incercari.json"))
        responses = json.loads(archive.read("depuneri-raspunsuri.json"))
    assert attempt["xml"].encode() == bytes(change.attempts.get().xml)
    assert "index_incarcare" in responses[0]["body"]


def test_a_cancelled_change_is_not_sent(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    assert changes.cancel(change, user=desk.user)
    assert not processor.step(change.pk)
    assert desk.uploads() == []


def test_what_may_be_on_its_way_can_not_be_cancelled(desk: Desk) -> None:
    change = desk.step(desk.filed(desk.new_uit()))
    assert change.state == ChangeState.PROCESSING
    assert not changes.cancel(change, user=desk.user)


def test_a_rehearsal_is_sent_to_anafs_test_environment_alone(
    desk: Desk, settings: LazySettings
) -> None:
    settings.ANAF_ENVIRONMENT = "prod"
    transport = desk.new_uit()
    change = desk.draft(transport, rehearsal=True)
    changes.confirm([change], user=desk.user)
    for _ in range(4):
        desk.step(change)
    assert change.state == ChangeState.DONE
    paths = {call["path"].split("/")[1] for call in desk.anaf.calls("upload")}
    assert paths == {"test"}
    desk.sync()
    transport.refresh_from_db()
    assert transport.vehicle_changes == []


def test_a_change_is_worked_on_by_one_worker_at_a_time(desk: Desk) -> None:
    """Four that come at once send it once."""
    change = desk.filed(desk.new_uit())
    results = at_once(*[lambda: processor.step(change.pk)] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(desk.uploads()) == 1
