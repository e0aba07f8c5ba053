"""Export and erase a person's own data (GDPR articles 15, 17 and 20)."""

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import audit_log, members, sessions
from caraus.accounts.models import AuditLogEntry, Invitation, Organization, Role, User
from caraus.mail import queue

type Exporter = Callable[[User], list[dict[str, Any]]]

_exporters: dict[str, Exporter] = {}


def register_exporter(label: str, rows: Exporter) -> None:
    """Add what another package keeps about a person to that person's export.

    `label` is translatable, and the key of the rows in the exported file.
    """
    _exporters[label] = rows


def export_personal_data(user: User) -> dict[str, Any]:
    """Return all that is kept about a person, for that person (GDPR art. 15 and 20). No secrets."""
    return (
        {
            gettext("cont"): {
                "email": user.email,
                gettext("nume"): user.name,
                gettext("creat"): user.created_at.isoformat(),
                gettext("ultima intrare"): user.last_login.isoformat() if user.last_login else None,
            },
            gettext("adrese de e-mail"): list(
                EmailAddress.objects.filter(user=user)
                .order_by("pk")
                .values("email", "verified", "primary")
            ),
            gettext("organizații"): [
                {
                    gettext("denumire"): membership.organization.name,
                    gettext("rol"): membership.get_role_display(),
                    gettext("din"): membership.created_at.isoformat(),
                }
                for membership in user.memberships.select_related("organization").order_by(
                    "created_at", "pk"
                )
            ],
            gettext("autentificare în doi pași"): [
                {
                    gettext("fel"): authenticator.get_type_display(),
                    gettext("adăugat"): authenticator.created_at.isoformat(),
                }
                for authenticator in Authenticator.objects.filter(user=user).order_by("pk")
            ],
            gettext("sesiuni"): [
                {
                    "ip": session.ip,
                    "browser": session.user_agent,
                    gettext("din"): session.created_at.isoformat() if session.created_at else None,
                }
                for session in sessions.sessions_of(user)
            ],
        }
        | {str(label): rows(user) for label, rows in _exporters.items()}
        | {
            gettext("jurnal"): [
                {
                    gettext("când"): entry.at.isoformat(),
                    gettext("ce"): entry.text,
                    "ip": entry.ip,
                    gettext("organizație"): entry.organization_id,
                }
                for entry in AuditLogEntry.objects.filter(actor_id=user.pk)
            ],
        }
    )


@transaction.atomic
def erase_account(user: User) -> None:
    """Erase the account (GDPR art. 17). What stays: the audit log, for as long as claims can be
    made (art. 17 (3) e), and a person's name on an authorization, whose tokens live on.

    Raises ValidationError for the only owner of an organization with other members.
    """
    lonely = []
    for membership in user.memberships.filter(role=Role.OWNER).select_related("organization"):
        organization = Organization.objects.select_for_update().get(pk=membership.organization_id)
        others = organization.memberships.exclude(user=user)
        if others.filter(role=Role.OWNER).exists():
            continue
        if others.exists() or organization.companies.exists():
            raise ValidationError(
                gettext(
                    "Ești singurul proprietar al organizației {organization}. Predă-o "
                    "întâi altui membru, sau șterge organizația."
                ).format(organization=organization)
            )
        lonely.append(organization)
    audit_log.record_in_all_organizations("deletion", gettext_noop("Și-a șters contul."), user=user)
    Invitation.objects.filter(email=user.email).delete()
    queue.delete_messages_to(user.email)
    for organization in lonely:
        organization.delete()
    for membership in list(user.memberships.select_related("organization")):
        membership.delete()
        members.revoke_invitations_without_right(user, membership.organization)
    sessions.end_sessions(user)
    user.delete()
