"""The period of the week and the map, as the address names it. Days of Romania."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.db.models import Q, QuerySet

from caraus.transports.models import Transport
from caraus.transports.models.fields import UNKNOWN_START
from caraus.workspace.filters import DAY_PARAMETER, WEEK_PARAMETER, ListFilters

DAY, WEEK = timedelta(days=1), timedelta(days=7)
# Of the map: a longer period is cut to its last days.
MAX_MAP_PERIOD = timedelta(days=31)
# No UIT is valid for longer (guide 2025 p. 11: 5 or 15 days); it bounds what an index reads.
_MAX_VALIDITY = timedelta(days=62)
_FIRST, _LAST = date(2000, 1, 3), date(2199, 12, 30)


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both in it."""

    first: date
    last: date
    is_cut: bool = False

    @classmethod
    def around(cls, day: date) -> Self:
        """Return the nine days of the week's view: the day before, the day, seven more."""
        near = _clamp(day)
        return cls(near - DAY, near + WEEK)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(
            self.first + timedelta(days=number)
            for number in range((self.last - self.first).days + 1)
        )


def requested_days(query: Mapping[str, str], filters: ListFilters, *, today: date) -> Period:
    """Return the nine days around the day of the address, else of the list, else around today."""
    return Period.around(_requested_day(query, filters, today))


def _requested_day(query: Mapping[str, str], filters: ListFilters, today: date) -> date:
    return _parse_day(query.get(WEEK_PARAMETER, "")) or filters.from_day or today


def requested_map_period(query: Mapping[str, str], filters: ListFilters, *, today: date) -> Period:
    """Return the day of the address; else the period of the list where it has one, at most 31
    days of it; else today."""
    if DAY_PARAMETER in query or not (filters.from_day or filters.to_day):
        day = _clamp(_parse_day(query.get(DAY_PARAMETER, "")) or today)
        return Period(day, day)
    month = MAX_MAP_PERIOD - timedelta(days=1)
    last = _clamp(filters.to_day) if filters.to_day else _clamp(filters.from_day or today) + month
    first = min(_clamp(filters.from_day), last) if filters.from_day else last - month
    cut = last - first > month
    return Period(last - month if cut else first, last, is_cut=cut)


def valid_within(rows: QuerySet[Transport], period: Period) -> QuerySet[Transport]:
    """Return the UITs that are valid on some day of the period.

    Of a UIT without a known first day only the last day counts; a UIT without a known end lies in
    no period.
    """
    last_first = period.first - _MAX_VALIDITY
    is_unknown = Q(transport_date=UNKNOWN_START, first_expired_day__lte=period.last + DAY)
    return rows.filter(
        Q(first_expired_day__gt=period.first, transport_date__lte=period.last),
        Q(transport_date__gte=last_first) | is_unknown,
        first_expired_day__lte=period.last + _MAX_VALIDITY,
    )


def _clamp(day: date) -> date:
    """Bring a year that no transport has near, so that sums of days stay possible."""
    return min(max(day, _FIRST), _LAST)


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
