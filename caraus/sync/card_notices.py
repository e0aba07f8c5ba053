"""The notices of the sync in the card of Integrări: what the last responses of ANAF were."""

from django.template.loader import render_to_string

from caraus.accounts.models import Company, Organization
from caraus.sync.status import read_sync_status


def sync_notices(organization: Organization, companies: list[Company]) -> str:
    """Render the notices of the errors for which the card has no notice of its own."""
    context = {"sync_status": read_sync_status(organization, companies), "companies": companies}
    return render_to_string("sync/_card_notices.html", context)
