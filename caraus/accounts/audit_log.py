"""The audit log: who did what and when, written in the transaction of what was done."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext

from caraus.accounts.models import AuditLogEntry, Organization, User
from caraus.core.formatting import BUCHAREST, bucharest_midnight, gettext_lazy

SYSTEM_ACTOR = "Cărăuș"
# The general term of prescription (Codul civil, art. 2517): the database lets nothing younger go.
RETENTION_YEARS = 3
# Each word of a search looks through all entries.
MAX_SEARCH_LENGTH = 200

ACTIONS = {
    "sign_in": gettext_lazy("Intrare în cont"),
    "sign_in_failed": gettext_lazy("Intrare nereușită"),
    "account": gettext_lazy("Cont"),
    "two_factors": gettext_lazy("Autentificare în doi pași"),
    "sessions": gettext_lazy("Sesiuni"),
    "authorization": gettext_lazy("Autorizare SPV"),
    "company": gettext_lazy("Firme"),
    "fleet": gettext_lazy("Flota"),
    "filing": gettext_lazy("Depuneri la ANAF"),
    "member": gettext_lazy("Membri"),
    "invitation": gettext_lazy("Invitații"),
    "settings": gettext_lazy("Setări"),
    "export": gettext_lazy("Exporturi"),
    "deletion": gettext_lazy("Ștergeri"),
}


# A sentence as a catalogue's key, or what makes it.
type Sentence = str | Callable[[], str]


def record_action(
    action: str,
    text: Sentence,
    *,
    user: User | None = None,
    organization: Organization | int | None = None,
    **details: Any,
) -> AuditLogEntry:
    """Write one entry; `action` is one of ACTIONS. The address is the current request's.

    The sentence is kept in every language: in Romanian as `text`, in the others among the details.
    """
    if action not in ACTIONS:
        raise ValueError(action)
    texts = {language: _translate(text, language) for language, _ in settings.LANGUAGES}
    return AuditLogEntry.objects.create(
        organization_id=organization.pk if isinstance(organization, Organization) else organization,
        actor_id=user.pk if user else None,
        actor=_actor(user),
        action=action,
        text=texts[settings.LANGUAGE_CODE],
        details=details | _other_translations(texts),
        ip=_ip(context.request),
    )


def _translate(text: Sentence, language: str) -> str:
    with translation.override(language):
        return text() if callable(text) else translation.gettext(text)


def _other_translations(texts: dict[str, str]) -> dict[str, Any]:
    """Return the translations that differ from the Romanian sentence, for the details."""
    romanian = texts[settings.LANGUAGE_CODE]
    other = {language: text for language, text in texts.items() if text != romanian}
    return {"translations": other} if other else {}


def record_in_all_organizations(action: str, text: Sentence, *, user: User, **details: Any) -> None:
    """Record an act of a person on the own account in each of the person's organizations."""
    organizations: list[int | None] = [*user.memberships.values_list("organization_id", flat=True)]
    with transaction.atomic():
        for organization in organizations or [None]:
            record_action(action, text, user=user, organization=organization, **details)


def _actor(user: User | None) -> str:
    if user is None:
        return SYSTEM_ACTOR
    return f"{user.name} ({user.email})" if user.name else user.email


def _ip(request: HttpRequest | None) -> str | None:
    """Return the visitor's address as far as the proxies that are trusted name it."""
    if request is None:
        return None
    try:
        address: str | None = get_adapter().get_client_ip(request)
    except PermissionDenied:  # the number of proxies is not as set: doctor's matter
        return None
    return address


def search_entries(
    entries: QuerySet[AuditLogEntry],
    *,
    query: str = "",
    action: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditLogEntry]:
    """Return the entries that hold all the words, of one kind, between two days in Romania."""
    if action:
        entries = entries.filter(action=action)
    for term in query.replace("\0", "")[:MAX_SEARCH_LENGTH].split():
        matching = Q(text__icontains=term) | Q(actor__icontains=term)
        for language in _translated_languages():
            matching |= Q(**{f"details__translations__{language}__icontains": term})
        entries = entries.filter(matching)
    if since:
        entries = entries.filter(at__gte=_midnight(since))
    if until:
        entries = entries.filter(at__lt=_midnight(until + timedelta(days=1)))
    return entries


def _translated_languages() -> list[str]:
    """Return the languages beside that of the sentence itself."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def _midnight(day: date) -> datetime:
    return bucharest_midnight(day)


def csv_rows(entries: Iterable[AuditLogEntry]) -> Iterable[list[str]]:
    """Yield a heading, then the entries, for a CSV file."""
    yield [
        gettext("când"),
        gettext("cine"),
        gettext("ce fel"),
        gettext("ce"),
        gettext("adresa IP"),
    ]
    for entry in entries:
        at = entry.at.astimezone(BUCHAREST)
        kind = str(ACTIONS.get(entry.action, entry.action))
        yield [f"{at:%Y-%m-%d %H:%M:%S}", entry.actor, kind, entry.localized_text, entry.ip or ""]


def delete_expired_entries() -> int:
    """Delete what is older than the law wants; returns how many."""
    limit = timezone.now() - timedelta(days=365 * RETENTION_YEARS + 2)
    return AuditLogEntry.objects.filter(at__lt=limit).delete()[0]
