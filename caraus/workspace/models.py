"""What the dispatcher's list keeps of its own: files, what people chose."""

from django.db import models
from django.db.models.functions import Lower

from caraus.accounts.models import Organization, User


class ListExport(models.Model):
    """A file for who asked: a view of the list, the journal, all of the organization (`kind`).
    `companies` are those that were seen then; `fingerprint` stands for the data of that moment."""

    ORGANIZATION_PATH = "organization"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="list_exports")
    kind = models.CharField(max_length=20)
    query = models.TextField(blank=True)
    companies = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64, blank=True, db_default="")
    asked_at = models.DateTimeField(db_index=True)
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
    """A piece of the file."""

    ORGANIZATION_PATH = "export__organization"

    export = models.ForeignKey(ListExport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"


class ListSettings(models.Model):
    """How a person wants the list; no row: as usual."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="list_settings")
    columns = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.user}: {', '.join(self.columns)}"


class SavedView(models.Model):
    """A view of the list under a name, a person's own. `query` is its address, without a place."""

    ORGANIZATION_PATH = "organization"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    is_default = models.BooleanField(default=False)

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
        return self.query or "arata="
