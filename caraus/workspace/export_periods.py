"""The periods that an export may be limited to, instead of the days of the view."""

from dataclasses import replace
from datetime import date, timedelta

from caraus.core.formatting import gettext_lazy
from caraus.workspace.filters import ListFilters
from caraus.workspace.period import Period

# The word of the form → its label, the months of it, and whether it is the one before.
_PERIODS = {
    "luna": (gettext_lazy("luna aceasta"), 1, False),
    "luna-trecuta": (gettext_lazy("luna trecută"), 1, True),
    "trimestrul": (gettext_lazy("trimestrul acesta"), 3, False),
    "trimestrul-trecut": (gettext_lazy("trimestrul trecut"), 3, True),
    "semestrul": (gettext_lazy("semestrul acesta"), 6, False),
    "semestrul-trecut": (gettext_lazy("semestrul trecut"), 6, True),
}
EXPORT_PERIODS = {word: label for word, (label, _, _) in _PERIODS.items()}


def export_period(word: str, *, today: date) -> Period | None:
    """Return the days of a calendar period by its word in the form; None for any other word."""
    if word not in _PERIODS:
        return None
    _, months, is_before = _PERIODS[word]
    first = _first_day(today, months)
    if is_before:
        first = _first_day(first - timedelta(days=1), months)
    return Period(
        first, _first_day(first + timedelta(days=31 * months), months) - timedelta(days=1)
    )


def _first_day(day: date, months: int) -> date:
    """Return the first day of the month, quarter or half of a year that the day lies in."""
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def limited_to(filters: ListFilters, word: str, *, today: date) -> ListFilters:
    """Return the view with the days of the period; what has expired in it belongs to it."""
    period = export_period(word, today=today)
    if period is None:
        return filters
    show = filters.show if filters.shows_other else "all"
    return replace(filters, from_day=period.first, to_day=period.last, show=show)
