"""Template tags of the synchronization with ANAF."""

from django import template

from caraus.accounts.models import Company, Organization
from caraus.sync.status import Situation, situation

register = template.Library()


@register.simple_tag
def anaf_situation(organization: Organization, companies: list[Company]) -> Situation:
    """Return how the synchronization of these companies stands, for pages of packages below."""
    return situation(organization, companies)
