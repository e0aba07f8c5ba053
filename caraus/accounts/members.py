"""Members and invitations: who may change whom, and the sentence when it can't be."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import access, audit_log
from caraus.accounts.invitation_emails import email_reference
from caraus.accounts.models import Company, Invitation, Membership, Organization, Role, User
from caraus.accounts.signals import owner_added
from caraus.core import crypto
from caraus.mail import queue

INVITATION_LIFETIME = timedelta(days=7)


def assignable_roles(actor: Membership) -> list[Role]:
    """Return the roles that the member may give: ownership is handed over, or shared by an
    owner."""
    order = list(access.ROLE_ORDER)
    return order if actor.role == Role.OWNER else order[1:]


def may_assign_role(giver: Membership | None, role: str) -> bool:
    """Return whether this member may let somebody in with this role."""
    return (
        giver is not None
        and giver.user.is_active
        and access.has_role(giver, Role.ADMIN)
        and role in assignable_roles(giver)
    )


def _require_present(actor: Membership, *, role: str) -> None:
    """Lock the organization and look anew at who acts: the right may have gone since the page was
    opened, or in the same moment. Raises ValidationError when it does not suffice for the role."""
    _lock_organization(actor.organization)
    present = Membership.objects.filter(pk=actor.pk).select_related("user").first()
    if present is None or not access.has_role(present, Role.ADMIN):
        raise ValidationError(gettext("Nu mai ai dreptul acesta în organizație."))
    actor.role = present.role
    if not may_assign_role(present, role):
        raise ValidationError(
            gettext("Numai un proprietar poate da sau schimba rolul „proprietar”.")
        )


@transaction.atomic
def invite_member(
    actor: Membership, *, email: str, role: str, companies: Iterable[Company] | None = None
) -> tuple[Invitation, str]:
    """Offer a place; returns the invitation and the secret of its link.

    `companies`: the only ones that the new member will see; None for all. An open invitation of
    the same address is replaced.
    """
    email = email.strip().lower()
    _require_present(actor, role=role)
    organization = actor.organization
    if organization.memberships.filter(user__email=email).exists():
        raise ValidationError(
            gettext("{email} este deja membru în {organization}.").format(
                email=email, organization=organization
            )
        )
    for replaced in organization.invitations.filter(email=email, accepted_at=None, revoked_at=None):
        _require_present(actor, role=replaced.role)
        _close_invitation(replaced)
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        role=role,
        only_some_companies=companies is not None and role in access.RESTRICTABLE_ROLES,
        secret_digest=crypto.secret_digest(secret),
        invited_by=actor.user,
        expires_at=now + INVITATION_LIFETIME,
    )
    invitation.companies.set(companies or [])
    audit_log.record_action(
        "invitation",
        lambda: gettext("A invitat pe {email} ca {role}.").format(
            email=email, role=invitation.get_role_display()
        ),
        user=actor.user,
        organization=organization,
    )
    return invitation, secret


@transaction.atomic
def renew_invitation(actor: Membership, invitation: Invitation, *, shown: bool = False) -> str:
    """Give the invitation a new secret and seven new days; the old link ends. `shown`: the link is
    for the actor's own eyes, not for an e-mail. Whoever sends it answers for it from now on."""
    _require_present(actor, role=invitation.role)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not invitation.is_open:
        raise ValidationError(
            gettext("Invitația a fost deja folosită sau retrasă. Trimite una nouă.")
        )
    queue.withdraw_messages(reference=email_reference(invitation))
    secret = secrets.token_urlsafe(32)
    invitation.secret_digest = crypto.secret_digest(secret)
    invitation.link_shown = shown
    invitation.invited_by = actor.user
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + INVITATION_LIFETIME
    invitation.save()
    audit_log.record_action(
        "invitation",
        lambda: (
            gettext("A copiat linkul invitației lui {email}.")
            if shown
            else gettext("A retrimis invitația lui {email}.")
        ).format(email=invitation.email),
        user=actor.user,
        organization=actor.organization,
    )
    return secret


@transaction.atomic
def revoke_invitation(actor: Membership, invitation: Invitation) -> None:
    """Close an open invitation, so that its link opens nothing. Raises ValidationError."""
    _require_present(actor, role=invitation.role)
    invitation.refresh_from_db()
    if invitation.is_open:
        _close_invitation(invitation)
        audit_log.record_action(
            "invitation",
            lambda: gettext("A retras invitația lui {email}.").format(email=invitation.email),
            user=actor.user,
            organization=actor.organization,
        )


def _close_invitation(invitation: Invitation) -> None:
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    queue.withdraw_messages(reference=email_reference(invitation))


def revoke_invitations_without_right(user: User, organization: Organization) -> None:
    """Revoke the open invitations that this person may not send any more: a removed, demoted or
    erased member leaves no access behind."""
    membership = Membership.objects.filter(user=user, organization=organization).first()
    for invitation in organization.invitations.filter(
        invited_by=user, accepted_at=None, revoked_at=None
    ):
        if not may_assign_role(membership, invitation.role):
            _close_invitation(invitation)
            audit_log.record_action(
                "invitation",
                partial(_revoked_sentence, invitation.email, str(user)),
                organization=organization,
            )


def _revoked_sentence(email: str, sender: str) -> str:
    return gettext(
        "Invitația lui {email} a fost retrasă: {sender}, care a trimis-o, nu mai are dreptul."
    ).format(email=email, sender=sender)


def usable_invitation(secret: str) -> Invitation | None:
    """Return the invitation of a link, as long as it can be accepted."""
    invitation = (
        Invitation.objects.filter(secret_digest=crypto.secret_digest(secret))
        .select_related("organization", "invited_by")
        .first()
    )
    return invitation if invitation is not None and _can_be_accepted(invitation) else None


def _can_be_accepted(invitation: Invitation) -> bool:
    """Return whether its sender may still send it."""
    sender = Membership.objects.filter(
        user=invitation.invited_by_id, organization=invitation.organization_id
    ).select_related("user")
    return invitation.is_usable and may_assign_role(sender.first(), invitation.role)


@transaction.atomic
def accept_invitation(user: User, invitation: Invitation) -> Membership:
    """Take the place; a second click, or one who is a member already, changes nothing.

    The secret came to the invited address only, so that address counts as confirmed; another
    account may take the place too only if its own address is the invited one.
    """
    _lock_organization(invitation.organization)
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if user.email.lower() != locked.email.lower():
        raise ValidationError(
            gettext(
                "Invitația este pentru {email}, iar tu ești în cont ca {yours}. Ieși "
                "din cont și deschide linkul din nou."
            ).format(email=locked.email, yours=user.email)
        )
    # The link may have been replaced since this person opened it.
    if locked.secret_digest != invitation.secret_digest or not _can_be_accepted(locked):
        raise ValidationError(gettext("Invitația a fost deja folosită, retrasă sau a expirat."))
    membership, created = Membership.objects.get_or_create(
        user=user,
        organization=locked.organization,
        defaults={"role": locked.role, "only_some_companies": locked.only_some_companies},
    )
    if created:
        membership.companies.set(locked.companies.all())
    locked.accepted_at = timezone.now()
    locked.save(update_fields=["accepted_at"])
    queue.withdraw_messages(reference=email_reference(locked))
    audit_log.record_action(
        "member",
        lambda: gettext("A intrat în organizație ca {role}.").format(
            role=membership.get_role_display()
        ),
        user=user,
        organization=locked.organization,
    )
    if created and membership.role == Role.OWNER:
        owner_added.send(Membership, membership=membership)
    return membership


@transaction.atomic
def change_member(
    actor: Membership, member: Membership, *, role: str, companies: Iterable[Company] | None
) -> None:
    """Change the role, or restrict to other companies; the last owner stays owner."""
    _require_present(actor, role=role)
    member.refresh_from_db()
    _require_may_change(actor, member)
    was = member.role
    if member.role == Role.OWNER and role != Role.OWNER:
        _require_another_owner(member)
    member.role = role
    member.only_some_companies = companies is not None and role in access.RESTRICTABLE_ROLES
    member.save()
    member.companies.set(companies or [] if member.only_some_companies else [])
    seen = ", ".join(str(company) for company in member.companies.all())
    audit_log.record_action(
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
    revoke_invitations_without_right(member.user, member.organization)
    if role == Role.OWNER and was != Role.OWNER:
        owner_added.send(Membership, membership=member)


@transaction.atomic
def remove_member(actor: Membership, member: Membership) -> None:
    """Take another member out of the organization. Raises ValidationError for the last owner."""
    _require_present(actor, role=Role.VIEWER)
    member.refresh_from_db()
    _require_may_change(actor, member)
    _end_membership(member)
    audit_log.record_action(
        "member",
        lambda: gettext("A scos din organizație pe {user}.").format(user=member.user),
        user=actor.user,
        organization=actor.organization,
    )


@transaction.atomic
def leave_organization(member: Membership) -> None:
    """End the own membership. Raises ValidationError for the last owner."""
    _lock_organization(member.organization)
    member.refresh_from_db()
    _end_membership(member)
    audit_log.record_action(
        "member",
        gettext_noop("A părăsit organizația."),
        user=member.user,
        organization=member.organization,
    )


@transaction.atomic
def hand_over_organization(owner: Membership, successor: Membership) -> None:
    """Make the successor the owner, the former one an administrator."""
    _lock_organization(owner.organization)
    owner.refresh_from_db()
    successor.refresh_from_db()
    if owner.role != Role.OWNER:
        raise ValidationError(gettext("Numai un proprietar poate preda organizația."))
    if successor.organization_id != owner.organization_id or successor.pk == owner.pk:
        raise ValidationError(gettext("Alege alt membru al organizației."))
    was = successor.role
    successor.role, successor.only_some_companies = Role.OWNER, False
    successor.save()
    successor.companies.clear()
    owner.role = Role.ADMIN
    owner.save()
    revoke_invitations_without_right(owner.user, owner.organization)
    audit_log.record_action(
        "member",
        lambda: gettext("A predat organizația lui {user}.").format(user=successor.user),
        user=owner.user,
        organization=owner.organization,
    )
    if was != Role.OWNER:
        owner_added.send(Membership, membership=successor)


def _lock_organization(organization: Organization) -> None:
    """Lock the organization, so that of two owners who demote each other at once one comes
    second."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _require_may_change(actor: Membership, member: Membership) -> None:
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


def _end_membership(member: Membership) -> None:
    if member.role == Role.OWNER:
        _require_another_owner(member)
    Membership.objects.filter(pk=member.pk).delete()
    revoke_invitations_without_right(member.user, member.organization)
