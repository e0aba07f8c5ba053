"""Who may file with ANAF: „poate depune la ANAF”."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access, audit_log
from caraus.accounts.models import Company, Membership, Role
from caraus.filings.models import FilingSwitch

FILERS = Role.DISPATCHER


def may_file(membership: Membership, company: Company) -> bool:
    """Whether the member may file for the company: owners, administrators and dispatchers who see
    it, unless an owner has switched filing off for it."""
    return bool(may_file_for(membership, [company]))


def may_file_for(membership: Membership, companies: Iterable[Company]) -> set[int]:
    """Give the keys of those of the companies for which the member may file."""
    if not access.has_role(membership, FILERS):
        return set()
    keys = [company.pk for company in companies]
    seen = access.visible_companies(membership).filter(pk__in=keys)
    return set(seen.exclude(filing_switch__enabled=False).values_list("pk", flat=True))


def require(membership: Membership, company: Company) -> None:
    """Raise PermissionDenied with a sentence unless the member may file for the company."""
    if may_file(membership, company):
        return
    if access.has_role(membership, FILERS):
        raise PermissionDenied(
            gettext("Un proprietar a oprit depunerile la ANAF pentru {company}.").format(
                company=company
            )
        )
    raise PermissionDenied(
        gettext("Rolul tău poate citi, dar nu poate depune la ANAF. Cere unui dispecer.")
    )


@transaction.atomic
def switch(membership: Membership, company: Company, *, enabled: bool) -> None:
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
