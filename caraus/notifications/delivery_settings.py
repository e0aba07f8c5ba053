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
from caraus.core.formatting import BUCHAREST, bucharest_day, normalized_plate
from caraus.notifications.models import DeliverySettings, Notification

SETTING_FIELDS = (
    *("digest_hour", "quiet_from", "quiet_until", "first_hours", "day_hours", "last_hours"),
    *("companies", "declarants", "vehicles"),
)
# How many hours before the end of a UIT's validity a person may choose to be notified.
FIRST_HOURS_CHOICES = (57, 40, 33, 28)
DAY_HOURS_CHOICES = (18, 16, 14)
LAST_HOURS_CHOICES = (12, 10, 8, 6, 4, 2)
# The digest is made so long after its hour begins: what comes due with that hour (24 hours before
# a midnight is a midnight) is in it, and not a day later.
DIGEST_DELAY = timedelta(minutes=2)

#: Somebody saved other hours before the end of a UIT's validity: `delivery_settings`.
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
    """Return the settings by user id; who has chosen nothing gets the usual ones, not saved."""
    people = list(users)
    rows = DeliverySettings.objects.filter(user__in=people, organization=organization)
    saved = {row.user_id: row for row in rows}
    return {
        user.pk: saved.get(user.pk) or DeliverySettings(user=user, organization=organization)
        for user in people
    }


@transaction.atomic
def save_delivery_settings(delivery_settings: DeliverySettings) -> None:
    """Save a person's choice; what waits for the digest waits for its new hour."""
    chosen = {name: getattr(delivery_settings, name) for name in SETTING_FIELDS}
    before = delivery_settings_of([delivery_settings.user], delivery_settings.organization)[
        delivery_settings.user.pk
    ]
    DeliverySettings.objects.update_or_create(
        user=delivery_settings.user, organization=delivery_settings.organization, defaults=chosen
    )
    if notice_hours(before) != notice_hours(delivery_settings):
        notice_hours_changed.send(sender=DeliverySettings, delivery_settings=delivery_settings)
    waiting = Notification.objects.filter(
        user=delivery_settings.user,
        organization=delivery_settings.organization,
        digest_at__isnull=False,
    )
    waiting.update(digest_at=next_digest_at(delivery_settings, timezone.now()))


def notice_hours(delivery_settings: DeliverySettings) -> tuple[int, int, int]:
    """Return how many hours before the end of a UIT the person is notified, the earliest first."""
    return (
        delivery_settings.first_hours,
        delivery_settings.day_hours,
        delivery_settings.last_hours,
    )


def quiet_hours_end(delivery_settings: DeliverySettings, now: datetime) -> datetime | None:
    """Return the end of the quiet hours that `now` lies in; None outside them."""
    begin, end = delivery_settings.quiet_from, delivery_settings.quiet_until
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
    """Return the time in UTC; of the hour that comes twice in autumn, what is still to come."""
    first = local.astimezone(UTC)
    return first if first > now else local.replace(fold=1).astimezone(UTC)


def next_digest_at(delivery_settings: DeliverySettings, now: datetime) -> datetime:
    """Return when the hour of the next digest begins, of which none is made yet at `now`."""
    day = bucharest_day(now)
    clock = time(delivery_settings.digest_hour)
    begin = datetime.combine(day, clock, tzinfo=BUCHAREST)
    if begin.astimezone(UTC) + DIGEST_DELAY <= now:
        begin = datetime.combine(day + timedelta(days=1), clock, tzinfo=BUCHAREST)
    return begin.astimezone(UTC)


def passes_filters(delivery_settings: DeliverySettings, subject: FilterSubject) -> bool:
    """Return whether the person's filters let it through."""
    if delivery_settings.companies and subject.company.pk not in delivery_settings.companies:
        return False
    if not delivery_settings.declarants and not delivery_settings.vehicles:
        return True
    return _is_declared_by(delivery_settings.declarants, subject) or bool(
        set(delivery_settings.vehicles) & {normalized_plate(plate) for plate in subject.plates}
    )


def _is_declared_by(declarants: Iterable[str], subject: FilterSubject) -> bool:
    cui, name = comparable_cui(subject.declarant_cui), comparable_name(subject.declarant_name)
    return any(
        (cui and comparable_cui(declarant) == cui) or comparable_name(declarant) in name
        for declarant in declarants
    )


def comparable_cui(typed: str) -> str:
    """Fold „RO 123” to „123”."""
    return re.sub(r"^RO(?=\d)", "", re.sub(r"[^0-9A-Z]", "", typed.upper()))


def comparable_name(typed: str) -> str:
    """Fold a name: without case, diacritics, and signs."""
    plain = unicodedata.normalize("NFKD", typed.casefold())
    return " ".join(re.sub(r"[^0-9a-z ]+", "", plain).split())
