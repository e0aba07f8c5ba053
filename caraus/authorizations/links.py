"""The link by which somebody without an account authorizes: single use, for a time, revocable.

Its secret is shown once, or written into one e-mail; here only its SHA-256 is kept. Opening the
link uses nothing up (mail programs open links by themselves): the authorization does, unless ANAF
refuses its certificate for every company.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import access, audit_log
from caraus.accounts.models import Company, Membership, Role
from caraus.authorizations import notifications
from caraus.authorizations.models import (
    LINK_LIFETIME,
    Authorization,
    CompanyRight,
    ExternalLink,
    LinkSecret,
)
from caraus.core import crypto
from caraus.core.formatting import gettext_lazy
from caraus.core.organization_paths import personal_path
from caraus.mail import queue


@dataclass(frozen=True, slots=True)
class LinkError:
    """Why a link opens nothing."""

    code: str
    title: str
    sentence: str


UNKNOWN_LINK = LinkError(
    "unknown",
    gettext_lazy("Linkul nu este bun"),
    gettext_lazy(
        "Poate a fost copiat pe jumătate: deschide-l din nou din mesajul "
        "primit, întreg. Dacă tot nu merge, cere un link nou persoanei care ți "
        "l-a trimis."
    ),
)
USED_LINK = LinkError(
    "used",
    gettext_lazy("Linkul a fost deja folosit"),
    gettext_lazy(
        "Autorizarea a fost dată cu el, iar un link merge o singură dată. Dacă mai trebuie una: "
        "cere un link nou persoanei care ți l-a trimis."
    ),
)
EXPIRED_LINK = LinkError(
    "expired",
    gettext_lazy("Linkul a expirat"),
    gettext_lazy("Termenul lui a trecut. Cere un link nou persoanei care ți l-a trimis."),
)
REVOKED_LINK = LinkError(
    "revoked",
    gettext_lazy("Linkul a fost retras"),
    gettext_lazy("Cel care l-a trimis, sau un coleg al lui, l-a retras. Nu trebuie să faci nimic."),
)
ARCHIVED_LINK = LinkError(
    "archived",
    gettext_lazy("Autorizarea nu mai este necesară"),
    gettext_lazy("Cel care a trimis linkul nu mai lucrează cu firma. Nu trebuie să faci nimic."),
)


@transaction.atomic
def create_link(
    membership: Membership,
    *,
    companies: Sequence[Company] = (),
    email: str = "",
    lifetime: timedelta = LINK_LIFETIME,
    reminders: bool = True,
    now: datetime | None = None,
) -> tuple[ExternalLink, str]:
    """Create a link; return it and its secret. Without companies it is for all of the
    organization's."""
    now = now or timezone.now()
    link = ExternalLink.objects.create(
        organization=membership.organization,
        created_by=membership.user,
        sender_name=membership.user.display_name,
        for_all=not companies,
        email=email,
        reminders=reminders,
        created_at=now,
        expires_at=now + lifetime,
    )
    link.companies.set(companies)
    audit_log.record_action(
        "authorization",
        lambda: (
            gettext("A generat un link de autorizare pentru {email}.")
            if email
            else gettext("A generat un link de autorizare.")
        ).format(email=email),
        user=membership.user,
        organization=membership.organization,
        link=link.pk,
    )
    return link, new_secret(link)


def new_secret(link: ExternalLink) -> str:
    """Return one more secret that opens the link: those before it cannot be read back."""
    secret = secrets.token_urlsafe(32)
    LinkSecret.objects.create(link=link, secret_digest=crypto.secret_digest(secret))
    return secret


def link_address(secret: str) -> str:
    """Return the address, under CARAUS_URL, at which the holder authorizes."""
    return settings.PUBLIC_URL + personal_path("external_link", secret)


def find_link(secret: str) -> ExternalLink | None:
    """Return the link of a secret, also one that may be used no longer."""
    return ExternalLink.objects.filter(secrets__secret_digest=crypto.secret_digest(secret)).first()


def link_error(link: ExternalLink | None, *, now: datetime | None = None) -> LinkError | None:
    """Return why the link may not be used; None when it may."""
    if link is None:
        return UNKNOWN_LINK
    if link.used_at is not None:
        return USED_LINK
    if link.revoked_at is not None or not _sender_may(link):
        return REVOKED_LINK
    if not link.for_all and not link_companies(link):
        return ARCHIVED_LINK
    return EXPIRED_LINK if not link.is_usable(now or timezone.now()) else None


def _sender_may(link: ExternalLink) -> bool:
    """Return whether its sender may still authorize; otherwise the link opens nothing."""
    membership = Membership.objects.filter(
        user=link.created_by_id, organization=link.organization_id, user__is_active=True
    ).first()
    return membership is not None and access.has_role(membership, Role.DISPATCHER)


def mark_used(link_id: int, *, now: datetime) -> ExternalLink | None:
    """Mark the link used, within the transaction of the authorization, and return it; None when it
    may no longer be used."""
    link = ExternalLink.objects.select_for_update().get(pk=link_id)
    if link_error(link, now=now) is not None:
        return None
    link.used_at, link.no_right_at = now, None
    link.save(update_fields=["used_at", "no_right_at"])
    queue.withdraw_messages(reference=f"link:{link.pk}")
    return link


def reopen_link(
    link: ExternalLink, authorization: Authorization, companies: Sequence[Company]
) -> None:
    """Let the link be used again: ANAF has refused the certificate of its last authorization for
    every one of these companies. The sender is notified.

    A link that has once served a company stays used, also when the right is lost later.
    """
    with transaction.atomic():
        locked = ExternalLink.objects.select_for_update().get(pk=link.pk)
        rights = CompanyRight.objects.filter(authorization__link=locked)
        if (
            locked.used_at is None
            or rights.exclude(covered_at=None).exists()
            or locked.authorizations.latest("authorized_at", "pk") != authorization
        ):
            return
        locked.used_at, locked.no_right_at = None, timezone.now()
        locked.save(update_fields=["used_at", "no_right_at"])
        notifications.link_without_right(locked, authorization, companies, now=locked.no_right_at)


def record_link_served(link_id: int, *, at: datetime) -> None:
    """Use a link up whose certificate has got its right after all. Waits for nobody: whoever holds
    the link's row now uses it, or withdraws it."""
    waiting = ExternalLink.objects.filter(pk=link_id, used_at=None)
    locked = waiting.select_for_update(skip_locked=True).values("pk")
    ExternalLink.objects.filter(pk__in=locked).update(used_at=at, no_right_at=None)


def withdraw_link(link: ExternalLink, membership: Membership) -> bool:
    """Revoke the link; return False when it had been used or revoked already."""
    usable = ExternalLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None)
    with transaction.atomic():
        revoked = bool(usable.update(revoked_at=timezone.now()))
        if revoked:
            queue.withdraw_messages(reference=f"link:{link.pk}")
            audit_log.record_action(
                "authorization",
                gettext_noop("A retras un link de autorizare."),
                user=membership.user,
                organization=membership.organization,
                link=link.pk,
            )
    return revoked


def link_companies(link: ExternalLink) -> list[Company]:
    """Return the companies for which the link is, as the holder is shown; none that is archived."""
    companies = link.organization.companies if link.for_all else link.companies
    return list(companies.filter(archived_at=None))
