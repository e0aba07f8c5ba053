"""Whose UITs a view is about, of the companies that the person sees."""

from dataclasses import dataclass, replace

from caraus.accounts import access
from caraus.accounts.models import Company, Membership
from caraus.workspace.filters import Asked


@dataclass(frozen=True, slots=True)
class Chosen:
    """`asked` is without a company that the person does not see; its CUI is `unknown`."""

    asked: Asked
    companies: list[Company]
    company: Company | None
    unknown: str
    # The organization has no other companies than these.
    are_all: bool

    @property
    def wanted(self) -> list[Company]:
        return self.companies if self.company is None else [self.company]

    @property
    def keys(self) -> list[int]:
        return [company.pk for company in self.wanted]

    @property
    def narrowing(self) -> list[int] | None:
        """The keys for `listing.filtered`; None where nothing is left out."""
        return None if self.are_all and self.company is None else self.keys


def chosen(membership: Membership, asked: Asked) -> Chosen:
    """Who sees no company at all is not told that one of them is unknown."""
    visible = list(access.visible_companies(membership, archived=True))
    companies = [company for company in visible if company.archived_at is None]
    are_all = len(companies) == len(visible) and not access.is_restricted(membership)
    company = next((one for one in companies if one.cui == asked.firma), None)
    unknown = asked.firma if companies and company is None else ""
    if company is None:
        asked = replace(asked, firma="")
    return Chosen(asked, companies, company, unknown, are_all)
