"""The journal: who did what and when. Written in the transaction of the fact it tells."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from caraus.accounts.models import JournalEntry, Organization, User
from caraus.words import BUCHAREST

PROGRAM = "Cărăuș"
# The general term of prescription (Codul civil, art. 2517): the database lets nothing younger go.
KEEP_YEARS = 3

ACTIONS = {
    "sign_in": "Intrare în cont",
    "sign_in_failed": "Intrare nereușită",
    "account": "Cont",
    "two_factors": "Doi factori",
    "sessions": "Sesiuni",
    "authorization": "Autorizare SPV",
    "company": "Firme",
    "fleet": "Flota",
    "member": "Membri",
    "invitation": "Invitații",
    "settings": "Setări",
    "export": "Exporturi",
    "deletion": "Ștergeri",
}


def record(
    action: str,
    text: str,
    *,
    user: User | None = None,
    organization: Organization | int | None = None,
    **details: Any,
) -> JournalEntry:
    """Write one entry; `action` is one of ACTIONS. The address is the current request's."""
    if action not in ACTIONS:
        raise ValueError(action)
    return JournalEntry.objects.create(
        organization_id=organization.pk if isinstance(organization, Organization) else organization,
        actor_id=user.pk if user else None,
        actor=_name(user),
        action=action,
        text=text,
        details=details,
        ip=_ip(context.request),
    )


def record_everywhere(action: str, text: str, *, user: User, **details: Any) -> None:
    """An act of a person on the own account: told in each of the person's organizations."""
    organizations: list[int | None] = [*user.memberships.values_list("organization_id", flat=True)]
    with transaction.atomic():
        for organization in organizations or [None]:
            record(action, text, user=user, organization=organization, **details)


def _name(user: User | None) -> str:
    if user is None:
        return PROGRAM
    return f"{user.name} ({user.email})" if user.name else user.email


def _ip(request: HttpRequest | None) -> str | None:
    """The visitor's address as far as the proxies that are trusted tell it."""
    if request is None:
        return None
    try:
        found: str | None = get_adapter().get_client_ip(request)
    except PermissionDenied:  # the number of proxies is not as told: doctor's matter
        return None
    return found


def search(
    entries: QuerySet[JournalEntry],
    *,
    words: str = "",
    action: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[JournalEntry]:
    """The entries that hold all the words, of one kind, between two days in Romania."""
    if action:
        entries = entries.filter(action=action)
    for word in words.replace("\0", "").split():
        entries = entries.filter(Q(text__icontains=word) | Q(actor__icontains=word))
    if since:
        entries = entries.filter(at__gte=_midnight(since))
    if until:
        entries = entries.filter(at__lt=_midnight(until + timedelta(days=1)))
    return entries


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BUCHAREST)


def rows(entries: Iterable[JournalEntry]) -> Iterable[list[str]]:
    """For a CSV file: a heading, then the entries."""
    yield ["când", "cine", "ce fel", "ce", "adresa IP"]
    for entry in entries:
        at = entry.at.astimezone(BUCHAREST)
        kind = ACTIONS.get(entry.action, entry.action)
        yield [f"{at:%Y-%m-%d %H:%M:%S}", entry.actor, kind, entry.text, entry.ip or ""]


def forget_old() -> int:
    """Delete what is older than the law wants; returns how many."""
    limit = timezone.now() - timedelta(days=365 * KEEP_YEARS + 2)
    return JournalEntry.objects.filter(at__lt=limit).delete()[0]
