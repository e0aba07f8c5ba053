"""Counts with the right plural and dates as people say them, in the reader's language.

Names of months and weekdays are Django's; where people here say them otherwise, it stands in the
catalogues of `locale_overrides`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import lru_cache, wraps
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.dateformat import format as date_format
from django.utils.formats import number_format
from django.utils.translation import gettext, npgettext, pgettext

BUCHAREST = ZoneInfo("Europe/Bucharest")


# For texts of modules and classes, translated whenever they are shown. What it gives acts as a text
# nearly everywhere, and is typed as one; `str.join` wants `str` around it.
gettext_lazy = cast("Callable[[str], str]", translation.gettext_lazy)  # noqa: TID251


class Reader(Protocol):
    """Who reads: a person with a language chosen, or "" when none was."""

    language: str


@contextmanager
def in_language_of(reader: Reader | None) -> Iterator[None]:
    """Switch to the language of a user for what is written outside the user's own requests:
    e-mails, notifications."""
    chosen = reader.language if reader is not None else ""
    with translation.override(chosen or settings.LANGUAGE_CODE):
        yield


def plural(number: int, singular: str, many: str) -> str:
    """Format „1 transport”, „2 transporturi”, „20 de transporturi”; in English „1 transport”, „20
    transports”. Both nouns are literals: `scripts/translations.py` collects them."""
    return f"{grouped(number)} {npgettext('number', singular, many, number)}"


def grouped(number: int) -> str:
    """Format „9999”, „10.000”; in English „10,000”."""
    return str(number) if number < 10_000 else number_format(number, force_grouping=True)


def join_first(names: Sequence[object], limit: int) -> tuple[str, int]:
    """Join the first names by commas; return the text, and how many names it leaves out."""
    return ", ".join(map(str, names[:limit])), max(len(names) - limit, 0)


def _once_a_language[**P](function: Callable[P, str]) -> Callable[P, str]:
    """Remember a function's texts by language: a page says the same few days in many rows."""

    @lru_cache(maxsize=4096)
    def say(_language: str | None, *args: P.args, **kwargs: P.kwargs) -> str:
        return function(*args, **kwargs)

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> str:
        return say(translation.get_language(), *args, **kwargs)  # type: ignore[arg-type] # all hashable

    return wrapped


def today() -> date:
    """Return the day in Bucharest."""
    return datetime.now(tz=BUCHAREST).date()


def bucharest_day(moment: datetime) -> date:
    """Return the day of a moment in Romania, to which ANAF counts calls too."""
    return moment.astimezone(BUCHAREST).date()


def bucharest_midnight(day: date) -> datetime:
    """Return the moment at which a day begins in Romania."""
    return datetime.combine(day, time(), tzinfo=BUCHAREST)


def unknown_day() -> str:
    """Return what stands in the place of a day that ANAF gave no readable date for."""
    return gettext("zi necunoscută")


@_once_a_language
def day_in_words(day: date | None, *, today: date) -> str:
    """Format „azi”, „mâine”, „ieri”, else „joi, 28 noiembrie” (with the year when it is another
    one)."""
    if day is None:
        return unknown_day()
    return _near((day - today).days) or day_in_full(day, today=today)


def days_ahead(days: int) -> str:
    """Format „azi”, „mâine”, „peste 5 zile”."""
    later = gettext("peste {days}").format(days=plural(days, "zi", "zile"))
    return _near(days) or later


def _near(days: int) -> str:
    """Name the day so many days from today: „azi”, „mâine”, „ieri”, else nothing."""
    match days:
        case 0:
            return pgettext("day", "azi")
        case 1:
            return pgettext("day", "mâine")
        case -1:
            return pgettext("day", "ieri")
    return ""


@_once_a_language
def day_in_brief(day: date | None, *, today: date) -> str:
    """Format „azi”, „mâine”, „ieri”, else „joi, 28 nov.” for narrow columns."""
    if day is None:
        return unknown_day()
    if day.year == today.year:
        return _near((day - today).days) or date_format(day, pgettext("date format", "D, j N"))
    return _near((day - today).days) or date_format(day, pgettext("date format", "D, j N Y"))


@_once_a_language
def day_in_full(day: date | None, *, today: date) -> str:
    """Format „joi, 28 noiembrie”, with the year when it is not this one."""
    if day is None or day.year != today.year:
        return day_with_year(day)
    return date_format(day, pgettext("date format", "l, j F"))


@_once_a_language
def day_of_month(day: date, *, today: date | None = None) -> str:
    """Format „28 noiembrie”, with the year when it is not that of `today`, or `today` is not
    given."""
    if today is not None and day.year == today.year:
        return date_format(day, pgettext("date format", "j F"))
    return date_format(day, pgettext("date format", "j F Y"))


@_once_a_language
def day_with_year(day: date | None) -> str:
    """Format „joi, 28 noiembrie 2026”: as true next year as today."""
    return unknown_day() if day is None else date_format(day, pgettext("date format", "l, j F Y"))


@_once_a_language
def weekday_in_brief(day: date) -> str:
    """Format „joi”, „mie”: the head of a narrow column."""
    return date_format(day, "D")


@_once_a_language
def axis_day(day: date) -> str:
    """Format „28 noi”, as short as the labels of a chart."""
    return date_format(day, pgettext("date format", "j b"))


@_once_a_language
def _minutes_ago(minutes: int) -> str:
    ago = plural(minutes, "minut", "minute")
    return pgettext("moment", "acum {minutes}").format(minutes=ago)


@_once_a_language
def _at_the_clock(local: datetime, today: date) -> str:
    clock = f"{local.hour}:{local.minute:02d}"
    if near := _near((local.date() - today).days):
        return pgettext("moment", "{day} la {clock}").format(day=near, clock=clock)
    return f"{day_of_month(local.date(), today=today)}, {clock}"


def moment_in_words(moment: datetime | None, *, now: datetime) -> str:
    """Format „acum”, „acum 5 minute”, „azi la 10:42”, „ieri la 9:05”, „12 noiembrie, 10:42”;
    „niciodată” for None."""
    if moment is None:
        return pgettext("moment", "niciodată")
    seconds = (now - moment).total_seconds()
    if -60 < seconds < 60:
        return pgettext("moment", "acum")
    if 0 < seconds < 3600:
        return _minutes_ago(int(seconds // 60))
    here = bucharest_day(now)
    return _at_the_clock(moment.astimezone(BUCHAREST), here)


# Letters that Unicode does not take apart.
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ø": "o", "Ø": "o", "ı": "i", "ß": "ss", "ẞ": "ss"}
)


def folded(text: str) -> str:
    """Keep small letters and digits alone: „B-12 ABC” → „b12abc”, „Bărăgan” → „baragan”."""
    plain = unicodedata.normalize("NFKD", text).translate(_LETTERS).lower()
    return re.sub(r"[^a-z0-9]+", "", plain)


def natural_key(text: str) -> list[str | int]:
    """Return the key that sorts names as people count: „Client 2” before „Client 10”.

    Letters and numbers take turns, so that two keys never compare one with the other.
    """
    parts = re.split(r"(\d+)", unicodedata.normalize("NFKD", text).translate(_LETTERS).casefold())
    return [int(part) if at % 2 else part for at, part in enumerate(parts)]


def normalized_plate(typed: str) -> str:
    """Fold „b-12 abc” to „B12ABC”: capitals and digits alone, as the search folds them.

    Never fails; "" when there is neither a letter nor a digit.
    """
    return folded(typed).upper()
