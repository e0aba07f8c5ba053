"""Let go of what an organization keeps no longer; the database refuses everything else."""

import json
from datetime import UTC, datetime

from django.db import connection as database
from django.db.models import Exists, OuterRef

from caraus.accounts.models import Organization
from caraus.ledger.entries import NewEntry, recording
from caraus.ledger.models import INSTALLATION, LedgerEntry

# What is said of UITs, which an organization may keep for some months only; filings stay.
KINDS_OF_UITS = (
    LedgerEntry.Kind.RECORD,
    LedgerEntry.Kind.UNREADABLE,
    LedgerEntry.Kind.DELISTED,
    LedgerEntry.Kind.EXPIRED,
)
# A UIT is deleted by its last day, an entry by when it was written: it outlives its UIT.
MORE_MONTHS = 2
_BATCH_SIZE = 1000

# As the trigger reckons it.
_KEPT_SINCE = """
SELECT now() - (keep_transports_months + %s) * interval '1 month'
FROM accounts_organization WHERE id = %s
"""


def delete_expired_contents() -> int:
    """Delete contents older than the organizations want; their hashes stay in the chains."""
    limited = Organization.objects.exclude(keep_transports_months=None)
    return sum(_delete_contents(organization) for organization in limited)


def _delete_contents(organization: Organization) -> int:
    since = _kept_since(organization)
    chain = LedgerEntry.objects.filter(organization_id=organization.pk)
    old = chain.filter(kind__in=KINDS_OF_UITS, written_at__lt=since, content__isnull=False)
    if not old.exists():
        return 0
    with recording(organization.pk) as entries:
        # First recorded, then done: cut off between the two, the next night goes on.
        entries.append(
            NewEntry(LedgerEntry.Kind.CONTENTS_DELETED, {"written_before": since.isoformat()})
        )
    deleted = 0
    while numbers := list(old.order_by("number").values_list("number", flat=True)[:_BATCH_SIZE]):
        deleted += chain.filter(number__in=numbers).update(content=None)
    return deleted


def _kept_since(organization: Organization) -> datetime:
    with database.cursor() as cursor:
        cursor.execute(_KEPT_SINCE, [MORE_MONTHS, organization.pk])
        row: tuple[datetime] = cursor.fetchone()
    return row[0].astimezone(UTC)


def contents_deleted_before(organization_id: int) -> datetime | None:
    """Return up to when the chain says that contents were deleted; None: it never does."""
    changed_entries = LedgerEntry.objects.filter(
        organization_id=organization_id, kind=LedgerEntry.Kind.CONTENTS_DELETED
    )
    contents = changed_entries.values_list("content", flat=True)
    moments = [_written_before(content) for content in contents]
    return max((moment for moment in moments if moment), default=None)


def _written_before(content: str | None) -> datetime | None:
    """Return the moment that such an entry names; None where its content is another."""
    try:
        return datetime.fromisoformat(json.loads(content or "")["written_before"]).astimezone(UTC)
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def delete_orphaned_chains() -> int:
    """Delete the chains of organizations that are gone, a part at a time; returns the entries."""
    alive = Organization.objects.filter(pk=OuterRef("organization_id"))
    orphans = LedgerEntry.objects.exclude(organization_id=INSTALLATION).exclude(Exists(alive))
    deleted = 0
    for organization_id in set(orphans.order_by().values_list("organization_id", flat=True)):
        entries = LedgerEntry.objects.filter(organization_id=organization_id)
        while numbers := list(entries.values_list("number", flat=True)[:_BATCH_SIZE]):
            deleted += entries.filter(number__in=numbers).delete()[0]
    return deleted
