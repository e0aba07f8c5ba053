"""What a person said of a UIT: that it is dealt with, or that somebody sees to it."""

from django.db import models

from caraus.accounts.models import User
from caraus.core.formatting import gettext_lazy
from caraus.transports.models.uits import Transport


class Mark(models.Model):
    """The mark of a UIT, until somebody takes it back or ANAF changes the UIT.

    A row of its own: what ANAF says of the UIT and what people say are written at the same time.
    """

    ORGANIZATION_PATH = "transport__organization"
    COMPANY_PATH = "transport__company"

    class Kind(models.TextChoices):
        UNLOADED = "unloaded", gettext_lazy("descărcat")
        FINE = "fine", gettext_lazy("în regulă")
        TAKEN = "taken", gettext_lazy("se ocupă")

    transport = models.OneToOneField(Transport, on_delete=models.CASCADE, related_name="mark")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.transport_id}: {self.kind}"

    @property
    def is_dealt_with(self) -> bool:
        return self.kind in DEALT_WITH_KINDS


DEALT_WITH_KINDS = (Mark.Kind.UNLOADED, Mark.Kind.FINE)
# Nothing more is to be done about these UITs.
DEALT_WITH = models.Q(mark__kind__in=DEALT_WITH_KINDS)
