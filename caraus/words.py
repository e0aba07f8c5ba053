"""Counts with the right plural and dates as people say them, in the reader's language."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy, npgettext

BUCHAREST = ZoneInfo("Europe/Bucharest")


@dataclass(frozen=True, slots=True)
class _Calendar:
    """How a language names days. Abbreviations are those of Unicode CLDR (English: en-GB)."""

    months: tuple[str, ...]
    months_brief: tuple[str, ...]
    weekdays: tuple[str, ...]
    near: dict[int, str]
    never: str
    now: str
    ago: str
    at: str


ROMANIAN = _Calendar(
    months=(
        *("ianuarie", "februarie", "martie", "aprilie", "mai", "iunie"),
        *("iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"),
    ),
    months_brief=(
        *("ian.", "feb.", "mar.", "apr.", "mai", "iun."),
        *("iul.", "aug.", "sept.", "oct.", "nov.", "dec."),
    ),
    weekdays=("luni", "marți", "miercuri", "joi", "vineri", "sâmbătă", "duminică"),
    near={0: "azi", 1: "mâine", -1: "ieri"},
    never="niciodată",
    now="acum",
    ago="acum {}",
    at="{} la {}",
)
ENGLISH = _Calendar(
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    months_brief=(
        *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
        *("Jul", "Aug", "Sept", "Oct", "Nov", "Dec"),
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    near={0: "today", 1: "tomorrow", -1: "yesterday"},
    never="never",
    now="just now",
    ago="{} ago",
    at="{} at {}",
)


def _calendar() -> _Calendar:
    return ENGLISH if (translation.get_language() or "").startswith("en") else ROMANIAN


def lazily(text: str) -> str:
    """A text of a module or class, translated whenever it is shown. (`gettext_lazy`, which acts as
    a text nearly everywhere; `str.join` wants `str` around it.)"""
    return cast("str", gettext_lazy(text))


class Reader(Protocol):
    """Who reads: a person with a language chosen, or "" when none was."""

    language: str


@contextmanager
def in_language_of(reader: Reader | None) -> Iterator[None]:
    """What is written for a person outside the person's own requests: e-mails, notifications."""
    chosen = reader.language if reader is not None else ""
    with translation.override(chosen or settings.LANGUAGE_CODE):
        yield


def plural(number: int, one: str, many: str) -> str:
    """„1 transport”, „2 transporturi”, „20 de transporturi”; in English „1 transport”, „20
    transports”. Both words are literals: `scripts/translations.py` collects them."""
    return f"{grouped(number)} {npgettext('number', one, many, number)}"


def grouped(number: int) -> str:
    """„9999”, „10.000”; in English „10,000”."""
    if number < 10_000:
        return str(number)
    return f"{number:,}".replace(",", "," if _calendar() is ENGLISH else ".")


def today() -> date:
    """The day in Bucharest."""
    return datetime.now(tz=BUCHAREST).date()


def unknown_day() -> str:
    """What stands in the place of a day that ANAF gave no readable date for."""
    return gettext("zi necunoscută")


def day_in_words(day: date | None, *, today: date) -> str:
    """„azi”, „mâine”, „ieri”, else „joi, 28 noiembrie” (with the year when it is another one)."""
    if day is None:
        return unknown_day()
    return _calendar().near.get((day - today).days) or day_in_full(day, today=today)


def days_ahead(days: int) -> str:
    """„azi”, „mâine”, „peste 5 zile”."""
    later = gettext("peste {days}").format(days=plural(days, "zi", "zile"))
    return _calendar().near.get(days) or later


def day_in_brief(day: date | None, *, today: date) -> str:
    """„azi”, „mâine”, „ieri”, else „joi, 28 nov.” for narrow columns."""
    if day is None:
        return unknown_day()
    said = _calendar()
    year = f" {day.year}" if day.year != today.year else ""
    brief = f"{said.weekdays[day.weekday()][:3]}, {day.day} {said.months_brief[day.month - 1]}"
    return said.near.get((day - today).days) or f"{brief}{year}"


def day_in_full(day: date | None, *, today: date) -> str:
    """„joi, 28 noiembrie”, with the year when it is not this one."""
    if day is None:
        return unknown_day()
    return f"{_calendar().weekdays[day.weekday()]}, {day_of_month(day, today=today)}"


def day_of_month(day: date, *, today: date | None = None) -> str:
    """„28 noiembrie”, with the year when it is not that of `today`, or `today` is not given."""
    year = f" {day.year}" if today is None or day.year != today.year else ""
    return f"{day.day} {_calendar().months[day.month - 1]}{year}"


def day_with_year(day: date | None) -> str:
    """„joi, 28 noiembrie 2026”: as true next year as today."""
    if day is None:
        return unknown_day()
    return f"{_calendar().weekdays[day.weekday()]}, {day_of_month(day)}"


def weekday_in_brief(day: date) -> str:
    """„joi”, „mie”: the head of a narrow column."""
    return _calendar().weekdays[day.weekday()][:3]


def axis_day(day: date) -> str:
    """„28 noi”: as short as the labels of a chart."""
    return f"{day.day} {_calendar().months[day.month - 1][:3]}"


@lru_cache(maxsize=256)
def _minutes_ago(minutes: int, _language: str | None) -> str:
    """A list says it once for each of its rows."""
    return _calendar().ago.format(plural(minutes, "minut", "minute"))


@lru_cache(maxsize=4096)
def _at_the_clock(local: datetime, today: date, _language: str | None) -> str:
    said = _calendar()
    clock = f"{local.hour}:{local.minute:02d}"
    if near := said.near.get((local.date() - today).days):
        return said.at.format(near, clock)
    return f"{day_of_month(local.date(), today=today)}, {clock}"


def moment_in_words(moment: datetime | None, *, now: datetime) -> str:
    """„acum”, „acum 5 minute”, „azi la 10:42”, „ieri la 9:05”, „12 noiembrie, 10:42”; „niciodată”
    for none."""
    said = _calendar()
    if moment is None:
        return said.never
    seconds = (now - moment).total_seconds()
    if -60 < seconds < 60:
        return said.now
    if 0 < seconds < 3600:
        return _minutes_ago(int(seconds // 60), translation.get_language())
    here = now.astimezone(BUCHAREST).date()
    return _at_the_clock(moment.astimezone(BUCHAREST), here, translation.get_language())


# Letters that Unicode does not take apart; the database knows the same (`caraus_fold`).
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ø": "o", "Ø": "o", "ı": "i", "ß": "ss", "ẞ": "ss"}
)


def folded(text: str) -> str:
    """Small letters and digits alone: „B-12 ABC” → „b12abc”, „Bărăgan” → „baragan”."""
    plain = unicodedata.normalize("NFKD", text).translate(_LETTERS).lower()
    return re.sub(r"[^a-z0-9]+", "", plain)
