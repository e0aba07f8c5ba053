"""Companies that were polled long ago, and those that are due."""

from datetime import timedelta

from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.sync.models import SyncState

HOUR = timedelta(hours=1)


def create_companies(organization: Organization, number: int) -> list[Company]:
    return Company.objects.bulk_create(
        Company(organization=organization, cui=f"{index:09}") for index in range(1, number + 1)
    )


def add_old_states(companies: list[Company], **fields: object) -> None:
    now = timezone.now()
    usual: dict[str, object] = {"next_sync_at": now + HOUR, "last_attempt_at": now - HOUR}
    SyncState.objects.bulk_create(
        SyncState(company=company, **(usual | fields)) for company in companies
    )


def due() -> set[int]:
    states = SyncState.objects.filter(next_sync_at__lte=timezone.now())
    return set(states.values_list("company_id", flat=True))
