"""Notices that upper packages put into the card of Integrări; each package registers its own."""

from collections.abc import Callable

from caraus.accounts.models import Company, Organization

#: Give the HTML of the notices about these companies of an organization, "" when there are none.
type CardNotices = Callable[[Organization, list[Company]], str]

_registered: list[CardNotices] = []


def register_card_notices(notices: CardNotices) -> None:
    """Show `notices` in the card from now on; registering twice changes nothing."""
    if notices not in _registered:
        _registered.append(notices)


def rendered_card_notices(organization: Organization, companies: list[Company]) -> list[str]:
    """Return the HTML of each registered package."""
    return [notices(organization, companies) for notices in _registered]
