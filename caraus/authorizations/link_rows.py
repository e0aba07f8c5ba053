"""The links that were sent, as Integrări, its own page and Firme show them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils import timezone

from caraus.accounts import access
from caraus.accounts.models import Company, Membership
from caraus.authorizations.models import ExternalLink
from caraus.core.formatting import join_first
from caraus.mail import queue
from caraus.mail.models import OutgoingEmail

# Of a link's companies; the others are counted.
COMPANIES_NAMED_IN_ROW = 2
_TONES = {
    ExternalLink.State.SENT: ("off", "mail"),
    ExternalLink.State.OPENED: ("calm", "mail-open"),
    ExternalLink.State.NO_RIGHT: ("bad", "shield-x"),
    ExternalLink.State.AUTHORIZED: ("good", "shield-check"),
    ExternalLink.State.EXPIRED: ("warn", "hourglass"),
    ExternalLink.State.REVOKED: ("off", "unlink"),
}


@dataclass(frozen=True, slots=True)
class LinkState:
    """The state of a link at a moment, as a pill shows it."""

    state: ExternalLink.State
    since: datetime | None

    @property
    def label(self) -> str:
        return str(self.state.label)

    @property
    def tone(self) -> str:
        return _TONES[self.state][0]

    @property
    def icon(self) -> str:
        return _TONES[self.state][1]


@dataclass(frozen=True, slots=True)
class LinkRow:
    link: ExternalLink
    state: LinkState
    companies: str
    more_companies: int
    is_usable: bool
    # The e-mail that the mail server did not take.
    failure: OutgoingEmail | None

    @property
    def company_keys(self) -> list[int]:
        return [company.pk for company in self.link.companies.all()]


def link_state(link: ExternalLink, now: datetime) -> LinkState:
    """Return the state of the link, and since when it is so."""
    state = link.state(now)
    since = {
        ExternalLink.State.OPENED: link.opened_at,
        ExternalLink.State.NO_RIGHT: link.no_right_at,
        ExternalLink.State.AUTHORIZED: link.used_at,
        ExternalLink.State.REVOKED: link.revoked_at,
    }
    return LinkState(state, since.get(state))


def links_for(membership: Membership) -> QuerySet[ExternalLink]:
    """Return the links with which the member may do something, before `access` restricts them to
    the organization: the own ones for a member restricted to some companies."""
    links = ExternalLink.objects.all()
    return (
        links.filter(created_by=membership.user_id) if access.is_restricted(membership) else links
    )


def visible_links(membership: Membership) -> QuerySet[ExternalLink]:
    """Return the links of the organization that the member may see, newest first."""
    return access.visible(links_for(membership), membership)


def usable_links(membership: Membership) -> QuerySet[ExternalLink]:
    """Return, of the links that the member may see, those that may still be used."""
    return visible_links(membership).filter(
        used_at=None, revoked_at=None, expires_at__gt=timezone.now()
    )


def link_rows(links: Iterable[ExternalLink]) -> list[LinkRow]:
    """Return the rows of these links, whose companies are prefetched."""
    links, now = list(links), timezone.now()
    failures = queue.delivery_failures([f"link:{link.pk}" for link in links])
    rows = []
    for link in links:
        companies, more = join_first(list(link.companies.all()), COMPANIES_NAMED_IN_ROW)
        rows.append(
            LinkRow(
                link=link,
                state=link_state(link, now),
                companies=companies,
                more_companies=more,
                is_usable=link.is_usable(now),
                failure=failures.get(f"link:{link.pk}"),
            )
        )
    return rows


def last_addresses(membership: Membership, companies: Collection[Company]) -> dict[int, str]:
    """Return the address to which the last link of each company was sent."""
    links = visible_links(membership).filter(companies__in=companies).exclude(email="")
    rows = links.order_by("created_at", "pk").values_list("companies", "email")
    return dict(rows)


def last_links(membership: Membership, companies: Collection[Company]) -> dict[int, LinkState]:
    """Return the state of the last link that names each of the companies and was not withdrawn."""
    links = visible_links(membership).filter(revoked_at=None, companies__in=companies)
    now = timezone.now()
    return {
        link.named_company: link_state(link, now)
        for link in links.annotate(named_company=F("companies")).order_by("created_at", "pk")
    }
