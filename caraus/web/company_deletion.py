"""A company deleted: only one that never had a UIT, so that nothing that ANAF gave is lost."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext

from caraus.accounts import audit_log
from caraus.accounts.models import Company, Membership
from caraus.core.formatting import join_first, plural
from caraus.filings.models import VehicleChange
from caraus.fleet.models import Vehicle
from caraus.transports.models import Transport, UnreadableRecord

_NAMED = 20


def company_keys_with_uits(companies: Collection[Company]) -> set[int]:
    """Return the keys of the companies of which ANAF ever gave a UIT, readable or not, or that
    filed for one."""
    return {
        key
        for model in (Transport, UnreadableRecord, VehicleChange)
        for key in model._default_manager.filter(company__in=companies)
        .order_by()
        .values_list("company_id", flat=True)
        .distinct()
    }


@transaction.atomic
def delete_companies_without_uits(
    actor: Membership, companies: Collection[Company], *, with_fleet: bool
) -> int:
    """Delete those that never had a UIT, and, without `with_fleet`, no vehicle; how many went.

    Their rows are locked first: a UIT that comes meanwhile waits, and finds no company.
    """
    locked = list(
        Company.objects.select_for_update().filter(
            organization_id=actor.organization_id, pk__in=[company.pk for company in companies]
        )
    )
    with_data = company_keys_with_uits(locked)
    if not with_fleet:
        with_data |= set(
            Vehicle.objects.filter(company__in=locked).values_list("company_id", flat=True)
        )
    deleted = [company for company in locked if company.pk not in with_data]
    if deleted:
        named, more = join_first(
            [f"{company.name} (CUI {company.cui})".strip() for company in deleted], _NAMED
        )
        Company.objects.filter(pk__in=[company.pk for company in deleted]).delete()
        audit_log.record_action(
            "company",
            lambda: gettext("A șters {companies}: {named}").format(
                companies=plural(len(deleted), "firmă", "firme"),
                named=named + (" …" if more else "."),
            ),
            user=actor.user,
            organization=actor.organization,
            cuis=[company.cui for company in deleted],
        )
    return len(deleted)
