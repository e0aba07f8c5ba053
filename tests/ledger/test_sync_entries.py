"""What ANAF's lists add to the ledger: what is new in them, and when there was none."""

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import pytest
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.anaf.errors import Outcome
from caraus.authorizations.models import Authorization
from caraus.ledger.models import INSTALLATION, LedgerEntry
from caraus.sync import unreadable_records
from caraus.sync.company_sync import sync_company
from caraus.sync.limiter import permits, rules
from caraus.sync.models import RateLimiter, SyncRun, SyncState
from caraus.transports.models import Transport, UnreadableRecord
from tests import factories, polling
from tests.authorize import authorize
from tests.ledger.chains import content, entries, kinds
from tests.simulator_process import SimulatorProcess
from tests.transports.conftest import noon

MINUTE = timedelta(minutes=1)


def new_entries(company: Company, count: int) -> list[LedgerEntry]:
    return entries(company.organization_id)[count:]


def test_every_record_is_written_as_anaf_gave_it_with_its_times(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    before = timezone.now()
    sync_company(company_id=company.pk)
    after = timezone.now()
    truths = {record["uit"]: record for record in anaf.active(company.cui)}
    written = entries(company.organization_id)
    assert {entry.uit: content(entry) for entry in written} == truths
    run = SyncRun.objects.get()
    for entry in written:
        assert (entry.kind, entry.cui) == ("record", company.cui)
        assert entry.requested_at == run.started_at
        assert entry.received_at is not None
        assert before <= entry.requested_at <= entry.received_at <= entry.written_at <= after
        assert abs(parsedate_to_datetime(entry.server_date) - before) < timedelta(days=1)


def test_an_unchanged_response_adds_nothing_and_a_change_one_entry(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    count = len(entries(company.organization_id))
    sync_company(company_id=company.pk)
    assert new_entries(company, count) == []
    uit = anaf.active(company.cui)[0]["uit"]
    anaf.correct(uit, nr_veh="B99NOU")
    sync_company(company_id=company.pk)
    (entry,) = new_entries(company, count)
    assert (entry.kind, entry.uit, content(entry)["nr_veh"]) == ("record", uit, "B99NOU")


def test_a_change_in_what_makes_no_event_is_written_too(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    """ANAF's own number of a record, for one."""
    sync_company(company_id=company.pk)
    count = len(entries(company.organization_id))
    row = Transport.objects.filter(state="active").first()
    assert row is not None
    row.raw = row.raw | {"id": "another"}
    row.save(update_fields=["raw"])
    SyncState.objects.update(last_body_digest="", last_digest="")
    sync_company(company_id=company.pk)
    (entry,) = new_entries(company, count)
    assert (entry.uit, content(entry)) == (row.uit, row.raw | {"id": content(entry)["id"]})


def test_a_delisting_and_a_return_are_written_once(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = noon().astimezone(UTC)
    sync_company(company_id=company.pk, now=now)
    count = len(entries(company.organization_id))
    uit = anaf.add_uit(company.cui)["uit"]
    sync_company(company_id=company.pk, now=now + MINUTE)
    anaf.withdraw(uit)
    for minutes in (5, 20, 30):
        sync_company(company_id=company.pk, now=now + minutes * MINUTE)
    assert Transport.objects.get(uit=uit).state == "delisted"
    appeared, delisted = new_entries(company, count)
    assert (appeared.kind, appeared.uit) == ("record", uit)
    assert (delisted.kind, delisted.uit) == ("delisted", uit)
    assert delisted.received_at == now + 20 * MINUTE
    assert content(delisted)["missing_since"] == (now + 5 * MINUTE).isoformat()
    assert content(delisted)["last_seen_at"] == (now + MINUTE).isoformat()
    listed = Transport.objects.filter(state="active").first()
    assert listed is not None
    Transport.objects.filter(pk=listed.pk).update(state="delisted")
    SyncState.objects.update(last_body_digest="", last_digest="")
    sync_company(company_id=company.pk, now=now + 40 * MINUTE)
    (returned,) = new_entries(company, count + 2)
    assert (returned.kind, returned.uit, content(returned)) == ("record", listed.uit, listed.raw)


def test_the_end_of_the_validity_is_written(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = noon()
    sync_company(company_id=company.pk, now=now)
    count = len(entries(company.organization_id))
    anaf.turn_on("empty")
    sync_company(company_id=company.pk, now=now + timedelta(days=40))
    expired = new_entries(company, count)
    assert {entry.kind for entry in expired} == {"expired"}
    assert {entry.uit for entry in expired} == set(Transport.objects.values_list("uit", flat=True))
    # An empty list is an object: ANAF's trace of the response stands beside it.
    assert all(len(entry.trace_id) == 36 for entry in expired)


def test_what_nobody_understands_is_written_and_again_once_it_is_understood(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    count = len(entries(company.organization_id))
    anaf.turn_on("malformed_record", kind="missing_uit")
    for _ in range(2):
        sync_company(company_id=company.pk)
    (entry,) = new_entries(company, count)
    assert (entry.kind, entry.uit) == ("unreadable", "")
    assert "uit" not in content(entry)["record"]
    record = UnreadableRecord.objects.get()
    UnreadableRecord.objects.update(
        parser_version=0, raw=record.raw.replace("{", '{"uit":"3V0P0L0P0T3JUW46",', 1)
    )
    assert unreadable_records.reparse_records() == 1
    understood = new_entries(company, count)[1]
    assert (understood.kind, understood.uit) == ("record", "3V0P0L0P0T3JUW46")


def test_a_silence_is_written_when_it_begins_and_when_it_ends(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    count = len(entries(company.organization_id))
    anaf.turn_on("down_503")
    for _ in range(3):
        assert sync_company(company_id=company.pk).outcome is Outcome.UNAVAILABLE
    (began,) = new_entries(company, count)
    since = SyncState.objects.get().error_since
    assert since is not None
    assert (began.kind, began.requested_at, began.received_at) == ("no_response", since, None)
    assert content(began) == {"code": "http_5xx", "http_status": 503}
    assert began.server_date
    anaf.turn_off("down_503")
    for _ in range(2):
        sync_company(company_id=company.pk)
    _, ended = new_entries(company, count)
    assert ended.kind == "responding_again"
    assert content(ended) == {"since": since.isoformat(), "code": "http_5xx"}
    assert ended.received_at


def test_a_refusal_is_a_response(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    count = len(entries(company.organization_id))
    anaf.rights("three", cuis=[])
    assert sync_company(company_id=company.pk).outcome is Outcome.NO_RIGHTS
    assert new_entries(company, count) == []
    anaf.turn_on("timeout")
    anaf.rights("three", cuis=[company.cui])
    from caraus.authorizations.rights import clear_refusals

    clear_refusals(company)
    assert sync_company(company_id=company.pk).outcome is Outcome.UNAVAILABLE
    anaf.turn_off("timeout")
    anaf.rights("three", cuis=[])
    assert sync_company(company_id=company.pk).outcome is Outcome.NO_RIGHTS
    assert [entry.kind for entry in new_entries(company, count)] == [
        "no_response",
        "responding_again",
    ]


@pytest.mark.django_db(transaction=True)
def test_the_poller_writes_the_end_of_a_silence_with_an_unchanged_response(
    anaf: SimulatorProcess, organization: Organization
) -> None:
    authorize(anaf, organization)
    company = factories.company(organization)
    sync_company(company_id=company.pk)
    count = len(entries(organization.pk))
    anaf.turn_on("timeout")
    SyncState.objects.update(next_sync_at=timezone.now())
    polling.drain()
    assert [entry.kind for entry in new_entries(company, count)] == ["no_response"]
    anaf.turn_off("timeout")
    RateLimiter.objects.all().delete()
    for _ in range(2):
        SyncState.objects.update(next_sync_at=timezone.now())
        polling.drain()
    assert [entry.kind for entry in new_entries(company, count)] == [
        "no_response",
        "responding_again",
    ]
    state = SyncState.objects.get()
    assert (state.error_since, state.last_outcome) == (None, "ok")


@pytest.mark.django_db(transaction=True)
def test_an_outage_of_the_host_is_written_in_the_installations_chain(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.turn_on("down_503")
    for _ in range(rules.FAILURES_TO_OPEN + 2):
        sync_company(company_id=company.pk)
    assert kinds(INSTALLATION) == ["outage"]
    opened = RateLimiter.objects.get().open_since
    assert opened is not None
    (outage,) = entries(INSTALLATION)
    assert content(outage) == {
        "host": permits.anaf_host(),
        "since": opened.isoformat(),
        "code": "http_5xx",
    }
    anaf.turn_off("down_503")
    RateLimiter.objects.update(probe_at=timezone.now())
    sync_company(company_id=company.pk)
    over = entries(INSTALLATION)[1]
    closed = RateLimiter.objects.get().closed_at
    assert closed is not None
    assert (over.kind, content(over)["since"]) == ("outage_over", opened.isoformat())
    assert content(over)["until"] == closed.isoformat()
