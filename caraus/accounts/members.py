"""Members and invitations: who may change whom, and the sentence when it can't be."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import access, journal
from caraus.accounts.models import Company, Invitation, Membership, Organization, Role, User

INVITATION_LIFETIME = timedelta(days=7)


def assignable_roles(actor: Membership) -> list[Role]:
    """An administrator makes no proprietors; ownership is handed over, or shared by an owner."""
    order = list(access.ROLE_ORDER)
    return order if actor.role == Role.OWNER else order[1:]


def _check_role(actor: Membership, role: str) -> None:
    if role not in assignable_roles(actor):
        raise ValidationError(gettext("Numai un proprietar poate da rolul „proprietar”."))


@transaction.atomic
def invite(
    actor: Membership, *, email: str, role: str, companies: Iterable[Company] | None = None
) -> tuple[Invitation, str]:
    """Offer a place; returns the invitation and the secret of its link.

    `companies`: the only ones that the new member will see; None for all. An open invitation of
    the same address is replaced.
    """
    email = email.strip().lower()
    _check_role(actor, role)
    organization = actor.organization
    if organization.memberships.filter(user__email=email).exists():
        raise ValidationError(
            gettext("{email} este deja membru în {organization}.").format(
                email=email, organization=organization
            )
        )
    now = timezone.now()
    organization.invitations.filter(email=email, accepted_at=None, revoked_at=None).update(
        revoked_at=now
    )
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        role=role,
        only_some_companies=companies is not None and role in access.KEPT_ROLES,
        secret_digest=digest(secret),
        invited_by=actor.user,
        expires_at=now + INVITATION_LIFETIME,
    )
    invitation.companies.set(companies or [])
    journal.record(
        "invitation",
        lambda: gettext("A invitat pe {email} ca {role}.").format(
            email=email, role=invitation.get_role_display()
        ),
        user=actor.user,
        organization=organization,
    )
    return invitation, secret


@transaction.atomic
def resend(actor: Membership, invitation: Invitation) -> str:
    """A new secret and seven new days; the old link ends."""
    if not invitation.is_open:
        raise ValidationError(
            gettext("Invitația a fost deja folosită sau retrasă. Trimite una nouă.")
        )
    secret = secrets.token_urlsafe(32)
    invitation.secret_digest = digest(secret)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + INVITATION_LIFETIME
    invitation.save()
    journal.record(
        "invitation",
        lambda: gettext("A retrimis invitația lui {email}.").format(email=invitation.email),
        user=actor.user,
        organization=actor.organization,
    )
    return secret


@transaction.atomic
def revoke(actor: Membership, invitation: Invitation) -> None:
    if invitation.is_open:
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        journal.record(
            "invitation",
            lambda: gettext("A retras invitația lui {email}.").format(email=invitation.email),
            user=actor.user,
            organization=actor.organization,
        )


def usable_invitation(secret: str) -> Invitation | None:
    """The invitation of a link, as long as it can be accepted."""
    found = (
        Invitation.objects.filter(secret_digest=digest(secret))
        .select_related("organization", "invited_by")
        .first()
    )
    return found if found is not None and found.is_usable else None


@transaction.atomic
def accept(user: User, invitation: Invitation) -> Membership:
    """Take the place; a second click, or one who is a member already, changes nothing.

    The secret came to the invited address only, so that address counts as confirmed; another
    account may take the place too only if its own address is the invited one.
    """
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if user.email.lower() != locked.email.lower():
        raise ValidationError(
            gettext(
                "Invitația este pentru {email}, iar tu ești în cont ca {yours}. Ieși "
                "din cont și deschide linkul din nou."
            ).format(email=locked.email, yours=user.email)
        )
    if not locked.is_usable:
        raise ValidationError(gettext("Invitația a fost deja folosită, retrasă sau a expirat."))
    membership, made = Membership.objects.get_or_create(
        user=user,
        organization=locked.organization,
        defaults={"role": locked.role, "only_some_companies": locked.only_some_companies},
    )
    if made:
        membership.companies.set(locked.companies.all())
    locked.accepted_at = timezone.now()
    locked.save(update_fields=["accepted_at"])
    journal.record(
        "member",
        lambda: gettext("A intrat în organizație ca {role}.").format(
            role=membership.get_role_display()
        ),
        user=user,
        organization=locked.organization,
    )
    return membership


@transaction.atomic
def change(
    actor: Membership, member: Membership, *, role: str, companies: Iterable[Company] | None
) -> None:
    """Give another role, or keep to other companies; the last owner stays owner."""
    _lock(member.organization)
    member.refresh_from_db()
    _check_role(actor, role)
    _require_over(actor, member)
    if member.role == Role.OWNER and role != Role.OWNER:
        _require_another_owner(member)
    member.role = role
    member.only_some_companies = companies is not None and role in access.KEPT_ROLES
    member.save()
    member.companies.set(companies or [] if member.only_some_companies else [])
    seen = ", ".join(str(one) for one in member.companies.all())
    journal.record(
        "member",
        lambda: (
            gettext("{user} este acum {role}; vede numai: {companies}.")
            if member.only_some_companies
            else gettext("{user} este acum {role}; vede toate firmele.")
        ).format(
            user=member.user,
            role=member.get_role_display(),
            companies=seen or gettext("nicio firmă"),
        ),
        user=actor.user,
        organization=actor.organization,
    )


@transaction.atomic
def remove(actor: Membership, member: Membership) -> None:
    _lock(member.organization)
    member.refresh_from_db()
    _require_over(actor, member)
    _go(member)
    journal.record(
        "member",
        lambda: gettext("A scos din organizație pe {user}.").format(user=member.user),
        user=actor.user,
        organization=actor.organization,
    )


@transaction.atomic
def leave(member: Membership) -> None:
    _lock(member.organization)
    member.refresh_from_db()
    _go(member)
    journal.record(
        "member",
        gettext_noop("A părăsit organizația."),
        user=member.user,
        organization=member.organization,
    )


@transaction.atomic
def hand_over(owner: Membership, successor: Membership) -> None:
    """The successor becomes proprietor, the former one administrator."""
    _lock(owner.organization)
    owner.refresh_from_db()
    successor.refresh_from_db()
    if owner.role != Role.OWNER:
        raise ValidationError(gettext("Numai un proprietar poate preda organizația."))
    if successor.organization_id != owner.organization_id or successor.pk == owner.pk:
        raise ValidationError(gettext("Alege alt membru al organizației."))
    successor.role, successor.only_some_companies = Role.OWNER, False
    successor.save()
    successor.companies.clear()
    owner.role = Role.ADMIN
    owner.save()
    journal.record(
        "member",
        lambda: gettext("A predat organizația lui {user}.").format(user=successor.user),
        user=owner.user,
        organization=owner.organization,
    )


def digest(secret: str) -> str:
    """Looked up by an index: no comparison of secrets whose time could tell anything."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _lock(organization: Organization) -> None:
    """Two owners who demote each other at the same moment: one of them is second."""
    Organization.objects.select_for_update().get(pk=organization.pk)


def _require_over(actor: Membership, member: Membership) -> None:
    if member.role == Role.OWNER and actor.role != Role.OWNER:
        raise ValidationError(gettext("Numai un proprietar poate schimba un proprietar."))


def _require_another_owner(member: Membership) -> None:
    owners = Membership.objects.filter(organization=member.organization_id, role=Role.OWNER)
    if not owners.exclude(pk=member.pk).exists():
        raise ValidationError(
            gettext(
                "{user} este singurul proprietar. Predă întâi organizația altui "
                "membru, sau șterge organizația."
            ).format(user=member.user)
        )


def _go(member: Membership) -> None:
    if member.role == Role.OWNER:
        _require_another_owner(member)
    Membership.objects.filter(pk=member.pk).delete()
