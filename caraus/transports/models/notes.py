"""What the team says to itself about a UIT."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from caraus.accounts.models import User
from caraus.core.fields import FoldedField
from caraus.transports.models.uits import Transport


class TransportNote(models.Model):
    """A note of a member. It stays when its author's account goes, without a name."""

    ORGANIZATION_PATH = "transport__company__organization"
    COMPANY_PATH = "transport__company"

    transport = models.ForeignKey(Transport, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="transport_notes"
    )
    text = models.TextField()
    search_text = FoldedField(of=["text"], db_default="")
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="note_search"),
        ]

    def __str__(self) -> str:
        return f"{self.transport_id}: {self.text[:40]}"
