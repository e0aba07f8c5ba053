"""The companies whose UITs a view shows, of those that the member may see."""

from dataclasses import dataclass, replace

from caraus.accounts import access
from caraus.accounts.models import Company, Membership
from caraus.workspace.filters import ListFilters
from caraus.workspace.search_beside import Beside, find_beside


@dataclass(frozen=True, slots=True)
class CompanyScope:
    """`filters` lack a company that the member may not see; its CUI is `unknown_cui`."""

    filters: ListFilters
    companies: list[Company]
    company: Company | None
    unknown_cui: str
    # The organization has no other companies than these.
    has_all_companies: bool

    @property
    def selected(self) -> list[Company]:
        return self.companies if self.company is None else [self.company]

    @property
    def selected_ids(self) -> list[int]:
        return [company.pk for company in self.selected]

    @property
    def restricted_to(self) -> list[int] | None:
        """The company keys for `listing.filter_transports`; None where nothing is left out."""
        return None if self.has_all_companies and self.company is None else self.selected_ids

    def ids_of(self, cui: str) -> list[int] | None:
        """Return the company keys of another view's company, "" for all; none of one that the
        member may not see."""
        if not cui:
            ids = [company.pk for company in self.companies]
            return None if self.has_all_companies else ids
        return [company.pk for company in self.companies if company.cui == cui]

    def find_beside(self, *others: str) -> Beside:
        """Return what the search of the filters finds beside the UITs, and that of other texts."""
        texts = list(filter(None, [self.filters.query, *others]))
        return find_beside(texts, self.companies if others else self.selected)


def resolve_scope(membership: Membership, filters: ListFilters) -> CompanyScope:
    """Resolve the company of the filters; a member who sees none reads of no unknown one."""
    visible = list(access.visible_companies(membership, archived=True))
    companies = [company for company in visible if company.archived_at is None]
    has_all = len(companies) == len(visible) and not access.is_restricted(membership)
    company = next((company for company in companies if company.cui == filters.company), None)
    unknown_cui = filters.company if companies and company is None else ""
    if company is None:
        filters = replace(filters, company="")
    return CompanyScope(filters, companies, company, unknown_cui, has_all)
