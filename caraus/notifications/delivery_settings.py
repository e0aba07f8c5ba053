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
from caraus.notifications.models import Notification, Rhythm

CHOICES = (
    *("digest_hour", "quiet_from", "quiet_until", "first_hours", "last_hours"),
    *("companies", "declarants", "vehicles"),
)
# How many hours before the end of a UIT's validity a person may choose to be told.
FIRST_HOURS = (12, 24, 48, 72)
LAST_HOURS = (2, 3, 4, 6, 8, 12)
# The digest is made so long after its hour begins: what comes due with that hour (24 hours before
# a midnight is a midnight) is in it, and not a day later.
SETTLING = timedelta(minutes=2)

#: Somebody chose other hours before the end of a UIT's validity: `rhythm`, kept already.
hours_chosen = Signal()


@dataclass(frozen=True, slots=True)
class Subject:
    """What the filters look at: whose UIT it is, who declared it, the plates on it."""

    company: Company
    declarant_cui: str = ""
    declarant_name: str = ""
    plates: tuple[str, ...] = ()


def rhythms(users: Iterable[User], organization: Organization) -> dict[int, Rhythm]:
    """By user id; who has chosen nothing gets the usual one, not kept."""
    people = list(users)
    rows = Rhythm.objects.filter(user__in=people, organization=organization)
    kept = {row.user_id: row for row in rows}
    return {
        user.pk: kept.get(user.pk) or Rhythm(user=user, organization=organization)
        for user in people
    }


@transaction.atomic
def keep(rhythm: Rhythm) -> None:
    """Keep a person's choice; what waits for the digest waits for its new hour."""
    chosen = {name: getattr(rhythm, name) for name in CHOICES}
    before = rhythms([rhythm.user], rhythm.organization)[rhythm.user.pk]
    Rhythm.objects.update_or_create(
        user=rhythm.user, organization=rhythm.organization, defaults=chosen
    )
    if (before.first_hours, before.last_hours) != (rhythm.first_hours, rhythm.last_hours):
        hours_chosen.send(sender=Rhythm, rhythm=rhythm)
    waiting = Notification.objects.filter(
        user=rhythm.user, organization=rhythm.organization, digest_at__isnull=False
    )
    waiting.update(digest_at=next_digest(rhythm, timezone.now()))


def quiet_until(rhythm: Rhythm, now: datetime) -> datetime | None:
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


def next_digest(rhythm: Rhythm, now: datetime) -> datetime:
    """When the hour of the next digest begins: of the one that is not made yet at `now`."""
    day = now.astimezone(BUCHAREST).date()
    clock = time(rhythm.digest_hour)
    found = datetime.combine(day, clock, tzinfo=BUCHAREST).astimezone(UTC)
    if found + SETTLING <= now:
        later = datetime.combine(day + timedelta(days=1), clock, tzinfo=BUCHAREST)
        found = later.astimezone(UTC)
    return found


def wants(rhythm: Rhythm, subject: Subject) -> bool:
    """Whether the person's filters let it through."""
    if rhythm.companies and subject.company.pk not in rhythm.companies:
        return False
    if not rhythm.declarants and not rhythm.vehicles:
        return True
    return _is_declared_by(rhythm.declarants, subject) or bool(
        set(rhythm.vehicles) & {plate_of(one) for one in subject.plates}
    )


def _is_declared_by(declarants: Iterable[str], subject: Subject) -> bool:
    cui, name = cui_of(subject.declarant_cui), folded(subject.declarant_name)
    return any((cui and cui_of(one) == cui) or folded(one) in name for one in declarants)


def cui_of(typed: str) -> str:
    """„RO 123” → „123”."""
    return re.sub(r"^RO(?=\d)", "", re.sub(r"[^0-9A-Z]", "", typed.upper()))


def folded(typed: str) -> str:
    """Without case, diacritics, and signs."""
    plain = unicodedata.normalize("NFKD", typed.casefold())
    return " ".join(re.sub(r"[^0-9a-z ]+", "", plain).split())


def plate_of(typed: str) -> str:
    """„b-12 abc” → „B12ABC”."""
    plain = unicodedata.normalize("NFKD", typed.lower())
    return re.sub(r"[^a-z0-9]+", "", plain).upper()
