"""An organization made, changed, and deleted after a week of waiting."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import access, audit_log
from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, Role, User
from caraus.accounts.name_fields import single_line
from caraus.core.formatting import join_first, plural

DELETE_BATCH_SIZE = 1000
DELETION_WAIT = timedelta(days=7)
RETENTION_MONTHS = (12, 24, 36, 60, 120)


@transaction.atomic
def create_organization(user: User, name: str) -> Membership:
    """Create an organization whose owner is the user."""
    organization = Organization.objects.create(name=name)
    membership = Membership.objects.create(user=user, organization=organization, role=Role.OWNER)
    audit_log.record_action(
        "settings",
        lambda: gettext("A creat organizația {name}.").format(name=name),
        user=user,
        organization=organization,
    )
    return membership


@transaction.atomic
def change_organization(
    actor: Membership, *, name: str, require_two_factors: bool, keep_transports_months: int | None
) -> None:
    """Save changed settings and record each with its value before and after."""
    organization = Organization.objects.select_for_update().get(pk=actor.organization_id)
    new = {
        "name": name,
        "require_two_factors": require_two_factors,
        "keep_transports_months": keep_transports_months,
    }
    changed = {
        field: [getattr(organization, field), value]
        for field, value in new.items()
        if getattr(organization, field) != value
    }
    if not changed:
        return
    for field, value in new.items():
        setattr(organization, field, value)
    organization.save()
    months = keep_transports_months

    def sentence() -> str:
        retention = plural(months, "lună", "luni") if months else gettext("mereu")
        factors = gettext("ceruți tuturor") if require_two_factors else gettext("nu")
        fields = {
            "name": gettext("denumirea: {name}").format(name=name),
            "require_two_factors": gettext("autentificare în doi pași: {answer}").format(
                answer=factors
            ),
            "keep_transports_months": gettext(
                "transporturile încheiate se păstrează {time}"
            ).format(time=retention),
        }
        what = "; ".join(fields[field] for field in changed)
        return gettext("A schimbat {what}.").format(what=what)

    audit_log.record_action(
        "settings",
        sentence,
        user=actor.user,
        organization=organization,
        changes=changed,
    )


@transaction.atomic
def request_organization_deletion(actor: Membership, *, typed_name: str) -> datetime:
    """Wait a week, in which any owner may change their mind; returns the moment of deletion."""
    organization = Organization.objects.select_for_update().get(pk=actor.organization_id)
    if single_line(typed_name) != single_line(organization.name):
        raise ValidationError(gettext("Denumirea scrisă nu este cea a organizației."))
    exported = AuditLogEntry.objects.filter(
        organization_id=organization.pk, action="export", details__whole=True
    )
    if not exported.exists():
        raise ValidationError(
            gettext("Descarcă întâi exportul complet: după ștergere nu mai poate fi făcut.")
        )
    if organization.delete_at is None:
        organization.delete_at = timezone.now() + DELETION_WAIT
        organization.save(update_fields=["delete_at"])
        audit_log.record_action(
            "deletion",
            gettext_noop("A cerut ștergerea organizației, cu o săptămână de așteptare."),
            user=actor.user,
            organization=organization,
        )
    return organization.delete_at


@transaction.atomic
def cancel_organization_deletion(actor: Membership) -> None:
    """Keep an organization whose deletion was requested; without effect on others."""
    organization = Organization.objects.select_for_update().get(pk=actor.organization_id)
    if organization.delete_at is not None:
        organization.delete_at = None
        organization.save(update_fields=["delete_at"])
        audit_log.record_action(
            "deletion",
            gettext_noop("A renunțat la ștergerea organizației."),
            user=actor.user,
            organization=organization,
        )


def delete_due_organizations(*, now: datetime | None = None) -> int:
    """Delete what has waited its week, with all that hangs on it; returns how many."""
    now = now or timezone.now()
    deleted = 0
    for pk in Organization.objects.filter(delete_at__lte=now).values_list("pk", flat=True):
        with transaction.atomic():
            due = Organization.objects.select_for_update().filter(pk=pk, delete_at__lte=now)
            if (organization := due.first()) is None:
                continue  # someone changed their mind, or another worker was first
            # From here on nobody is in it who could, and nothing new comes to it.
            organization.memberships.all().delete()
        _delete_rows_of(organization)
        with transaction.atomic():
            if (organization := due.first()) is None:
                continue  # another worker was first
            name = organization.name
            organization.delete()
            audit_log.record_action(
                "deletion",
                partial(_deleted_sentence, name),
                organization=pk,
            )
            deleted += 1
    return deleted


def _delete_rows_of(organization: Organization) -> None:
    """Delete all rows of the organization, some at a time, the deepest first: a cascade over
    everything would hold its locks for minutes. Cut off, it goes on the next time."""
    tenant_models = [
        model
        for model in apps.get_models()
        if hasattr(model, "ORGANIZATION_PATH")
        and model is not Organization
        and not hasattr(model, "OUTLIVES_ORGANIZATION")
    ]
    tenant_models.sort(key=_depth, reverse=True)
    for model in tenant_models:
        rows = access.scope(model._base_manager.order_by("pk"), organization)
        while keys := list(rows.values_list("pk", flat=True)[:DELETE_BATCH_SIZE]):
            model._base_manager.filter(pk__in=keys).delete()


def _depth(model: Any) -> int:
    """Return how many steps a row is away from the organization: what names it itself may still
    hang on a company, which would take it along."""
    path: str = getattr(model, "COMPANY_PATH", "pk")
    from_company = 0 if path == "pk" else path.count("__") + 1
    return max(str(model.ORGANIZATION_PATH).count("__"), from_company)


def _deleted_sentence(name: str) -> str:
    return gettext("Organizația {name} a fost ștearsă.").format(name=name)


def remaining_companies(organization: Organization) -> int:
    """Return how many companies the organization may still add; in a transaction, whose end the
    next one who adds waits for."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    number = organization.companies.filter(archived_at=None).count()
    return max(settings.COMPANIES_PER_ORGANIZATION - number, 0)


def company_limit_message() -> str:
    """Return the sentence for who adds one company too many."""
    return gettext(
        "O organizație poate avea cel mult {most}. Arhivează firmele de care nu mai ai nevoie sau "
        "scrie-i celui care administrează aplicația să mărească limita."
    ).format(most=plural(settings.COMPANIES_PER_ORGANIZATION, "firmă", "firme"))


@transaction.atomic
def add_companies(
    actor: Membership, pairs: list[tuple[str, str]]
) -> tuple[list[Company], list[str]]:
    """Add those that were not there yet; archived ones come back. Return them, and the CUIs for
    which the organization's limit has no place left."""
    organization = actor.organization
    remaining = remaining_companies(organization)
    by_cui = {company.cui: company for company in organization.companies.all()}
    missing_pairs = [pair for pair in pairs if pair[0] not in by_cui or by_cui[pair[0]].archived_at]
    pairs, left_out = missing_pairs[:remaining], [cui for cui, _ in missing_pairs[remaining:]]
    back = [by_cui[cui] for cui, _ in pairs if cui in by_cui]
    Company.objects.filter(pk__in=[company.pk for company in back]).update(archived_at=None)
    new = Company.objects.bulk_create(
        [
            Company(organization=organization, cui=cui, name=name, name_typed=bool(name))
            for cui, name in pairs
            if cui not in by_cui
        ],
        ignore_conflicts=True,
    )
    added = [*organization.companies.filter(cui__in=[company.cui for company in new]), *back]
    if added:
        audit_log.record_action(
            "company",
            lambda: gettext("A adăugat {companies}: {cuis}").format(**_named(added)),
            user=actor.user,
            organization=organization,
            cuis=[company.cui for company in added],
        )
    return added, left_out


@transaction.atomic
def set_companies_archived(
    actor: Membership, companies: list[Company], *, archived: bool
) -> list[Company]:
    """Put companies aside, or take them back; return those that changed.

    Raise ValidationError where the limit does not allow all of them.
    """
    changed = [company for company in companies if bool(company.archived_at) != archived]
    if not archived and len(changed) > remaining_companies(actor.organization):
        raise ValidationError(company_limit_message())
    for company in changed:
        company.archived_at = timezone.now() if archived else None
    Company.objects.bulk_update(changed, ["archived_at"])
    if len(changed) == 1:
        (only,) = changed
        sentences = (
            lambda: gettext("A arhivat firma {company}.").format(company=only),
            lambda: gettext("A scos din arhivă firma {company}.").format(company=only),
        )
    else:
        sentences = (
            lambda: gettext("A arhivat {companies}: {cuis}").format(**_named(changed)),
            lambda: gettext("A scos din arhivă {companies}: {cuis}").format(**_named(changed)),
        )
    if changed:
        audit_log.record_action(
            "company",
            sentences[0 if archived else 1],
            user=actor.user,
            organization=actor.organization,
            cuis=[company.cui for company in changed],
        )
    return changed


def _named(companies: list[Company]) -> dict[str, str]:
    """Format how many companies, and the CUIs of the first twenty, for a sentence of the audit
    log."""
    cuis, more = join_first([company.cui for company in companies], 20)
    return {
        "companies": plural(len(companies), "firmă", "firme"),
        "cuis": cuis + (" …" if more else "."),
    }
