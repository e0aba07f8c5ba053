"""The vehicles and trailers of a company, and the issues of its UITs beside them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from caraus.accounts.models import Company, User
from caraus.core.fields import PERSON_NAME_LENGTH, FoldedField
from caraus.core.formatting import gettext_lazy
from caraus.fleet.plates import MAX_LENGTH
from caraus.transports.models import DEALT_WITH_KINDS, Mark, Transport

NOTE_MAX_LENGTH = 200
PHONE_MAX_LENGTH = 40


class VehicleKind(models.TextChoices):
    VEHICLE = "vehicle", gettext_lazy("vehicul")
    TRAILER = "trailer", gettext_lazy("remorcă")


class Vehicle(models.Model):
    """A vehicle or trailer of a company; `plate` is normalized (`plates.clean_plate`)."""

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="fleet")
    plate = models.CharField(max_length=MAX_LENGTH)
    kind = models.CharField(max_length=10, choices=VehicleKind.choices, default=VehicleKind.VEHICLE)
    note = models.CharField(max_length=NOTE_MAX_LENGTH, blank=True)
    # Who usually drives it, and the phone at which they are found.
    driver = models.CharField(max_length=PERSON_NAME_LENGTH, blank=True)
    phone = models.CharField(max_length=PHONE_MAX_LENGTH, blank=True)
    search_text = FoldedField(of=["driver", "phone"], db_default="")
    # A retired one stays in the fleet, so that a UIT that names it is explained.
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-active", "-kind", "plate", "pk"]
        constraints = [
            models.UniqueConstraint("company", "plate", name="one_row_per_plate"),
        ]
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="vehicle_search"),
        ]

    def __str__(self) -> str:
        return self.plate

    @property
    def is_trailer(self) -> bool:
        return self.kind == VehicleKind.TRAILER

    def fold_search_text(self) -> None:
        """Set the text for the search from the driver and the phone."""
        Vehicle._meta.get_field("search_text").pre_save(self, add=False)


class Issue(models.Model):
    """An issue of an open UIT, as `issues.py` finds it and `issue_store.py` stores it.

    Read it through `queries.py`: a UIT whose validity has just ended may still have a row here.
    """

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    transport = models.ForeignKey(Transport, on_delete=models.CASCADE, related_name="issues")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=30)
    plate_field = models.CharField(max_length=10)
    plate = models.TextField()
    # The UIT that it clashes with.
    other = models.ForeignKey(Transport, on_delete=models.CASCADE, null=True, related_name="+")
    found_at = models.DateTimeField(default=timezone.now)
    # What a person said of it, until ANAF changes the UIT: „în regulă”, „mă ocup eu”.
    mark = models.CharField(max_length=10, choices=Mark.Kind, blank=True)
    marked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    marked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["transport", "pk"]
        constraints = [
            models.UniqueConstraint("transport", "code", "plate_field", name="one_row_per_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.transport_id}: {self.code} {self.plate_field} {self.plate}"

    @property
    def is_dealt_with(self) -> bool:
        return self.mark in DEALT_WITH_KINDS
