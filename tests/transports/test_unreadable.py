"""Records that nobody understands: kept, shown, and never in the way of their neighbours."""

from datetime import timedelta

import pytest
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf.errors import Outcome
from caraus.authorizations.models import Authorization
from caraus.sync.company_sync import sync_company
from caraus.transports.models import Transport, UnreadableRecord
from tests.simulator_process import SimulatorProcess

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("kind", ["string", "missing_uit", "null", "number"])
def test_a_malformed_record_is_kept_and_its_neighbours_stored(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, kind: str
) -> None:
    anaf.turn_on("malformed_record", kind=kind)
    truth = {record["uit"] for record in anaf.active(company.cui)}
    result = sync_company(company_id=company.pk)
    assert result.outcome is Outcome.OK
    stored = set(Transport.objects.values_list("uit", flat=True))
    record = UnreadableRecord.objects.get()
    assert result.counts.unreadable == 1
    assert truth == stored
    assert record.raw
    assert record.reason
    assert record.resolved_at is None

    anaf.turn_off("malformed_record")
    sync_company(company_id=company.pk)
    record.refresh_from_db()
    assert record.resolved_at is not None
    assert set(Transport.objects.values_list("uit", flat=True)) == truth


@pytest.mark.parametrize(("kind", "records"), [("string", 1), ("bad_date", 0)])
def test_a_known_uit_behind_a_malformed_record_is_not_missing(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, kind: str, records: int
) -> None:
    now = timezone.now()
    sync_company(company_id=company.pk, now=now)
    anaf.turn_on("malformed_record", kind=kind)
    for minutes in (5, 60):
        sync_company(company_id=company.pk, now=now + minutes * MINUTE)
    assert set(Transport.objects.values_list("state", flat=True)) == {"active"}
    assert UnreadableRecord.objects.count() == records


def test_a_uit_that_comes_back_with_unreadable_days_is_seen_at_that_moment(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = timezone.now()
    sync_company(company_id=company.pk, now=now)
    anaf.turn_on("empty")
    sync_company(company_id=company.pk, now=now + 5 * MINUTE)
    anaf.turn_off("empty")
    anaf.turn_on("malformed_record", kind="bad_date")
    sync_company(company_id=company.pk, now=now + 9 * MINUTE)
    assert set(Transport.objects.values_list("state", "missing_since", "last_seen_at")) == {
        ("active", None, now + 9 * MINUTE)
    }


def test_the_same_unreadable_record_stays_one_row_and_opens_again(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = timezone.now()
    for minutes, spoilt in enumerate((True, False, True)):
        (anaf.turn_on if spoilt else anaf.turn_off)("malformed_record")
        sync_company(company_id=company.pk, now=now + minutes * MINUTE)
    record = UnreadableRecord.objects.get()
    assert (record.first_seen_at, record.last_seen_at) == (now, now + 2 * MINUTE)
    assert record.resolved_at is None
