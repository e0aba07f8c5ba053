"""kill -9 at every point of a filing, whatever became of the response: never two filings for one
confirmation, never a false „apare la ANAF”, nothing lost. With real processes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from caraus.filings.models import FilingResponse, VehicleChange
from caraus.filings.states import ChangeState
from tests.filings import killed_process
from tests.filings.conftest import Desk
from tests.filings.killed_process import killed, lingering
from tests.forked_process import begin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.process]

# What becomes of the response, and whether ANAF took the change.
FAULTS = {
    "good": True,
    "upload_lost_after": True,
    "upload_502_after": True,
    "upload_lost_before": False,
}
LOST = [fault for fault in FAULTS if fault != "good"]


def go_on(desk: Desk, change: VehicleChange) -> VehicleChange:
    """Do what other workers do afterwards, with ANAF well again, until nothing is left to do."""
    for fault in LOST:
        desk.anaf.turn_off(fault)
    for _ in range(12):
        change.refresh_from_db()
        if change.next_step_at is None:
            break
        looked_enough = change.state == ChangeState.UNKNOWN and change.tries > 3
        desk.step(change, later=timedelta(minutes=10) if looked_enough else timedelta())
        desk.sync()
    change.refresh_from_db()
    return change


def assert_right(desk: Desk, change: VehicleChange, *, is_filed: bool) -> None:
    """Check that there is one filing at most, and that its state is what ANAF shows."""
    change = go_on(desk, change)
    uploads = desk.uploads()
    assert len(uploads) == is_filed
    assert change.state == (ChangeState.DONE if is_filed else ChangeState.NOT_FOUND)
    references = set(change.attempts.values_list("reference", flat=True))
    shown = {
        each["ref_decl"]
        for record in desk.shown()
        if record["uit"] == change.uit
        for each in record.get("modif_veh") or []
    }
    assert bool(shown & references) is is_filed


def state_of(change: VehicleChange) -> str:
    return str(VehicleChange.objects.values_list("state", flat=True).get(pk=change.pk))


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_before_the_attempt_is_stored(desk: Desk, fault: str) -> None:
    """Nothing was sent: it is sent by the next worker, once."""
    change = desk.filed(desk.new_uit())
    with lingering("INSERT", "filings_filingattempt"):
        killed(desk.anaf, change, when=killed_process.is_sleeping)
    assert state_of(change) == ChangeState.QUEUED
    assert desk.uploads() == []
    if fault != "good":
        desk.anaf.turn_on(fault, endpoint="upload")
    desk.step(change)
    assert_right(desk, change, is_filed=FAULTS[fault])


def test_before_the_socket_opens(desk: Desk) -> None:
    """Nobody can know that nothing left: it is looked for, and a person decides."""
    change = desk.filed(desk.new_uit())
    with killed_process.limiter_locked():
        killed(
            desk.anaf,
            change,
            when=lambda: (
                state_of(change) == ChangeState.SENDING and killed_process.is_waiting_for_a_lock()
            ),
        )
    assert desk.anaf.calls("upload") == []
    assert desk.step(change).state == ChangeState.UNKNOWN
    assert_right(desk, change, is_filed=False)


def test_after_sending_without_an_effect(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("timeout", endpoint="upload")
    killed(desk.anaf, change, when=lambda: desk.anaf.calls("upload"))
    desk.anaf.turn_off("timeout")
    assert state_of(change) == ChangeState.SENDING
    assert desk.step(change).state == ChangeState.UNKNOWN
    assert_right(desk, change, is_filed=False)


def test_after_sending_with_an_effect(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("upload_lost_after", how="silence")
    killed(desk.anaf, change, when=desk.uploads)
    assert state_of(change) == ChangeState.SENDING
    assert desk.step(change).state == ChangeState.UNKNOWN
    assert_right(desk, change, is_filed=True)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_before_the_response_is_stored(desk: Desk, fault: str) -> None:
    change = desk.filed(desk.new_uit())
    if fault != "good":
        desk.anaf.turn_on(fault, endpoint="upload")
    with lingering("INSERT", "filings_filingresponse"):
        killed(desk.anaf, change, when=killed_process.is_sleeping)
    assert not FilingResponse.objects.exists()
    assert desk.step(change).state == ChangeState.UNKNOWN
    assert_right(desk, change, is_filed=FAULTS[fault])


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_before_the_stored_response_is_applied(desk: Desk, fault: str) -> None:
    """The next worker judges what the killed one stored."""
    change = desk.filed(desk.new_uit())
    if fault != "good":
        desk.anaf.turn_on(fault, endpoint="upload")
    with lingering("UPDATE", "filings_filingattempt"):
        killed(desk.anaf, change, when=killed_process.is_sleeping)
    assert FilingResponse.objects.count() == 1
    expected = ChangeState.PROCESSING if fault == "good" else ChangeState.UNKNOWN
    assert desk.step(change).state == expected
    assert_right(desk, change, is_filed=FAULTS[fault])


@pytest.mark.parametrize("fault", LOST)
def test_while_it_looks_for_a_lost_response(desk: Desk, fault: str) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on(fault, endpoint="upload")
    assert desk.step(change).state == ChangeState.UNKNOWN
    VehicleChange.objects.update(tries=4)  # a look into `lista`
    _make_due(change)
    desk.anaf.turn_on("held", endpoint="lista")
    killed(desk.anaf, change, when=lambda: desk.anaf.calls("lista"))
    desk.anaf.turn_off("held")
    assert state_of(change) == ChangeState.UNKNOWN
    assert_right(desk, change, is_filed=FAULTS[fault])


def test_while_it_requests_the_status(desk: Desk) -> None:
    change = desk.step(desk.filed(desk.new_uit()))
    _make_due(change)
    desk.anaf.turn_on("held", endpoint="stareMesaj")
    killed(desk.anaf, change, when=lambda: desk.anaf.calls("stareMesaj"))
    desk.anaf.turn_off("held")
    assert state_of(change) == ChangeState.PROCESSING
    assert_right(desk, change, is_filed=True)


@pytest.mark.parametrize("fault", ["good", "upload_lost_after"])
def test_before_done_is_stored(desk: Desk, fault: str) -> None:
    change = desk.filed(desk.new_uit())
    if fault != "good":
        desk.anaf.turn_on(fault, endpoint="upload")
    desk.step(change)
    with lingering("UPDATE", "filings_vehiclechange", "NEW.state = 'done'"):
        killed(desk.anaf, change, when=killed_process.is_sleeping, work=killed_process.sync)
    assert state_of(change) != ChangeState.DONE
    assert_right(desk, change, is_filed=True)


def test_four_workers_at_once_file_once(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    workers = [killed_process.working(desk.anaf, change) for _ in range(4)]
    begin(*workers)
    assert [worker.wait() for worker in workers] == [0, 0, 0, 0]
    assert_right(desk, change, is_filed=True)


def _make_due(change: VehicleChange) -> None:
    VehicleChange.objects.filter(pk=change.pk).update(next_step_at=timezone.now())
