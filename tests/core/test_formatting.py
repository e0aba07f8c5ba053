"""Romanian in words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from caraus.core import formatting
from caraus.core.formatting import BUCHAREST, day_in_full, day_in_words, moment_in_words, plural

TODAY = date(2026, 11, 24)  # a Tuesday
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # noon in Bucharest


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 transporturi"),
        (1, "1 transport"),
        (2, "2 transporturi"),
        (19, "19 transporturi"),
        (20, "20 de transporturi"),
        (99, "99 de transporturi"),
        (100, "100 de transporturi"),
        (101, "101 transporturi"),
        (119, "119 transporturi"),
        (120, "120 de transporturi"),
        (1000, "1000 de transporturi"),
        (1001, "1001 transporturi"),
        (48_210, "48.210 transporturi"),
    ],
)
def test_counts_have_the_right_plural(number: int, words: str) -> None:
    assert plural(number, "transport", "transporturi") == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 24), "azi"),
        (date(2026, 11, 25), "mâine"),
        (date(2026, 11, 23), "ieri"),
        (date(2026, 11, 26), "joi, 26 noiembrie"),
        (date(2026, 11, 22), "duminică, 22 noiembrie"),
        (date(2027, 1, 1), "vineri, 1 ianuarie 2027"),
        (date(2025, 11, 24), "luni, 24 noiembrie 2025"),
    ],
)
def test_days_are_said_as_people_say_them(day: date, words: str) -> None:
    assert day_in_words(day, today=TODAY) == words


@pytest.mark.parametrize(
    ("language", "month", "words"),
    [
        ("ro", 9, ["joi, 3 sept.", "joi, 3 septembrie 2026", "3 septembrie", "joi", "3 sep"]),
        ("ro", 11, ["mar, 3 nov.", "marți, 3 noiembrie 2026", "3 noiembrie", "mar", "3 noi"]),
        ("en", 9, ["Thu, 3 Sept", "Thursday, 3 September 2026", "3 September", "Thu", "3 Sep"]),
        ("en", 3, ["Tue, 3 Mar", "Tuesday, 3 March 2026", "3 March", "Tue", "3 Mar"]),
        # No word of ours is in German: its days and months come with Django.
        ("de", 3, ["Di, 3 März", "Dienstag, 3 März 2026", "3 März", "Di", "3 Mär"]),
    ],
)
def test_a_language_names_its_days_and_months(language: str, month: int, words: list[str]) -> None:
    day = date(2026, month, 3)
    with translation.override(language):
        assert [
            formatting.day_in_brief(day, today=TODAY),
            formatting.day_with_year(day),
            formatting.day_of_month(day, today=TODAY),
            formatting.weekday_in_brief(day),
            formatting.axis_day(day),
        ] == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("ro", ["9999", "10.000"]), ("en", ["9999", "10,000"]), ("de", ["9999", "10.000"])],
)
def test_large_numbers_are_grouped_as_the_language_does(language: str, words: list[str]) -> None:
    with translation.override(language):
        assert [formatting.grouped(9_999), formatting.grouped(10_000)] == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=1), "today at 11:00"),
        (timedelta(days=1), "yesterday at 12:00"),
        (timedelta(days=12), "12 November, 12:00"),
    ],
)
def test_moments_are_said_in_english(ago: timedelta, words: str) -> None:
    with translation.override("en"):
        assert moment_in_words(NOW - ago, now=NOW) == words


def test_a_day_in_full_is_never_shortened() -> None:
    assert day_in_full(TODAY, today=TODAY) == "marți, 24 noiembrie"


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(), "acum"),
        (timedelta(seconds=59), "acum"),
        (timedelta(seconds=-59), "acum"),
        (timedelta(seconds=60), "acum 1 minut"),
        (timedelta(minutes=5), "acum 5 minute"),
        (timedelta(minutes=20), "acum 20 de minute"),
        (timedelta(minutes=59, seconds=59), "acum 59 de minute"),
        (timedelta(hours=1), "azi la 11:00"),
        (timedelta(hours=12), "azi la 0:00"),
        (timedelta(hours=12, minutes=1), "ieri la 23:59"),
        (timedelta(hours=-3), "azi la 15:00"),
        (timedelta(days=-1), "mâine la 12:00"),
        (timedelta(days=12), "12 noiembrie, 12:00"),
        (timedelta(days=365), "24 noiembrie 2025, 12:00"),
        (timedelta(days=31), "24 octombrie, 13:00"),
    ],
)
def test_moments_are_said_as_people_say_them(ago: timedelta, words: str) -> None:
    assert moment_in_words(NOW - ago, now=NOW) == words


@given(st.timedeltas(-timedelta(days=9999), timedelta(days=9999)).map(lambda ago: NOW - ago))
def test_a_moment_is_the_same_in_whatever_zone_it_is_given(moment: datetime) -> None:
    local = moment.astimezone(BUCHAREST)
    assert moment_in_words(local, now=NOW) == moment_in_words(moment, now=NOW)


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        (date(2026, 1, 15), datetime(2026, 1, 14, 22, tzinfo=UTC), 24),
        (date(2026, 3, 29), datetime(2026, 3, 28, 22, tzinfo=UTC), 23),
        (date(2026, 7, 15), datetime(2026, 7, 14, 21, tzinfo=UTC), 24),
        (date(2026, 10, 25), datetime(2026, 10, 24, 21, tzinfo=UTC), 25),
    ],
)
def test_a_day_in_bucharest_lasts_from_its_midnight_to_the_next(
    day: date, begins: datetime, hours: int
) -> None:
    midnight = formatting.bucharest_midnight(day)
    following = formatting.bucharest_midnight(day + timedelta(days=1))
    assert midnight == begins
    assert following.astimezone(UTC) - midnight.astimezone(UTC) == timedelta(hours=hours)
    assert formatting.bucharest_day(begins) == day
    assert formatting.bucharest_day(begins - timedelta(seconds=1)) == day - timedelta(days=1)
    assert formatting.bucharest_day(following.astimezone(UTC) - timedelta(seconds=1)) == day


@pytest.mark.parametrize(
    ("limit", "joined"), [(1, ("A", 2)), (2, ("A, B", 1)), (3, ("A, B, C", 0)), (9, ("A, B, C", 0))]
)
def test_the_first_names_are_joined_and_the_others_counted(
    limit: int, joined: tuple[str, int]
) -> None:
    assert formatting.join_first(["A", "B", "C"], limit) == joined


def test_a_plate_is_normalized_however_it_is_typed() -> None:
    for typed in ("B 12 ABC", "b-12-abc", "B.12.ABC", "'B12ABC"):
        assert formatting.normalized_plate(typed) == "B12ABC"
    assert formatting.normalized_plate(" – ") == ""
