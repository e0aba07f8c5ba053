"""The period that the week and the map show, as it stands in the address. Days of Romania."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.db.models import Q, QuerySet

from caraus.transports.models import Transport
from caraus.transports.models.fields import UNKNOWN_START
from caraus.workspace.filters import Asked

DAY, WEEK = timedelta(days=1), timedelta(days=7)
# Of the map: a longer period is cut to its last days.
LONGEST = timedelta(days=31)
# No UIT is valid so long (guide 2025 p. 11: 5 or 15 days); it bounds what an index walks.
_LONGEST_VALIDITY = timedelta(days=62)
_FIRST, _LAST = date(2000, 1, 3), date(2199, 12, 30)


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both in it."""

    first: date
    last: date
    is_cut: bool = False

    @classmethod
    def week_of(cls, day: date) -> Self:
        """Monday to Sunday."""
        monday = _near(day) - timedelta(days=_near(day).weekday())
        return cls(monday, monday + WEEK - timedelta(days=1))

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(
            self.first + timedelta(days=number)
            for number in range((self.last - self.first).days + 1)
        )

    @property
    def before(self) -> date:
        """A day of the week before."""
        return self.first - WEEK

    @property
    def after(self) -> date:
        return self.first + WEEK


def week(query: Mapping[str, str], asked: Asked, *, today: date) -> Period:
    """The week of `saptamana` (any of its days), else of the list's first day, else this one."""
    return Period.week_of(_day(query.get("saptamana", "")) or asked.de_la or today)


def of_map(query: Mapping[str, str], asked: Asked, *, today: date) -> Period:
    """The list's own period where it has one, at most 31 days of it; else a week."""
    if "saptamana" in query or not (asked.de_la or asked.pana_la):
        return week(query, asked, today=today)
    month = LONGEST - timedelta(days=1)
    last = _near(asked.pana_la) if asked.pana_la else _near(asked.de_la or today) + month
    first = min(_near(asked.de_la), last) if asked.de_la else last - month
    cut = last - first > month
    return Period(last - month if cut else first, last, is_cut=cut)


def valid_within(rows: QuerySet[Transport], period: Period) -> QuerySet[Transport]:
    """Those of which some day of validity lies in the period. Of one whose first day is not known
    the last is looked for alone, and one whose end is not known lies in no period."""
    last_first = period.first - _LONGEST_VALIDITY
    is_unknown = Q(transport_date=UNKNOWN_START, first_expired_day__lte=period.last + DAY)
    return rows.filter(
        Q(first_expired_day__gt=period.first, transport_date__lte=period.last),
        Q(transport_date__gte=last_first) | is_unknown,
        first_expired_day__lte=period.last + _LONGEST_VALIDITY,
    )


def _near(day: date) -> date:
    """Years that no transport has are brought near, so that one can reckon with them."""
    return min(max(day, _FIRST), _LAST)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
