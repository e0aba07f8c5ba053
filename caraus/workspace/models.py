"""What the dispatcher's list keeps of its own: words, files, what people chose."""

from django.db import models
from django.db.models.functions import Lower

from caraus.accounts.models import Company, Organization, User
from caraus.transports.models import Transport


class SearchWords(models.Model):
    """A UIT's folded words, one string: „ 4e2a21d5… ; b12abc ; 900… agro ; ”; beside them what the
    list is narrowed and put in order by, so that what a search finds need not be read for that.

    A trigger of the database keeps them (migration 0008), however a UIT is written.
    """

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    transport = models.OneToOneField(
        Transport, on_delete=models.CASCADE, primary_key=True, related_name="words"
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+", db_index=False)
    words = models.TextField()
    state = models.CharField(max_length=20)
    transport_date = models.DateField()
    first_expired_day = models.DateField()
    first_seen_at = models.DateTimeField()
    last_changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.words


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
