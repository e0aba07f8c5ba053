"""How a declarant is reached."""

from django.db import models

from caraus.accounts.models import Organization, User

PHONE_LENGTH = 40


class DeclarantContact(models.Model):
    """The phone and e-mail of a declarant, once for its CUI in an organization."""

    ORGANIZATION_PATH = "organization"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    cui = models.TextField()
    phone = models.CharField(max_length=PHONE_LENGTH, blank=True)
    email = models.EmailField(blank=True)
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "cui", name="one_contact_per_declarant"),
        ]

    def __str__(self) -> str:
        return f"CUI {self.cui}"
