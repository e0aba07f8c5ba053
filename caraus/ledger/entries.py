"""Append entries to a chain: in the transaction of the fact, as its last act."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from caraus.anaf.values import canonical
from caraus.core.advisory_locks import LockSpace
from caraus.ledger.models import NO_HASH, LedgerEntry

# The first key of the advisory lock by which the writers of one chain take turns.
LOCK_SPACE = LockSpace.LEDGER.value
_BATCH_SIZE = 500
# What ANAF's header or body may hold in a field of text.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Request:
    """A request to ANAF: when it was sent and answered (UTC), and what the response says of itself
    (the header `Date` and `trace_id`, "" where ANAF gave none)."""

    requested_at: datetime | None = None
    received_at: datetime | None = None
    server_date: str = ""
    trace_id: str = ""


_NO_REQUEST = Request()


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A fact to be appended; `content` is made of JSON values."""

    kind: LedgerEntry.Kind
    content: Any
    cui: str = ""
    uit: str = ""
    request: Request = _NO_REQUEST


@contextmanager
def recording(organization_id: int) -> Iterator[list[NewEntry]]:
    """Open a transaction; append what is put into the list just before it ends.

    The lock of the chain is the transaction's last one, held for the milliseconds of its commit:
    so it can neither be part of a deadlock nor wait for ANAF.
    """
    with transaction.atomic():
        entries: list[NewEntry] = []
        yield entries
        append(organization_id, entries)


def append(organization_id: int, entries: Sequence[NewEntry]) -> None:
    """Append the entries to the organization's chain, in the caller's transaction.

    Whoever calls it must end the transaction soon and lock nothing after it.
    """
    if not entries:
        return
    if not database.in_atomic_block:
        raise RuntimeError("a ledger entry is written in the transaction of its fact")
    with database.cursor() as cursor:
        # A statement of its own: the next one then sees what the lock's last holder committed.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [LOCK_SPACE, organization_id])
    chain = LedgerEntry.objects.filter(organization_id=organization_id).order_by("-number")
    last_number, previous = chain.values_list("number", "hash").first() or (0, NO_HASH)
    written_at = timezone.now()
    rows = []
    for number, entry in enumerate(entries, start=last_number + 1):
        content = canonical(entry.content)
        row = LedgerEntry(
            organization_id=organization_id,
            number=number,
            written_at=written_at,
            kind=entry.kind,
            cui=entry.cui,
            uit=entry.uit,
            requested_at=entry.request.requested_at,
            received_at=entry.request.received_at,
            server_date=_text(entry.request.server_date),
            trace_id=_text(entry.request.trace_id),
            content=content,
            content_sha256=sha256(content.encode()).digest(),
            previous_hash=previous,
        )
        row.hash = previous = row.compute_hash()
        rows.append(row)
    LedgerEntry.objects.bulk_create(rows, batch_size=_BATCH_SIZE)


def _text(value: str) -> str:
    return value.replace("\0", "")[:_LONGEST]
