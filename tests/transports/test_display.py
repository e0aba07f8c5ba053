"""What a dispatcher reads about a UIT: each state, and what is left of its validity."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from caraus.accounts.models import Company
from caraus.core.formatting import plural
from caraus.transports import display
from caraus.transports.models import Transport, TransportEvent

DAY = date(2026, 11, 25)
GOOD_UIT = "UT00000000000146"


def transport(**fields: Any) -> Transport:
    defaults: dict[str, Any] = {
        "company": Company(cui="900010100"),
        "uit": GOOD_UIT,
        "transport_date": DAY,
        "first_expired_day": DAY + timedelta(days=4),
    }
    return Transport(**(defaults | fields))


@pytest.mark.parametrize(
    ("fields", "key", "word"),
    [
        ({"transport_date": DAY + timedelta(days=1)}, "future", "viitor"),
        ({}, "today", "azi"),
        ({"transport_date": DAY - timedelta(days=1)}, "underway", "în curs"),
        ({"first_expired_day": DAY + timedelta(days=1)}, "ends_today", "expiră azi"),
        ({"first_expired_day": DAY + timedelta(days=2)}, "ends_tomorrow", "expiră mâine"),
        ({"first_expired_day": DAY}, "expired", "expirat"),
        ({"state": "delisted"}, "delisted", "nu mai este în lista ANAF"),
        ({"state": "missing"}, "missing", "lipsă la ANAF"),
        ({"carrier_cui": "900010100"}, "today", "azi"),
        ({"carrier_cui": "900020201"}, "carrier_changed", "transportator schimbat"),
        ({"carrier_cui": "900020201", "first_expired_day": DAY}, "expired", "expirat"),
        ({"first_expired_day": None}, "unknown_days", "zi necunoscută"),
        ({"transport_date": None}, "unknown_days", "zi necunoscută"),
        ({"transport_date": None, "first_expired_day": DAY}, "expired", "expirat"),
        ({"uit": "1A2B3C4D5E6F7H88"}, "not_validated", "cod greșit"),
        ({"uit": "1A2B3C4D5E6F7H88", "state": "delisted"}, "delisted", "nu mai este în lista ANAF"),
    ],
)
def test_a_state_is_a_word_of_its_own(fields: dict[str, Any], key: str, word: str) -> None:
    status = display.status(transport(**fields), today=DAY)
    assert (status.key, str(status.word)) == (key, word)


def test_no_two_states_look_the_same() -> None:
    states = [each for each in vars(display).values() if isinstance(each, display.Status)]
    assert len(states) == 11
    assert len({state.icon for state in states}) == len({str(state.word) for state in states}) == 11


def test_validity_ends_with_the_day_before_the_first_expired_one() -> None:
    row = transport(first_expired_day=date(2026, 11, 27))
    assert display.validity(row, today=DAY) == "valabil până joi, 26 noiembrie, 24:00"
    over = display.validity(row, today=date(2026, 11, 27))
    assert over == "a fost valabil până joi, 26 noiembrie, 24:00"


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (datetime(2026, 11, 24, 22, 0, tzinfo=UTC), "încă 24 de ore"),
        (datetime(2026, 11, 25, 16, 59, tzinfo=UTC), "încă 5 ore"),
        (datetime(2026, 11, 25, 20, 59, 59, tzinfo=UTC), "încă 1 oră"),
        (datetime(2026, 11, 25, 21, 20, tzinfo=UTC), "încă 40 de minute"),
        (datetime(2026, 11, 25, 21, 59, 59, tzinfo=UTC), "încă mai puțin de un minut"),
        (datetime(2026, 11, 25, 22, 0, tzinfo=UTC), "expirat azi-noapte"),
        (datetime(2026, 11, 25, 22, 3, 30, tzinfo=UTC), "expirat azi-noapte"),
    ],
)
def test_on_the_last_day_the_hours_are_counted_in_romania(now: datetime, left: str) -> None:
    row = transport(first_expired_day=DAY + timedelta(days=1))
    assert display.validity_left(row, today=DAY, now=now) == left


@pytest.mark.parametrize(
    ("first_expired_day", "words"),
    [
        (DAY, "expirat azi-noapte"),
        (DAY - timedelta(days=1), "expirat lun, 23 nov."),
        (DAY - timedelta(days=400), "expirat lun, 20 oct. 2025"),
    ],
)
def test_of_an_expired_uit_it_is_said_since_when(first_expired_day: date, words: str) -> None:
    row = transport(first_expired_day=first_expired_day)
    assert display.validity_left(row, today=DAY) == words


def test_on_the_last_but_one_day_hours_are_shown_not_days() -> None:
    """At 20:00 of the day before the last one 28 hours are left, not „2 zile”."""
    row = transport(first_expired_day=DAY + timedelta(days=2))
    now = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
    assert display.validity_left(row, today=DAY, now=now) == "încă 28 de ore"


def test_a_transport_to_come_begins_first() -> None:
    row = transport(
        transport_date=DAY + timedelta(days=1), first_expired_day=DAY + timedelta(days=6)
    )
    assert display.validity_left(row, today=DAY) == "începe mâine, 5 zile"


@pytest.mark.parametrize(
    ("end", "now", "seconds"),
    [
        (None, datetime(2026, 11, 25, 12, 0, tzinfo=UTC), 10 * 3600 + 1),
        (9, datetime(2026, 11, 25, 21, 59, 58, tzinfo=UTC), 3),
        (2, datetime(2026, 11, 25, 12, 30, tzinfo=UTC), 1801),
        (1, datetime(2026, 11, 25, 21, 20, 15, tzinfo=UTC), 46),
        (0, datetime(2026, 11, 25, 12, 0, tzinfo=UTC), 10 * 3600 + 1),
    ],
)
def test_a_page_says_when_its_words_are_true_no_longer(
    end: int | None, now: datetime, seconds: int
) -> None:
    row = None if end is None else transport(first_expired_day=DAY + timedelta(days=end))
    assert display.clock_due(row, now=now) == seconds


def test_the_day_on_which_the_clock_goes_back_has_an_hour_more() -> None:
    day = date(2026, 10, 25)
    row = transport(transport_date=day, first_expired_day=day + timedelta(days=1))
    midnight = datetime(2026, 10, 24, 21, tzinfo=UTC)
    assert display.validity_left(row, today=day, now=midnight) == f"încă {plural(25, 'oră', 'ore')}"


def test_a_declared_change_to_the_same_vehicle_is_said_to_be_none() -> None:
    row = transport(plate="B12ABC", trailer1="B34REM")
    change = {"plate": "B12ABC", "trailer1": "B34REM", "trailer2": ""}
    event = TransportEvent(
        transport=row, kind="vehicle_changed", changes={"vehicle_changes": [[], [change]]}
    )
    (line,) = display.change_lines(event)
    assert (line.old, line.new) == ("B12ABC + B34REM", "același, declarat din nou")
