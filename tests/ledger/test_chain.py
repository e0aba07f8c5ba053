"""The chain of entries: append-only, without gaps or forks, and checked."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from caraus.accounts.models import Organization
from caraus.ledger import retention, verify
from caraus.ledger.entries import LOCK_SPACE, NewEntry, Request, append, recording
from caraus.ledger.models import INSTALLATION, NO_HASH, LedgerEntry
from caraus.web import tasks
from tests import factories
from tests.ledger.chains import content, tamper, write
from tests.ledger.chains import entries as entries_of

RECORD = LedgerEntry.Kind.RECORD
DELETED = LedgerEntry.Kind.CONTENTS_DELETED


@pytest.fixture
def chain(organization: Organization) -> int:
    """Make an organization with five entries."""
    write(organization.pk, *({"n": number} for number in range(1, 6)))
    return organization.pk


def test_an_entry_holds_its_content_its_times_and_the_hash_before_it(
    organization: Organization,
) -> None:
    sent_at = datetime(2026, 11, 30, 8, 0, 0, 5, tzinfo=UTC)
    request = Request(
        sent_at, sent_at + timedelta(seconds=1), "Mon, 30 Nov 2026 08:00:01 GMT", "ab-1"
    )
    write(organization.pk, {"uit": "A"})
    with recording(organization.pk) as entries:
        entries.append(NewEntry(RECORD, {"b": 1, "a": "ș"}, "900010100", "UIT", request))
    first, second = LedgerEntry.objects.filter(organization_id=organization.pk)
    assert (first.number, bytes(first.previous_hash)) == (1, NO_HASH)
    assert (second.number, bytes(second.previous_hash)) == (2, bytes(first.hash))
    assert second.content == '{"a":"ș","b":1}'
    assert bytes(second.content_sha256) == sha256(second.content.encode()).digest()
    assert (second.cui, second.uit) == ("900010100", "UIT")
    assert (second.requested_at, second.received_at) == (sent_at, request.received_at)
    assert (second.server_date, second.trace_id) == (request.server_date, "ab-1")


def test_the_hash_is_the_one_that_the_document_describes() -> None:
    """Entries that are written stay valid: whoever changes the hash breaks every chain."""
    entry = LedgerEntry(
        organization_id=7,
        number=2,
        written_at=datetime(2026, 11, 30, 8, 0, tzinfo=UTC),
        kind="record",
        cui="900010100",
        uit="3V0P0L0P0T3JUW46",
        requested_at=datetime(2026, 11, 30, 7, 59, 59, 500000, tzinfo=UTC),
        received_at=None,
        server_date="Mon, 30 Nov 2026 08:00:00 GMT",
        trace_id="",
        content='{"ț":1}',
        content_sha256=sha256('{"ț":1}'.encode()).digest(),
        previous_hash=NO_HASH,
    )
    hashed = (
        '{"content_sha256":"' + sha256('{"ț":1}'.encode()).hexdigest() + '","cui":"900010100",'
        '"kind":"record","number":2,"organization":7,"previous_hash":"' + "00" * 32 + '",'
        '"received_at":null,"requested_at":"2026-11-30T07:59:59.500000+00:00",'
        '"server_date":"Mon, 30 Nov 2026 08:00:00 GMT","trace_id":"","uit":"3V0P0L0P0T3JUW46",'
        '"written_at":"2026-11-30T08:00:00.000000+00:00"}'
    )
    assert entry.compute_hash() == sha256(hashed.encode()).digest()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_ledgerentry SET content = '{}'",
        "UPDATE ledger_ledgerentry SET content = NULL",
        "UPDATE ledger_ledgerentry SET written_at = written_at - interval '9 years'",
        "UPDATE ledger_ledgerentry SET hash = previous_hash",
        "DELETE FROM ledger_ledgerentry",
        "TRUNCATE ledger_ledgerentry CASCADE",
    ],
)
def test_the_database_refuses_every_change(chain: int, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert verify.verify_chain(chain).first_break is None
    assert LedgerEntry.objects.filter(organization_id=chain).count() == 5


def test_the_database_refuses_a_second_entry_of_the_same_number(chain: int) -> None:
    last = LedgerEntry.objects.filter(organization_id=chain).last()
    assert last is not None
    with pytest.raises(DatabaseError, match="duplicate key"), transaction.atomic():
        LedgerEntry.objects.bulk_create([last])


def test_an_entry_goes_with_the_transaction_of_its_fact(organization: Organization) -> None:
    def fail() -> None:
        with recording(organization.pk) as entries:
            entries.append(NewEntry(RECORD, {}))
            raise RuntimeError("the fact did not happen")

    with pytest.raises(RuntimeError, match="did not happen"):
        fail()
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_of_a_transaction_is_a_mistake_of_ours(organization: Organization) -> None:
    with pytest.raises(RuntimeError, match="transaction of its fact"):
        append(organization.pk, [NewEntry(RECORD, {})])


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_do_not_fork_the_chain(organization: Organization) -> None:
    other_organization = factories.organization("Alta")
    barrier = threading.Barrier(8)

    def writer(number: int) -> None:
        try:
            barrier.wait(10)
            for turn in range(25):
                write(organization.pk, {"writer": number, "turn": turn}, {"second": turn})
                write(other_organization.pk, {"writer": number})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(writer, range(8)))
    checked = {chain.organization_id: chain for chain in verify.verify_chains()}
    assert all(chain.first_break is None for chain in checked.values())
    assert (checked[organization.pk].entries, checked[other_organization.pk].entries) == (400, 200)


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_locked_only_at_the_end_of_the_transaction(organization: Organization) -> None:
    """A transaction that has a long way to go before its entry holds up nobody."""

    def in_another_session(work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as threads:
            threads.submit(run).result(30)

    with recording(organization.pk) as entries:
        entries.append(NewEntry(RECORD, {"long": True}))
        in_another_session(lambda: write(organization.pk, {"short": True}))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s",
            [LOCK_SPACE],
        )
        assert cursor.fetchone() == (0,)
    written = entries_of(organization.pk)
    assert [content(entry) for entry in written] == [{"short": True}, {"long": True}]


@pytest.mark.parametrize(
    ("statement", "number", "reason"),
    [
        (
            "UPDATE ledger_ledgerentry SET content = '{\"n\":9}' WHERE number = 3",
            3,
            "its content was changed",
        ),
        ("UPDATE ledger_ledgerentry SET uit = 'X' WHERE number = 3", 3, "its fields were changed"),
        (
            "UPDATE ledger_ledgerentry SET written_at = now() WHERE number = 3",
            3,
            "its fields were changed",
        ),
        ("DELETE FROM ledger_ledgerentry WHERE number = 3", 4, "entry 3 is missing"),
        ("DELETE FROM ledger_ledgerentry WHERE number = 1", 2, "entry 1 is missing"),
        ("UPDATE ledger_ledgerentry SET content = NULL WHERE number = 3", 3, "content is missing"),
    ],
)
def test_the_first_break_is_named(chain: int, statement: str, number: int, reason: str) -> None:
    assert verify.verify_chain(chain).first_break is None
    tamper(statement)
    first_break = verify.verify_chain(chain).first_break
    assert first_break is not None
    assert first_break.number == number
    assert reason in first_break.reason


def test_an_entry_made_anew_breaks_the_chain_after_it(chain: int) -> None:
    """Whoever changes an entry and computes its hash anew must change all that follow."""
    entry = LedgerEntry.objects.get(organization_id=chain, number=2)
    entry.content = '{"n":9}'
    entry.content_sha256 = sha256(entry.content.encode()).digest()
    tamper(
        "UPDATE ledger_ledgerentry SET content = %s, content_sha256 = %s, hash = %s"
        " WHERE number = 2",
        entry.content,
        entry.content_sha256,
        entry.compute_hash(),
    )
    first_break = verify.verify_chain(chain).first_break
    assert first_break is not None
    assert first_break.number == 3
    assert "previous hash" in first_break.reason


def test_missing_triggers_are_noticed(db: None) -> None:
    assert verify.is_protected()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_ledgerentry DISABLE TRIGGER ledger_append_only")
        assert not verify.is_protected()


def test_contents_go_by_the_organizations_months_and_hashes_stay(chain: int) -> None:
    write(chain, {"reference": "CRS-1"}, kind=LedgerEntry.Kind.FILING)
    write(chain, {"n": "young"})
    _move_back(chain, up_to=6)
    assert retention.delete_expired_contents() == 0  # for ever, until somebody says otherwise
    Organization.objects.filter(pk=chain).update(keep_transports_months=12)
    assert retention.delete_expired_contents() == 5
    assert retention.delete_expired_contents() == 0
    contents = dict(LedgerEntry.objects.values_list("number", "content"))
    assert [number for number, content in contents.items() if content is None] == [1, 2, 3, 4, 5]
    assert contents[6] == '{"reference":"CRS-1"}'  # a filing is no UIT of a declarant
    checked = verify.verify_chain(chain)
    assert (checked.first_break, checked.deleted) == (None, 5)
    # What was deleted by a rule of then stays right by the rule of later.
    Organization.objects.filter(pk=chain).update(keep_transports_months=None)
    assert verify.verify_chain(chain).first_break is None


def test_nothing_hides_behind_a_deletion_that_was_reported(chain: int) -> None:
    """Old contents of UITs went by the organization's months; a filing's content never does."""
    write(chain, {"reference": "CRS-1"}, kind=LedgerEntry.Kind.FILING)
    _move_back(chain, up_to=6)
    Organization.objects.filter(pk=chain).update(keep_transports_months=12)
    assert retention.delete_expired_contents() == 5
    tamper("UPDATE ledger_ledgerentry SET content = NULL WHERE number = 6")
    first_break = verify.verify_chain(chain).first_break
    assert first_break is not None
    assert (first_break.number, "nothing of this kind" in first_break.reason) == (6, True)


@pytest.mark.parametrize(
    "content", ["{}", "[]", "ruined", '{"written_before":"ruined"}', '{"written_before":7}', None]
)
def test_a_changed_word_about_a_deletion_is_named(chain: int, content: str | None) -> None:
    write(chain, {"written_before": "2026-01-05T10:00:00+00:00"}, kind=DELETED)
    tamper("UPDATE ledger_ledgerentry SET content = %s WHERE number = 6", content)
    first_break = verify.verify_chain(chain).first_break
    assert first_break is not None
    assert first_break.number == 6


def _move_back(chain: int, *, up_to: int) -> None:
    """Let the first entries have been written fifteen months ago, with right hashes."""
    previous = NO_HASH
    for entry in LedgerEntry.objects.filter(organization_id=chain):
        if entry.number <= up_to:
            entry.written_at = timezone.now() - timedelta(days=460)
        entry.previous_hash = previous
        previous = entry.compute_hash()
        tamper(
            "UPDATE ledger_ledgerentry SET written_at = %s, previous_hash = %s, hash = %s"
            " WHERE organization_id = %s AND number = %s",
            entry.written_at,
            entry.previous_hash,
            previous,
            chain,
            entry.number,
        )


def test_a_chain_is_deleted_with_its_organization(chain: int) -> None:
    other_organization = factories.organization("Rămâne")
    write(other_organization.pk, {"n": 1})
    write(INSTALLATION, {"host": "x"}, kind=LedgerEntry.Kind.OUTAGE)
    assert retention.delete_orphaned_chains() == 0
    Organization.objects.filter(pk=chain).delete()
    assert retention.delete_orphaned_chains() == 5
    left = LedgerEntry.objects.values_list("organization_id", flat=True)
    assert set(left) == {INSTALLATION, other_organization.pk}


def test_a_deleted_organizations_chain_goes_within_the_same_hour(chain: int) -> None:
    Organization.objects.filter(pk=chain).update(delete_at=timezone.now())
    tasks.delete_due(timestamp=0)
    assert not Organization.objects.filter(pk=chain).exists()
    assert not LedgerEntry.objects.filter(organization_id=chain).exists()
