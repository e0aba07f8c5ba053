"""What people are notified of about the synchronization, once, in the transaction of the fact.

What is said of it stands in `notification_texts.py`.
"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import reverse

from caraus.accounts import access
from caraus.accounts.models import Company, Organization, Role, User
from caraus.authorizations.models import Authorization
from caraus.core.fields import truncate_for_column
from caraus.core.formatting import bucharest_day
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.messages import Facts, MessageKind
from caraus.notifications.models import Notification
from caraus.notifications.notify import notify
from caraus.notifications.preferences import channels_of
from caraus.sync.notification_kinds import ANAF_LIMITS, ANAF_OUTAGE, MASS_DISAPPEARANCE
from caraus.sync.notification_texts import (
    all_missing,
    daily_limit,
    mass_disappearance,
    outage,
    pause,
)


def _notify(
    organization: Organization,
    kind: NotificationKind,
    *,
    key: str,
    message: MessageKind,
    facts: Facts,
    company: Company | None = None,
) -> None:
    """Notify owners and administrators, or, of a kind on request only, whoever switched it on. Who
    is in two organizations has chosen in each, and is notified in each."""
    members = organization.memberships.all()
    if not kind.on_request:
        members = members.filter(role__in=access.roles_at_least(Role.ADMIN))
    people = list(User.objects.filter(memberships__in=members, is_active=True).distinct())
    if kind.on_request:
        channels_by_user = channels_of(users=people, organization=organization, kind=kind)
        people = [person for person in people if channels_by_user[person.pk]]
    address = (
        reverse("sync:company_syncs", args=[company.pk])
        if company
        else resolve_url(settings.TRANSPORT_LIST_URL)
    )
    notify(
        organization=organization,
        users=people,
        kind=kind,
        key=notification_key(organization, key),
        message=message,
        facts=facts,
        address=address,
        company=company,
    )


def notification_key(organization: Organization, key: str) -> str:
    """Return the key as the column of the notification keeps it."""
    return truncate_for_column(Notification, "key", f"{organization.pk}:{key}")


def _polled_organizations() -> list[Organization]:
    """Return the organizations whose companies are synced."""
    served = Organization.objects.filter(authorizations__status=Authorization.Status.ACTIVE)
    return list(served.distinct())


def daily_limit_key(name: str, day: date) -> str:
    """Return the key by which a used up daily limit is notified of once a day."""
    return f"day:{name}:{day}"


def notified_daily_limits(now: datetime) -> set[str]:
    """Return the keys of today's daily limits of which somebody was notified."""
    since = now - timedelta(days=2)
    notifications = Notification.objects.filter(kind=ANAF_LIMITS.code, created_at__gt=since)
    return set(notifications.values_list("key", flat=True))


@isolate_failures
def notify_daily_limit(
    organization: Organization, *, whom: tuple[str, str], limit: int | None, at: datetime
) -> None:
    """Once for each company or authorization and day, however often it is called; `whom` is a key
    of `LIMITED` and a name."""
    day = bucharest_day(at)
    _notify(
        organization,
        ANAF_LIMITS,
        key=daily_limit_key(whom[1], day),
        message=daily_limit,
        facts={"day": day.isoformat(), "limit": limit, "whom": list(whom)},
    )


@isolate_failures
def notify_mass_disappearance(company: Company, *, number: int, at: datetime) -> None:
    """Notify that one response has left out more than half of a company's UITs."""
    _notify(
        company.organization,
        MASS_DISAPPEARANCE,
        key=f"{company.pk}:{at.isoformat()}",
        message=mass_disappearance,
        facts={"company": str(company), "number": number},
        company=company,
    )


@isolate_failures
def notify_all_missing(company: Company, *, number: int, at: datetime) -> None:
    """Notify that ANAF shows none of a company's UITs any more: once a day at most, however often
    its list empties."""
    _notify(
        company.organization,
        MASS_DISAPPEARANCE,
        key=f"all:{company.pk}:{bucharest_day(at)}",
        message=all_missing,
        facts={
            "company": str(company),
            "number": number,
            "at": at.isoformat(),
            "hours": settings.DELIST_ALL_AFTER_HOURS,
        },
        company=company,
    )


def notify_outage(*, since: datetime) -> bool:
    """Return whether every organization was notified."""
    notified = [_notify_of_outage(organization, since) for organization in _polled_organizations()]
    return all(notified)


@isolate_failures
def _notify_of_outage(organization: Organization, since: datetime) -> None:
    _notify(
        organization,
        ANAF_OUTAGE,
        key=since.isoformat(),
        message=outage,
        facts={"since": since.isoformat()},
    )


def notify_pause(*, since: datetime, until: datetime, now: datetime) -> bool:
    """Return whether every organization was notified."""
    notified = [
        _notify_of_pause(organization, since, until, now)
        for organization in _polled_organizations()
    ]
    return all(notified)


@isolate_failures
def _notify_of_pause(
    organization: Organization, since: datetime, until: datetime, now: datetime
) -> None:
    _notify(
        organization,
        ANAF_LIMITS,
        key=f"pause:{since.isoformat()}",
        message=pause,
        facts={"until": until.isoformat() if until > now else None},
    )
