"""What an authorization was given for, as the page after ANAF names it."""

from dataclasses import dataclass

from caraus.authorizations import rights
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.authorizations.rights_progress import RightsProgress

# So many companies are named; the others are counted.
COMPANIES_NAMED_IN_SCOPE = 5


@dataclass(frozen=True, slots=True)
class ScopeCompany:
    """A company, and what ANAF has said about its right so far (`CompanyRight.State`)."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class ConsentScope:
    """The organization that may poll now, and which companies."""

    organization: str
    companies: list[ScopeCompany]
    number: int
    # Also companies that the organization adds later.
    for_all: bool
    # ANAF has responded about all: those that it has refused are not among the companies.
    is_final: bool

    @property
    def others(self) -> int:
        return self.number - len(self.companies)


def consent_scope(authorization: Authorization, progress: RightsProgress) -> ConsentScope:
    """Return for whom the authorization was made, as the page after ANAF says it."""
    companies = rights.served_companies(authorization)
    known = CompanyRight.objects.filter(authorization=authorization)
    is_final = progress.is_done and progress.covered > 0
    if is_final:
        covered = known.filter(state=CompanyRight.State.COVERED)
        companies = companies.filter(pk__in=covered.values("company"))
    named = list(companies.order_by("name", "cui")[:COMPANIES_NAMED_IN_SCOPE])
    states = dict(known.filter(company__in=named).values_list("company", "state"))
    return ConsentScope(
        organization=str(authorization.organization),
        companies=[
            ScopeCompany(str(company), states.get(company.pk, CompanyRight.State.UNKNOWN))
            for company in named
        ],
        number=companies.count(),
        for_all=authorization.link is None or authorization.link.for_all,
        is_final=is_final,
    )
