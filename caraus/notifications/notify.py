"""Telling people a fact: the bell and the e-mail, born in the transaction of the fact itself."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from caraus.accounts import access
from caraus.accounts.models import Company, Organization, User
from caraus.notifications.kinds import Kind
from caraus.notifications.models import Email, Notification
from caraus.notifications.preferences import Channels, channels
from caraus.notifications.tasks import enqueue_email


@transaction.atomic
def notify(
    *,
    organization: Organization,
    users: Iterable[User],
    kind: Kind,
    key: str,
    title: str,
    text: str,
    address: str,
    action: str = "Deschide",
    company: Company | None = None,
    now: datetime | None = None,
) -> list[Notification]:
    """Tell each user once; gives the notifications that are new. `key` names the fact within its
    kind; `address` is a path of this site; paragraphs of `text` are parted by an empty line."""
    told = []
    people = [user for user in users if user.is_active]
    if company is not None:
        people = access.who_may_see(people, company)
    for user_id, wanted in channels(users=people, organization=organization, kind=kind).items():
        notification, is_new = Notification.objects.get_or_create(
            user_id=user_id,
            kind=kind.code,
            key=key,
            defaults={
                "organization": organization,
                "company": company,
                "title": title,
                "text": text,
                "address": address,
                "action": action,
                "created_at": now or timezone.now(),
                "read_at": None if wanted.bell else timezone.now(),
            },
        )
        if is_new:
            _post(notification, wanted)
            told.append(notification)
    return told


def _post(notification: Notification, wanted: Channels) -> None:
    if wanted.email:
        Email.objects.create(notification=notification)
        enqueue_email(notification.pk)
