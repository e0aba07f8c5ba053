"""Every filing, as it was sent, and what ANAF answered."""

from hashlib import sha256

import pytest

from caraus.filings.models import FilingResponse, VehicleChange
from caraus.filings.states import ChangeState
from caraus.ledger.models import LedgerEntry
from tests.filings.conftest import Desk, desk
from tests.ledger.chains import content, entries

__all__ = ["desk"]

pytestmark = pytest.mark.django_db(transaction=True)


def of_filings(desk: Desk) -> list[LedgerEntry]:
    return [
        entry
        for entry in entries(desk.company.organization_id)
        if entry.kind in {"filing", "filing_response"}
    ]


def test_what_was_sent_and_each_response_are_written(desk: Desk) -> None:
    transport = desk.new_uit()
    change = desk.steps(desk.filed(transport))
    assert change.state == ChangeState.DONE
    attempt = change.attempts.get()
    filing, upload, status = of_filings(desk)
    assert {entry.uit for entry in (filing, upload, status)} == {transport.uit}
    assert (filing.kind, filing.requested_at) == ("filing", attempt.sent_at)
    assert content(filing) == {
        "reference": attempt.reference,
        "environment": attempt.environment,
        "xml": bytes(attempt.xml).decode(),
        "xml_sha256": attempt.sha256,
    }
    for entry, kind in ((upload, "upload"), (status, "status")):
        response = FilingResponse.objects.get(kind=kind)
        entry_content = content(entry)
        assert entry.kind == "filing_response"
        assert (entry_content["reference"], entry_content["request"]) == (attempt.reference, kind)
        assert entry_content["body"] == bytes(response.body).decode()
        assert entry_content["body_sha256"] == sha256(bytes(response.body)).hexdigest()
        assert (entry.requested_at, entry.received_at) == (response.began_at, response.ended_at)
        assert entry.server_date == response.server_date != ""
        assert entry.trace_id in entry_content["body"]
        assert entry.trace_id


def test_the_filing_is_written_before_it_leaves(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.turn_on("upload_lost_after")
    assert desk.step(change).state == ChangeState.UNKNOWN
    filing, upload = of_filings(desk)
    (listed,) = desk.uploads()
    assert content(filing)["reference"] == listed["reference"]
    assert (content(upload)["sent"], content(upload)["error_code"]) == (True, "network")


def test_a_status_that_says_the_same_again_adds_nothing(desk: Desk) -> None:
    change = desk.filed(desk.new_uit())
    desk.anaf.limits(processing_seconds=3600)
    for _ in range(4):
        assert desk.step(change).state == ChangeState.PROCESSING
    assert FilingResponse.objects.filter(kind="status").count() == 3
    assert [content(entry).get("request") for entry in of_filings(desk)] == [
        None,
        "upload",
        "status",
    ]
    desk.anaf.turn_on("stare_fails")
    for _ in range(2):
        desk.step(change)
    desk.anaf.turn_off("stare_fails")
    desk.step(change)
    assert len(of_filings(desk)) == 5  # a failed request, and „in prelucrare” again


def test_a_refusal_is_written_in_anafs_words(desk: Desk) -> None:
    desk.anaf.turn_on("upload_nok", text="UIT-ul nu poate fi identificat.")
    change = desk.steps(desk.filed(desk.new_uit()))
    assert VehicleChange.objects.get(pk=change.pk).state == ChangeState.REFUSED
    assert "UIT-ul nu poate fi identificat." in content(of_filings(desk)[-1])["body"]
