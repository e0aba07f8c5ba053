"""What the dispatcher's list keeps of its own: the words by which UITs are found."""

from django.db import models

from caraus.accounts.models import Company
from caraus.transports.models import Transport


class SearchWords(models.Model):
    """A UIT's folded words, one string: „ 4e2a21d5… b12abc agrobaragansrl ”.

    A trigger of the database keeps them (migration 0002), however a UIT is written.
    """

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    transport = models.OneToOneField(
        Transport, on_delete=models.CASCADE, primary_key=True, related_name="words"
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+", db_index=False)
    words = models.TextField()

    def __str__(self) -> str:
        return self.words
