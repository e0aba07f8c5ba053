"""What ANAF said and what was filed: an append-only chain of entries for each organization."""

from datetime import UTC, datetime
from hashlib import sha256

from django.db import models

from caraus.anaf.values import canonical

# The chain of what concerns the whole installation: outages of ANAF.
INSTALLATION = 0
# The previous hash of a chain's first entry.
NO_HASH = bytes(32)


class LedgerEntry(models.Model):
    """One fact, with the hash of the entry before it in the organization's chain.

    Triggers of the database refuse changes (see the migration). `content` is canonical JSON; it is
    None where the organization's retention has deleted it, which a later entry says, while its
    SHA-256 stays in the chain.
    The organization is no foreign key: the chain goes after it.
    """

    ORGANIZATION_PATH = "organization_id"
    # The database lets a chain go only once its organization is gone (`retention.py`).
    OUTLIVES_ORGANIZATION = True

    class Kind(models.TextChoices):
        RECORD = "record"
        UNREADABLE = "unreadable"
        DELISTED = "delisted"
        EXPIRED = "expired"
        FILING = "filing"
        FILING_RESPONSE = "filing_response"
        NO_RESPONSE = "no_response"
        RESPONDING_AGAIN = "responding_again"
        OUTAGE = "outage"
        OUTAGE_OVER = "outage_over"
        CONTENTS_DELETED = "contents_deleted"

    pk = models.CompositePrimaryKey("organization_id", "number")
    organization_id = models.BigIntegerField()
    # 1, 2, 3 …, without gaps.
    number = models.BigIntegerField()
    written_at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    cui = models.TextField(blank=True)
    uit = models.TextField(blank=True)
    # When the request was sent and its response had come; none where there was no request.
    requested_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    # The HTTP header `Date` and `trace_id`, as ANAF gave them.
    server_date = models.TextField(blank=True)
    trace_id = models.TextField(blank=True)
    content = models.TextField(null=True)
    content_sha256 = models.BinaryField()
    previous_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        ordering = ["organization_id", "number"]

    def __str__(self) -> str:
        return f"{self.organization_id}/{self.number} {self.kind}"

    def compute_hash(self) -> bytes:
        """Return the SHA-256 of the entry: of its fields as canonical JSON, the content's and the
        previous hash among them. docs/decisions/067-ledger.md shows it to who checks by hand."""
        fields = {
            "organization": self.organization_id,
            "number": self.number,
            "written_at": _utc(self.written_at),
            "kind": str(self.kind),
            "cui": self.cui,
            "uit": self.uit,
            "requested_at": _utc(self.requested_at),
            "received_at": _utc(self.received_at),
            "server_date": self.server_date,
            "trace_id": self.trace_id,
            "content_sha256": bytes(self.content_sha256).hex(),
            "previous_hash": bytes(self.previous_hash).hex(),
        }
        return sha256(canonical(fields).encode()).digest()


def _utc(moment: datetime | None) -> str | None:
    """Return a moment as the hash takes it: ISO 8601 in UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
