"""Check the chains: every entry as it was written, none between two of them missing."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import connection as database

from caraus.ledger.models import NO_HASH, LedgerEntry
from caraus.ledger.retention import KINDS_OF_UITS, contents_deleted_before

_CHUNK_SIZE = 2000
TRIGGERS = frozenset({"ledger_append_only", "ledger_no_truncate"})


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry of a chain that is not as it was written; `reason` is a sentence."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that was checked. `deleted`: entries whose content the retention has deleted;
    `last_hash`: what a copy of the chain's end, kept elsewhere, is compared with."""

    organization_id: int
    entries: int
    deleted: int
    last_hash: str
    first_break: Break | None


def verify_chains() -> list[Chain]:
    """Check every chain, each up to its first break."""
    organizations = LedgerEntry.objects.order_by("organization_id").distinct()
    return [
        verify_chain(organization_id)
        for organization_id in organizations.values_list("organization_id", flat=True)
    ]


def verify_chain(organization_id: int) -> Chain:
    """Check the chain of one organization up to its first break."""
    deleted_before = contents_deleted_before(organization_id)
    number, deleted, previous = 0, 0, NO_HASH
    entries = LedgerEntry.objects.filter(organization_id=organization_id).order_by("number")
    for entry in entries.iterator(chunk_size=_CHUNK_SIZE):
        reason = _reason(entry, number, previous)
        if not reason and entry.content is None:
            deleted += 1
            if entry.kind not in KINDS_OF_UITS:
                reason = "its content is missing, and nothing of this kind is ever deleted"
            elif deleted_before is None or entry.written_at >= deleted_before:
                reason = "its content is missing, and no entry tells that it was deleted"
        if reason:
            broken = Break(entry.number, reason)
            return Chain(organization_id, number, deleted, previous.hex(), broken)
        number, previous = entry.number, bytes(entry.hash)
    return Chain(organization_id, number, deleted, previous.hex(), None)


def _reason(entry: LedgerEntry, last_number: int, last_hash: bytes) -> str:
    """Return what is wrong with an entry after the one with this number and hash, or ""."""
    if entry.number != last_number + 1:
        return f"entry {last_number + 1} is missing before it"
    if bytes(entry.previous_hash) != last_hash:
        return "it does not follow the entry before it: its previous hash is another"
    if entry.compute_hash() != bytes(entry.hash):
        return "its fields were changed: their hash is another"
    if entry.content is None:
        return ""
    if sha256(entry.content.encode()).digest() != bytes(entry.content_sha256):
        return "its content was changed: its hash is another"
    return ""


def is_protected() -> bool:
    """Return whether the triggers that refuse changes are there and on."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')",
            [LedgerEntry._meta.db_table],
        )
        return {name for (name,) in cursor.fetchall()} >= TRIGGERS
