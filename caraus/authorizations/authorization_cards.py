"""What Integrări shows: each living authorization with all that is known of it, and the past."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from caraus.accounts import access
from caraus.accounts.models import Company, Membership
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.link_rows import (
    LinkRow,
    link_rows,
    usable_links,
    visible_links,
)
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.authorizations.other_rights import registered_rights
from caraus.authorizations.replacement import NOT_ENDED
from caraus.authorizations.rights_progress import RECENT, RightsProgress, count_progress
from caraus.authorizations.status import Health, health, overall, unneeded_authorizations
from caraus.authorizations.token_refresh import next_refresh_at

# The card with every company of a young authorization is drawn anew while ANAF responds about so
# few; of more, a line counts.
_FEW = 20
# So many links stand on Integrări; all have a page of their own.
_LINKS = 10


@dataclass(frozen=True, slots=True)
class AuthorizationCard:
    """A living authorization as the card shows it; `rights`: every company it may serve, with the
    rights that upper packages know of as `others`."""

    authorization: Authorization
    health: Health
    rights: list[CompanyRight]
    next_refresh_at: datetime

    @property
    def progress(self) -> RightsProgress:
        return count_progress(self.authorization, [right.state for right in self.rights])

    @property
    def rights_pending(self) -> bool:
        """Just made: ANAF's responses about the companies are coming."""
        return self.progress.is_running

    @property
    def covered(self) -> int:
        """Return how many companies it serves; an ended one serves none."""
        if not self.authorization.is_active:
            return 0
        return sum(right.state == CompanyRight.State.COVERED for right in self.rights)

    @property
    def refresh_failure(self) -> str:
        """Return the error of the last refresh, if it failed."""
        error = ERROR_TEXTS.get(self.authorization.last_failure_code)
        return error.sentence if error and self.authorization.refresh_failures else ""


@dataclass(frozen=True, slots=True)
class AuthorizationCards:
    """What Integrări shows: the authorizations, and the links that may still be used."""

    cards: list[AuthorizationCard]
    overall: Health | None
    companies: list[Company]
    past: list[Authorization]
    links: list[LinkRow]
    # Of those that may still be used; `links` are the newest of them.
    usable_links: int
    # All that were ever made.
    all_links: int

    @property
    def newest(self) -> str:
        return str(self.cards[0].authorization.pk) if self.cards else "0"

    @property
    def rights_pending(self) -> bool:
        """Return whether the page reloads all cards every few seconds."""
        return any(card.rights_pending and len(card.rights) <= _FEW for card in self.cards)


def authorization_cards(membership: Membership) -> AuthorizationCards:
    """Collect what the member may see of the organization's authorizations."""
    companies = list(access.visible_companies(membership))
    cards = _cards(membership, companies)
    _attach_other_rights(cards)
    return AuthorizationCards(
        cards=cards,
        overall=_overall(cards, companies),
        companies=companies,
        past=_past(membership, companies),
        links=link_rows(usable_links(membership).prefetch_related("companies")[:_LINKS]),
        usable_links=usable_links(membership).count(),
        all_links=visible_links(membership).count(),
    )


def _attach_other_rights(cards: list[AuthorizationCard]) -> None:
    known = registered_rights([card.authorization.pk for card in cards])
    for card in cards:
        for right in card.rights:
            right.others = known(card.authorization.pk, right.company.pk)


def overall_health(membership: Membership, companies: list[Company]) -> Health | None:
    """Return the health of all authorizations visible to the member; None without any."""
    return _overall(_cards(membership, companies), companies)


def recent_authorizations(membership: Membership) -> list[Authorization]:
    """Return the new authorizations whose companies' rights are being checked."""
    companies = list(access.visible_companies(membership))
    young = _visible(membership, companies).filter(
        status=Authorization.Status.ACTIVE, authorized_at__gt=timezone.now() - RECENT
    )
    return list(young.select_related("link"))


def _cards(membership: Membership, companies: list[Company]) -> list[AuthorizationCard]:
    """Return living authorizations, newest first, each with its health and what ANAF said per
    company."""
    living = list(
        _visible(membership, companies)
        .filter(status__in=NOT_ENDED)
        .select_related("link", "replaced_by")
        .prefetch_related("rights", "link__companies")
    )
    spare = unneeded_authorizations(living)
    return [
        AuthorizationCard(
            authorization=authorization,
            health=health(authorization, spare=authorization.pk in spare),
            rights=_rights(authorization, companies),
            next_refresh_at=next_refresh_at(authorization),
        )
        for authorization in living
    ]


def visible_authorizations(membership: Membership) -> QuerySet[Authorization]:
    """Return the authorizations visible to the member."""
    return _visible(membership, list(access.visible_companies(membership)))


def _visible(membership: Membership, companies: list[Company]) -> QuerySet[Authorization]:
    """Return those that the member may see: restricted, of their companies or by themselves."""
    authorizations = Authorization.objects.filter(organization=membership.organization_id)
    if access.is_restricted(membership):
        concerning = Q(rights__company__in=companies) | Q(authorized_by=membership.user_id)
        authorizations = authorizations.filter(concerning).distinct()
    return authorizations


def _rights(authorization: Authorization, companies: list[Company]) -> list[CompanyRight]:
    """Return a right for each company; „necunoscut” where it has not been checked."""
    link = authorization.link
    only = (
        None if link is None or link.for_all else {company.pk for company in link.companies.all()}
    )
    rights_by_company = {right.company_id: right for right in authorization.rights.all()}
    rights = []
    for company in companies:
        if only is None or company.pk in only:
            right = rights_by_company.get(company.pk) or CompanyRight(authorization=authorization)
            right.company = company
            rights.append(right)
    return rights


def _overall(cards: list[AuthorizationCard], companies: list[Company]) -> Health | None:
    """Return the overall health. Companies that no active authorization covers count against the
    green tick, except those about which ANAF is being polled right now."""
    states: dict[int, set[str]] = {company.pk: set() for company in companies}
    for card in cards:
        if card.authorization.is_active:
            for right in card.rights:
                states[right.company.pk].add(right.state)
    uncovered = [
        company_states
        for company_states in states.values()
        if CompanyRight.State.COVERED not in company_states
    ]
    refused = sum(CompanyRight.State.NO_RIGHT in company_states for company_states in uncovered)
    unknown = 0 if any(card.rights_pending for card in cards) else len(uncovered) - refused
    return overall([card.health for card in cards], refused=refused, unknown=unknown)


def _past(membership: Membership, companies: list[Company]) -> list[Authorization]:
    """Return the replaced and disconnected authorizations, with their replacements."""
    ended = _visible(membership, companies).exclude(status__in=NOT_ENDED)
    return list(ended.select_related("replaced_by").order_by("-authorized_at", "-pk")[:50])
