"""When a person is written to, and about which UITs. Times of day are Bucharest's, moments UTC."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import BUCHAREST
from caraus.notifications.models import DeliverySettings, Notification

SETTING_FIELDS = (
    *("digest_hour", "quiet_from", "quiet_until", "first_hours", "last_hours"),
    *("companies", "declarants", "vehicles"),
)
# How many hours before the end of a UIT's validity a person may choose to be told.
FIRST_HOURS_CHOICES = (12, 24, 48, 72)
LAST_HOURS_CHOICES = (2, 3, 4, 6, 8, 12)
# The digest is made so long after its hour begins: what comes due with that hour (24 hours before
# a midnight is a midnight) is in it, and not a day later.
DIGEST_DELAY = timedelta(minutes=2)

#: Somebody chose other hours before the end of a UIT's validity: `rhythm`, kept already.
notice_hours_changed = Signal()


@dataclass(frozen=True, slots=True)
class FilterSubject:
    """What the filters look at: whose UIT it is, who declared it, the plates on it."""

    company: Company
    declarant_cui: str = ""
    declarant_name: str = ""
    plates: tuple[str, ...] = ()


def delivery_settings_of(
    users: Iterable[User], organization: Organization
) -> dict[int, DeliverySettings]:
    """By user id; who has chosen nothing gets the usual one, not kept."""
    people = list(users)
    rows = DeliverySettings.objects.filter(user__in=people, organization=organization)
    kept = {row.user_id: row for row in rows}
    return {
        user.pk: kept.get(user.pk) or DeliverySettings(user=user, organization=organization)
        for user in people
    }


@transaction.atomic
def save_delivery_settings(rhythm: DeliverySettings) -> None:
    """Keep a person's choice; what waits for the digest waits for its new hour."""
    chosen = {name: getattr(rhythm, name) for name in SETTING_FIELDS}
    before = delivery_settings_of([rhythm.user], rhythm.organization)[rhythm.user.pk]
    DeliverySettings.objects.update_or_create(
        user=rhythm.user, organization=rhythm.organization, defaults=chosen
    )
    if (before.first_hours, before.last_hours) != (rhythm.first_hours, rhythm.last_hours):
        notice_hours_changed.send(sender=DeliverySettings, rhythm=rhythm)
    waiting = Notification.objects.filter(
        user=rhythm.user, organization=rhythm.organization, digest_at__isnull=False
    )
    waiting.update(digest_at=next_digest_at(rhythm, timezone.now()))


def quiet_hours_end(rhythm: DeliverySettings, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None outside them."""
    begin, end = rhythm.quiet_from, rhythm.quiet_until
    if begin is None or end is None or begin == end:
        return None
    here = now.astimezone(BUCHAREST)
    clock = here.time()
    through_midnight = begin > end
    evening, morning = clock >= begin, clock < end
    if not (evening or morning if through_midnight else evening and morning):
        return None
    day = here.date() + timedelta(days=1 if through_midnight and clock >= begin else 0)
    return _next(datetime.combine(day, end, tzinfo=BUCHAREST), now)


def _next(local: datetime, now: datetime) -> datetime:
    """As UTC; in the hour that comes twice in autumn, the one that is still to come."""
    first = local.astimezone(UTC)
    return first if first > now else local.replace(fold=1).astimezone(UTC)


def next_digest_at(rhythm: DeliverySettings, now: datetime) -> datetime:
    """When the hour of the next digest begins: of the one that is not made yet at `now`."""
    day = now.astimezone(BUCHAREST).date()
    clock = time(rhythm.digest_hour)
    found = datetime.combine(day, clock, tzinfo=BUCHAREST).astimezone(UTC)
    if found + DIGEST_DELAY <= now:
        later = datetime.combine(day + timedelta(days=1), clock, tzinfo=BUCHAREST)
        found = later.astimezone(UTC)
    return found


def passes_filters(rhythm: DeliverySettings, subject: FilterSubject) -> bool:
    """Whether the person's filters let it through."""
    if rhythm.companies and subject.company.pk not in rhythm.companies:
        return False
    if not rhythm.declarants and not rhythm.vehicles:
        return True
    return _is_declared_by(rhythm.declarants, subject) or bool(
        set(rhythm.vehicles) & {comparable_plate(plate) for plate in subject.plates}
    )


def _is_declared_by(declarants: Iterable[str], subject: FilterSubject) -> bool:
    cui, name = comparable_cui(subject.declarant_cui), comparable_name(subject.declarant_name)
    return any(
        (cui and comparable_cui(declarant) == cui) or comparable_name(declarant) in name
        for declarant in declarants
    )


def comparable_cui(typed: str) -> str:
    """„RO 123” → „123”."""
    return re.sub(r"^RO(?=\d)", "", re.sub(r"[^0-9A-Z]", "", typed.upper()))


def comparable_name(typed: str) -> str:
    """Without case, diacritics, and signs."""
    plain = unicodedata.normalize("NFKD", typed.casefold())
    return " ".join(re.sub(r"[^0-9a-z ]+", "", plain).split())


def comparable_plate(typed: str) -> str:
    """„b-12 abc” → „B12ABC”."""
    plain = unicodedata.normalize("NFKD", typed.lower())
    return re.sub(r"[^a-z0-9]+", "", plain).upper()
