"""What the tests of the ledger share."""

import json
from typing import Any

from django.db import connection, transaction

from caraus.ledger.entries import NewEntry, recording
from caraus.ledger.models import LedgerEntry
from caraus.ledger.verify import verify_chain


def write(organization_id: int, *contents: Any, kind: str = LedgerEntry.Kind.RECORD) -> None:
    """Append one entry for each content, all in one transaction."""
    with recording(organization_id) as entries:
        entries += [NewEntry(LedgerEntry.Kind(kind), content, "900010100") for content in contents]


def tamper(statement: str, *values: Any) -> None:
    """Change rows as a superuser can, past the triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_ledgerentry DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE ledger_ledgerentry ENABLE TRIGGER USER")


def entries(organization_id: int) -> list[LedgerEntry]:
    """Return all entries of a chain, which must be whole."""
    assert verify_chain(organization_id).first_break is None
    return list(LedgerEntry.objects.filter(organization_id=organization_id))


def kinds(organization_id: int) -> list[str]:
    return [entry.kind for entry in entries(organization_id)]


def content(entry: LedgerEntry) -> Any:
    assert entry.content is not None
    return json.loads(entry.content)
