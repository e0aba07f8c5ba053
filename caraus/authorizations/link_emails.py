"""The e-mails with a link: the first, those sent again by hand, and the reminders."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import audit_log
from caraus.accounts.models import Company, Membership, User
from caraus.accounts.rate_limits import RateLimitExceeded, count_use, is_new_organization
from caraus.authorizations import links
from caraus.authorizations.models import LINK_LIFETIME, Authorization, CompanyRight, ExternalLink
from caraus.core.formatting import BUCHAREST, bucharest_day, day_in_full
from caraus.mail import queue
from caraus.mail.messages import OutgoingMessage

FIRST_REMINDER_AFTER = timedelta(days=2)
LAST_REMINDER_BEFORE = timedelta(days=1)


def email_link(link: ExternalLink, secret: str, *, is_reminder: bool = False) -> None:
    """Queue the e-mail to the link's address. Names that people typed stand in its body only."""
    until = link.expires_at.astimezone(BUCHAREST)
    day = day_in_full(until.date(), today=bucharest_day(timezone.now()))
    context: dict[str, Any] = {
        "link": link,
        "address": links.link_address(secret),
        "companies": [str(company) for company in links.link_companies(link)],
        "sender_email": confirmed_address(link.created_by),
        "is_reminder": is_reminder,
        "lives_a_day": link.expires_at - link.created_at == LINK_LIFETIME,
        "until": gettext("{day}, ora {clock}").format(day=day, clock=f"{until:%H:%M}"),
    }
    message = OutgoingMessage(
        subject=gettext("Reamintire: autorizează aplicația Cărăuș la ANAF SPV")
        if is_reminder
        else gettext("Rugăminte: autorizează aplicația Cărăuș la ANAF SPV"),
        body=render_to_string("authorizations/email/link.txt", context),
        to=[link.email],
        reply_to=[context["sender_email"]] if context["sender_email"] else [],
    )
    message.attach_alternative(
        render_to_string("authorizations/email/link.html", context), "text/html"
    )
    message.purpose, message.reference = "authorizations/email/link", f"link:{link.pk}"
    message.expires_at = link.expires_at
    message.send()


@transaction.atomic
def create_and_email_link(
    membership: Membership,
    *,
    companies: Sequence[Company],
    email: str,
    lifetime: timedelta,
    reminders: bool,
) -> tuple[ExternalLink, str]:
    """Create a link and queue its e-mail, if it has an address: both or neither."""
    link, secret = links.create_link(
        membership, companies=companies, email=email, lifetime=lifetime, reminders=reminders
    )
    if email:
        email_link(link, secret)
    return link, secret


def confirmed_address(user: User | None) -> str:
    """Return the verified address of the person: e-mails name no other."""
    if user is None:
        return ""
    verified = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True)
    return user.email if verified.exists() else ""


def email_limit(membership: Membership) -> RateLimitExceeded | None:
    """Count one e-mail of an organization that is still young, where anybody may sign up; a
    refusal when it has sent its few of today."""
    organization = membership.organization
    if not is_new_organization(organization):
        return None
    return count_use("young_link_email", user=membership.user, organization=organization)


@transaction.atomic
def email_link_again(link: ExternalLink, membership: Membership) -> None:
    """Send the link to its address once more, in place of an e-mail that still waits."""
    queue.withdraw_messages(reference=f"link:{link.pk}")
    email_link(link, links.new_secret(link), is_reminder=True)
    audit_log.record_action(
        "authorization",
        lambda: gettext("A trimis din nou linkul de autorizare la {email}.").format(
            email=link.email
        ),
        user=membership.user,
        organization=membership.organization,
        link=link.pk,
    )


def links_to_remind(now: datetime) -> QuerySet[ExternalLink]:
    """Return the links of all organizations whose reminder is due: two days after they were made,
    and a day before their end. A link for a day has neither, nor one whose companies are
    all served."""
    first = Q(
        first_reminder_at=None,
        created_at__lte=now - FIRST_REMINDER_AFTER,
        expires_at__gt=now + FIRST_REMINDER_AFTER,
    )
    last = Q(
        last_reminder_at=None,
        created_at__lte=now - LAST_REMINDER_BEFORE,
        expires_at__lte=now + LAST_REMINDER_BEFORE,
    )
    waiting = ExternalLink.objects.filter(
        reminders=True, used_at=None, revoked_at=None, expires_at__gt=now
    )
    return waiting.exclude(email="").filter(first | last, _is_needed())


def _is_needed() -> Q:
    """Return the condition that no certificate serves some company of the link yet."""
    covered = CompanyRight.objects.filter(
        company=OuterRef("pk"),
        state=CompanyRight.State.COVERED,
        authorization__status=Authorization.Status.ACTIVE,
    )
    uncovered = Company.objects.exclude(Exists(covered)).filter(archived_at=None)
    of_organization = uncovered.filter(organization=OuterRef("organization"))
    return Q(for_all=True) & Exists(of_organization) | Exists(
        uncovered.filter(external_links=OuterRef("pk"))
    )


def send_reminders(*, now: datetime | None = None) -> None:
    """Send each reminder that is due, once over any number of workers."""
    now = now or timezone.now()
    for link_id in links_to_remind(now).order_by("pk").values_list("pk", flat=True):
        _remind(link_id, now)


@transaction.atomic
def _remind(link_id: int, now: datetime) -> None:
    """Remind of one link, unless it was used, withdrawn or reminded of in the meantime."""
    due = links_to_remind(now).filter(pk=link_id).select_related("organization", "created_by")
    link = due.select_for_update(of=("self",), skip_locked=True).first()
    if link is None or links.link_error(link, now=now) is not None:
        return
    membership = Membership.objects.select_related("user", "organization").get(
        user=link.created_by_id, organization=link.organization_id
    )
    if email_limit(membership) is not None:
        return
    if link.expires_at <= now + LAST_REMINDER_BEFORE:
        link.last_reminder_at = now
    else:
        link.first_reminder_at = now
    link.save(update_fields=["first_reminder_at", "last_reminder_at"])
    email_link(link, links.new_secret(link), is_reminder=True)
