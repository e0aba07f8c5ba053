"""Who may file with ANAF: „poate depune la ANAF”."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access, audit_log
from caraus.accounts.models import Company, Membership, Organization, Role
from caraus.filings import rules
from caraus.filings.models import FilingSwitch, MemberFilingSwitch
from caraus.filings.rules import RuleError
from caraus.transports.models import Transport

#: The least role that may file, and the roles whose members an owner may let file or not.
FILING_ROLE = Role.DISPATCHER
SWITCHED_ROLES = tuple(role for role in access.roles_at_least(FILING_ROLE) if role != Role.OWNER)


def may_file(membership: Membership, company: Company) -> bool:
    """Return whether the member may file for the company: dispatchers and the roles above, who
    see it, unless an owner has switched filing off for it or for the member."""
    return bool(may_file_for(membership, [company]))


def may_file_for(membership: Membership, companies: Iterable[Company]) -> set[int]:
    """Return the keys of those of the companies for which the member may file."""
    if not access.has_role(membership, FILING_ROLE):
        return set()
    keys = [company.pk for company in companies]
    seen = access.visible_companies(membership).filter(pk__in=keys)
    allowed = seen.exclude(filing_switch__enabled=False).order_by()
    if membership.role in SWITCHED_ROLES:  # owners always may
        allowed = allowed.exclude(Exists(_switched_off(membership)))
    return set(allowed.values_list("pk", flat=True))


def _switched_off(membership: Membership) -> QuerySet[MemberFilingSwitch]:
    """Return the member's own switch, where an owner has turned it off."""
    return MemberFilingSwitch.objects.filter(membership=membership.pk, enabled=False)


def may_file_now(membership: Membership, transport: Transport) -> bool:
    """Return whether the member may file a vehicle change of the UIT now: it is ours, and valid."""
    try:
        rules.check_uit(transport, now=timezone.now())
    except RuleError:
        return False
    return may_file(membership, transport.company)


def require_may_file(membership: Membership, company: Company) -> None:
    """Raise PermissionDenied with a sentence unless the member may file for the company."""
    if may_file(membership, company):
        return
    if access.has_role(membership, FILING_ROLE):
        if membership.role in SWITCHED_ROLES and _switched_off(membership).exists():
            raise PermissionDenied(
                gettext("Un proprietar ți-a oprit dreptul de a depune la ANAF de aici.")
            )
        raise PermissionDenied(
            gettext("Un proprietar a oprit depunerile la ANAF pentru {company}.").format(
                company=company
            )
        )
    raise PermissionDenied(
        gettext("Rolul tău poate citi, dar nu poate depune la ANAF. Cere unui dispecer.")
    )


@transaction.atomic
def set_filing_enabled(membership: Membership, company: Company, *, enabled: bool) -> None:
    """Let vehicle changes be filed for the company, or not any more."""
    FilingSwitch.objects.update_or_create(
        company=company, defaults={"enabled": enabled, "changed_at": timezone.now()}
    )

    def text() -> str:
        sentence = (
            gettext("A pornit depunerile la ANAF pentru {company}")
            if enabled
            else gettext("A oprit depunerile la ANAF pentru {company}")
        )
        return sentence.format(company=company)

    audit_log.record_action(
        "filing", text, user=membership.user, organization=company.organization_id, cui=company.cui
    )


@dataclass(frozen=True, slots=True)
class Filer:
    """A member whose role may file, and whether an owner lets the member."""

    membership: Membership
    enabled: bool


def filers(organization: Organization) -> list[Filer]:
    """Return the members that an owner may let file or not."""
    members = Membership.objects.filter(
        organization=organization, role__in=SWITCHED_ROLES
    ).select_related("user", "filing_switch")
    return [
        Filer(member, getattr(getattr(member, "filing_switch", None), "enabled", True))
        for member in members.order_by("user__name", "user__email")
    ]


@transaction.atomic
def set_member_filing_enabled(actor: Membership, member: Membership, *, enabled: bool) -> None:
    """Let a member file with ANAF, or not any more."""
    MemberFilingSwitch.objects.update_or_create(
        membership=member, defaults={"enabled": enabled, "changed_at": timezone.now()}
    )

    def text() -> str:
        sentence = (
            gettext("I-a dat dreptul de a depune la ANAF lui {member}")
            if enabled
            else gettext("I-a oprit dreptul de a depune la ANAF lui {member}")
        )
        return sentence.format(member=member.user)

    audit_log.record_action(
        "filing", text, user=actor.user, organization=actor.organization_id, member=member.user_id
    )
