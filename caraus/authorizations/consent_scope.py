"""What an authorization was given for, as the page after ANAF names it."""

from dataclasses import dataclass

from caraus.authorizations import rights
from caraus.authorizations.models import Authorization

# So many companies are named; the others are counted.
COMPANIES_NAMED_IN_SCOPE = 5


@dataclass(frozen=True, slots=True)
class ConsentScope:
    """The organization that may poll now, and which companies."""

    organization: str
    companies: list[str]
    number: int
    # Also companies that the organization adds later.
    for_all: bool

    @property
    def others(self) -> int:
        return self.number - len(self.companies)


def consent_scope(authorization: Authorization) -> ConsentScope:
    """Return for whom the authorization was made, as the page after ANAF says it."""
    companies = rights.served_companies(authorization)
    return ConsentScope(
        organization=str(authorization.organization),
        companies=[
            str(company) for company in companies.order_by("name", "cui")[:COMPANIES_NAMED_IN_SCOPE]
        ],
        number=companies.count(),
        for_all=authorization.link is None or authorization.link.for_all,
    )
