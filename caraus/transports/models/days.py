"""What a day brought, kept as sums so that a chart need not count."""

from django.db import models

from caraus.accounts.models import Company


class CompanyDay(models.Model):
    """The UITs that appeared for a company on one day in Romania, and how long they had waited.

    A trigger of the database adds each question that found something (migration 0003). `waited`
    and `longest` are seconds: how old the list was at most, summed over the `timed` UITs whose
    wait is known. Those of a first answer are not: they may have waited for days.
    """

    ORGANIZATION_PATH = "company__organization"
    COMPANY_PATH = "company"

    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, related_name="days", db_index=False
    )
    day = models.DateField()
    appeared = models.PositiveIntegerField(default=0)
    timed = models.PositiveIntegerField(default=0)
    waited = models.FloatField(default=0)
    longest = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("company", "day", name="one_row_per_company_day")]

    def __str__(self) -> str:
        return f"{self.company_id}: {self.day:%Y-%m-%d}"
