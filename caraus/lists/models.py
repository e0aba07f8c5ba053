"""Lists on their way in: pasted or sent, shown, taken, and for an hour taken back."""

from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User


class Draft(models.Model):
    """A list as it was read, until somebody takes it or a day is over."""

    ORGANIZATION_PATH = "organization"
    COMPANY_PATH = "company"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    # Whose fleet the list is; None for a list of companies.
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # The file's name; "" for a pasted list.
    name = models.CharField(max_length=200, blank=True)
    # What a row is that does not say it.
    default_kind = models.CharField(max_length=10, blank=True)
    # What is not taken yet: [row number, [cell, …]].
    rows = models.JSONField(default=list)
    # The number of the row with the heads, and of each column its head and its role.
    head = models.PositiveIntegerField(null=True)
    headings = models.JSONField(default=list)
    roles = models.JSONField(default=list)
    # By number, the rows that are titles, totals, heads: which of `columns.SKIPPED`.
    skipped = models.JSONField(default=dict)
    # The numbers of the rows whose cells may be split as proposed.
    split = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    taken_at = models.DateTimeField(null=True)
    # What was added, as it stood then, so that it can be taken back.
    added = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name or f"{len(self.rows)}"
