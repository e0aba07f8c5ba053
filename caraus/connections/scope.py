"""What an authorization was given for, as the page after ANAF names it."""

from dataclasses import dataclass

from caraus.connections import rights
from caraus.connections.models import Connection

# So many companies are named; the others are counted.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Scope:
    """The organization that may ask ANAF now, and about which companies."""

    organization: str
    companies: list[str]
    number: int
    # Also companies that the organization adds later.
    for_all: bool

    @property
    def others(self) -> int:
        return self.number - len(self.companies)


def scope_of(connection: Connection) -> Scope:
    companies = rights.companies_of(connection)
    return Scope(
        organization=str(connection.organization),
        companies=[str(company) for company in companies.order_by("name", "cui")[:NAMED]],
        number=companies.count(),
        for_all=connection.link is None or connection.link.for_all,
    )
