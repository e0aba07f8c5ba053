"""Exports of the list, and what people select for it: columns, saved views."""

from django.db import models
from django.db.models.functions import Lower

from caraus.accounts.models import Organization, User
from caraus.core.formatting import gettext_lazy
from caraus.workspace.filters import USUAL_ADDRESS


class ListExport(models.Model):
    """A requested file: a view of the list, the audit log, all of the organization (`kind`).
    `companies` are those visible at the request; `fingerprint` is a digest of the data then."""

    ORGANIZATION_PATH = "organization"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="list_exports")
    kind = models.CharField(max_length=20)
    query = models.TextField(blank=True)
    companies = models.JSONField(default=list)
    # The keys of the selected UITs; none: all of the view.
    transports = models.JSONField(default=list, db_default=[])
    fingerprint = models.CharField(max_length=64, blank=True, db_default="")
    requested_at = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failed = models.BooleanField(default=False)
    # Rows; bytes.
    total = models.PositiveIntegerField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "user",
                "organization",
                condition=models.Q(finished_at=None),
                name="one_export_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.query}"


class ListExportPart(models.Model):
    """A part of the file."""

    ORGANIZATION_PATH = "export__organization"

    export = models.ForeignKey(ListExport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"


class ListSettings(models.Model):
    """The settings of a person for the list; the usual ones without a row."""

    class Density(models.TextChoices):
        """How much of a UIT its row shows: one line, or two."""

        COMPACT = "compact", gettext_lazy("Compacte")
        AIRY = "airy", gettext_lazy("Aerisite")

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="list_settings")
    columns = models.JSONField(default=list)
    density = models.CharField(max_length=10, choices=Density.choices, default=Density.COMPACT)

    def __str__(self) -> str:
        return f"{self.user}: {', '.join(self.columns)}"


class SavedView(models.Model):
    """A view of the list under a name, of one person, who may share it with the organization.
    `query` is its address, without a cursor."""

    ORGANIZATION_PATH = "organization"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    is_default = models.BooleanField(default=False)
    is_shared = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "user", "organization", Lower("name"), name="one_view_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The query string; never empty, or the list would open with the default view."""
        return self.query or USUAL_ADDRESS
