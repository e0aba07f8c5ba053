"""Delete what is needed no longer; docs/security.md lists each rule.

Sync runs have their own retention: `sync/runs.py`.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import audit_log
from caraus.accounts.models import Invitation, Organization
from caraus.authorizations.models import ConsentRequest
from caraus.core.formatting import plural, today
from caraus.ledger import retention as ledger_retention
from caraus.transports.models import Transport, UnreadableRecord
from caraus.transports.models.fields import UNKNOWN_END

CONSENT_RETENTION = timedelta(days=30)
INVITATION_RETENTION = timedelta(days=180)
BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class PurgedRows:
    """How many rows went."""

    transports: int
    consents: int
    invitations: int
    audit_log_entries: int
    ledger_entries: int


def apply_retention() -> PurgedRows:
    """Apply every rule now; safe to run twice, and beside everything else."""
    now = timezone.now()
    return PurgedRows(
        transports=sum(
            _purge_transports(organization)
            for organization in Organization.objects.exclude(keep_transports_months=None)
        ),
        consents=ConsentRequest.objects.filter(expires_at__lt=now - CONSENT_RETENTION).delete()[0],
        invitations=Invitation.objects.filter(expires_at__lt=now - INVITATION_RETENTION).delete()[
            0
        ],
        audit_log_entries=audit_log.delete_expired_entries(),
        # What a night cut off left, too: the chains of organizations that are gone.
        ledger_entries=ledger_retention.delete_expired_contents()
        + ledger_retention.delete_orphaned_chains(),
    )


def _purge_transports(organization: Organization) -> int:
    """Delete the closed UITs whose last valid day is longer ago than the organization wants."""
    months = organization.keep_transports_months or 0
    limit = today() - timedelta(days=round(months * 30.44))
    # Of one whose end is not known the last sight of it counts, once ANAF lists it no more.
    is_old = Q(first_expired_day__lt=limit) | Q(
        first_expired_day=UNKNOWN_END,
        last_seen_at__lt=timezone.now() - timedelta(days=months * 31),
    ) & ~Q(state__in=Transport.OPEN_STATES)
    old = Transport.objects.filter(is_old, company__organization=organization)
    deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH_SIZE]):
        with transaction.atomic():
            Transport.objects.filter(pk__in=ids).delete()
            deleted += len(ids)
    unreadable = UnreadableRecord.objects.filter(
        company__organization=organization,
        resolved_at__lt=timezone.now() - timedelta(days=months * 31),
    )
    unreadable.delete()
    if deleted:
        audit_log.record_action(
            "deletion",
            lambda: gettext(
                "A șters {gone} mai vechi de {months}, după setarea organizației."
            ).format(
                gone=plural(deleted, "transport încheiat", "transporturi încheiate"),
                months=plural(months, "lună", "luni"),
            ),
            organization=organization,
        )
    return deleted
