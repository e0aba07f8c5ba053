"""A person's own data: what is kept, given out, and erased; and the first person of a server."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import audit_log, members, sessions
from caraus.accounts.models import Invitation, JournalEntry, Membership, Organization, Role, User
from caraus.accounts.provision import provision_user
from caraus.mail import queue

SETUP_SALT = "caraus.setup"
SETUP_SECONDS = 24 * 3600
_SETUP_LOCK = 0xCA4B


def export(user: User) -> dict[str, Any]:
    """All that is kept about a person, for that person (GDPR art. 15 and 20). No secrets."""
    return {
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
                gettext("denumire"): one.organization.name,
                gettext("rol"): one.get_role_display(),
                gettext("din"): one.created_at.isoformat(),
            }
            for one in user.memberships.select_related("organization").order_by("created_at", "pk")
        ],
        gettext("doi factori"): [
            {gettext("fel"): one.get_type_display(), gettext("adăugat"): one.created_at.isoformat()}
            for one in Authenticator.objects.filter(user=user).order_by("pk")
        ],
        gettext("sesiuni"): [
            {
                "ip": session.ip,
                "browser": session.user_agent,
                gettext("din"): session.created_at.isoformat() if session.created_at else None,
            }
            for session in sessions.of_user(user)
        ],
        gettext("autorizări SPV"): [
            {
                gettext("persoana"): one["person_name"],
                gettext("data"): one["authorized_at"].isoformat(),
            }
            for one in user.authorizations.values("person_name", "authorized_at")
        ],
        gettext("vederi salvate"): list(user.saved_views.order_by("pk").values("name", "query")),
        gettext("note"): [
            {gettext("când"): one["created_at"].isoformat(), gettext("ce"): one["text"]}
            for one in user.transport_notes.values("created_at", "text")
        ],
        gettext("jurnal"): [
            {
                gettext("când"): one.at.isoformat(),
                gettext("ce"): one.text,
                "ip": one.ip,
                gettext("organizație"): one.organization_id,
            }
            for one in JournalEntry.objects.filter(actor_id=user.pk)
        ],
    }


@transaction.atomic
def erase(user: User) -> None:
    """Erase the account (GDPR art. 17). What stays: the journal, for as long as claims can be
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
    audit_log.record_everywhere("deletion", gettext_noop("Și-a șters contul."), user=user)
    Invitation.objects.filter(email=user.email).delete()
    queue.forget_person(user.email)
    for organization in lonely:
        organization.delete()
    for membership in list(user.memberships.select_related("organization")):
        membership.delete()
        members.revoke_unsendable(user, membership.organization)
    end_sessions(user)
    user.delete()


def end_sessions(user: User) -> None:
    """Sign the person out everywhere."""
    sessions.end(user)


def setup_secret() -> str | None:
    """The secret of the one-time link that makes the first user; None once there is a user."""
    if User.objects.exists():
        return None
    return signing.dumps("first user", salt=SETUP_SALT)


def is_setup_secret(secret: str) -> bool:
    """Whether the link still works: made by this server within a day, and nobody was first."""
    try:
        signing.loads(secret, salt=SETUP_SALT, max_age=SETUP_SECONDS)
    except signing.BadSignature:
        return False
    return not User.objects.exists()


@transaction.atomic
def set_up(secret: str, *, email: str, password: str, name: str, organization: str) -> User:
    """Make the first user, owner of the first organization, once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SETUP_LOCK])
    if not is_setup_secret(secret):
        raise ValidationError(gettext("Linkul a fost deja folosit sau a expirat."))
    user = provision_user(email=email, password=password, name=name, organization_name=organization)
    first = Membership.objects.get(user=user)
    audit_log.record(
        "account",
        gettext_noop("A pus în funcțiune serverul: primul cont, prima organizație."),
        user=user,
        organization=first.organization_id,
    )
    return user
