"""Telling people a fact: the bell and the e-mail, born in the transaction of the fact itself."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Company, Organization, User
from caraus.notifications.kinds import Kind
from caraus.notifications.models import Email, Notification
from caraus.notifications.preferences import Channels, channels
from caraus.notifications.tasks import enqueue_email
from caraus.words import in_language_of

# A text, or what makes it: called once for each reader, in the reader's language.
type Words = str | Callable[[], str]


@transaction.atomic
def notify(
    *,
    organization: Organization,
    users: Iterable[User],
    kind: Kind,
    key: str,
    title: Words,
    text: Words,
    address: str,
    action: Words = lambda: gettext("Deschide"),
    company: Company | None = None,
    now: datetime | None = None,
) -> list[Notification]:
    """Tell each user once, in the user's language; gives the notifications that are new. `key`
    names the fact within its kind; `address` is a path of this site; paragraphs of
    `text` are parted by an empty line."""
    told = []
    people = [user for user in users if user.is_active]
    if company is not None:
        people = access.who_may_see(people, company)
    wishes = channels(users=people, organization=organization, kind=kind)
    for user in people:
        wanted = wishes[user.pk]
        with in_language_of(user):
            words = {"title": _said(title), "text": _said(text), "action": _said(action)}
        notification, is_new = Notification.objects.get_or_create(
            user=user,
            kind=kind.code,
            key=key,
            defaults=words
            | {
                "organization": organization,
                "company": company,
                "address": address,
                "created_at": now or timezone.now(),
                "read_at": None if wanted.bell else timezone.now(),
            },
        )
        if is_new:
            _post(notification, wanted)
            told.append(notification)
    return told


def _said(words: Words) -> str:
    return words() if callable(words) else words


def _post(notification: Notification, wanted: Channels) -> None:
    if wanted.email:
        Email.objects.create(notification=notification)
        enqueue_email(notification.pk)
