"""The living world: reproducible, plausible, and moving with the clock."""

import random
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest

from anaf_simulator.clock import local
from anaf_simulator.codes import is_cui, is_uit, make_uit
from anaf_simulator.generator import (
    LONG_OPERATIONS,
    Notification,
    notifications_of_day,
    validity_days,
)
from anaf_simulator.keys import signing_key
from anaf_simulator.people import CARRIERS, DECLARANTS
from anaf_simulator.places import border_points, customs_offices, random_plate
from anaf_simulator.world import World, record_at
from caraus.fleet.trips import Trip, are_in_conflict
from tests.simulator.conftest import BUSY, MEDIUM, SINGLE, SMALL

NOW = datetime(2026, 7, 15, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def year() -> list[Notification]:
    """Return all that is declared in some months, for every carrier."""
    days = [date(2026, 3, 1) + timedelta(days=number) for number in range(150)]
    return [
        notification
        for carrier in CARRIERS.values()
        for day in days
        for notification in notifications_of_day(1, carrier, day)
    ]


def test_the_official_examples_have_right_check_digits() -> None:
    for uit in ("3V0P0L0P0T3JUW46", "0C1E0K0N0M3EHP79", "9E0P0C0J0J3DQV99"):
        assert is_uit(uit)
    assert not is_uit("3V0P0L0P0T3JUW47")
    assert is_cui("14399840")
    assert not is_cui("14399841")


def test_every_uit_fits_the_pattern_and_its_check_digits(year: list[Notification]) -> None:
    assert all(is_uit(notification.uit) for notification in year)
    assert len({notification.uit for notification in year}) == len(year)
    rng = random.Random(5)
    assert all(is_uit(make_uit(rng)) for _ in range(500))


def test_every_fiscal_code_has_its_check_digit() -> None:
    assert all(is_cui(cui) for cui in CARRIERS)
    assert all(is_cui(company.cui) for company in DECLARANTS)
    assert list(CARRIERS) == [BUSY, MEDIUM, SMALL, SINGLE]


def test_nothing_is_declared_more_than_three_days_ahead(year: list[Notification]) -> None:
    for notification in year:
        declared = local(notification.declared_at).date()
        shown = [
            notification.record,
            *(event.data for event in notification.events if "data_transp" in event.data),
        ]
        for fields in shown:
            transport = date.fromisoformat(str(fields["data_transp"])[:10])
            assert timedelta(days=0) <= transport - declared <= timedelta(days=3)


def test_a_uit_lives_5_days_or_15_for_intra_eu_acquisitions(year: list[Notification]) -> None:
    lives = Counter()  # type: Counter[tuple[bool, int]]
    for notification in year:
        start = datetime.fromisoformat(str(notification.record["data_transp"]))
        end = datetime.fromisoformat(str(notification.record["data_exp_uit"]))
        lives[notification.operation in LONG_OPERATIONS, (end - start).days] += 1
        assert (start.hour, end.hour) == (0, 0)
    assert set(lives) == {(False, 5), (True, 15)}
    assert (validity_days("30"), validity_days("10")) == (5, 15)


def test_the_last_valid_day_is_the_one_before_data_exp_uit() -> None:
    world = World(1)
    record = world.active(BUSY, NOW)[0]
    notification = world.find(str(record["uit"]), NOW)
    assert notification is not None
    end = datetime.fromisoformat(str(record["data_exp_uit"]))
    bare = Notification(
        notification.uit,
        notification.carrier,
        notification.declarant,
        notification.declared_at,
        notification.operation,
        record,
        {},
    )
    # Romania is at UTC+3 in July.
    last = end.replace(tzinfo=UTC) - timedelta(hours=3, seconds=1)
    assert record_at(bare, last) is not None
    assert record_at(bare, last + timedelta(seconds=1)) is None


def test_every_kind_of_place_and_document_occurs(year: list[Notification]) -> None:
    kinds, documents = set(), set()
    for notification in year:
        for side in ("loc_start", "loc_final"):
            place = notification.record[side]
            assert isinstance(place, dict)
            kinds.add(place["tip_loc"])
            if place["tip_loc"] != "ADR":
                assert set(place) == {"tip_loc", "adresa_completa", "judet"}
        papers = notification.record["documente"]
        documents.add(type(papers[0]).__name__ if isinstance(papers, list) else "text")
    assert kinds == {"ADR", "PTF", "BV"}
    assert documents == {"text", "str", "dict"}


def test_optional_fields_are_missing_at_times_and_numbers_stand_for_strings(
    year: list[Notification],
) -> None:
    assert {type(notification.record.get("ref_decl")) for notification in year} == {
        str,
        int,
        type(None),
    }
    assert {type(notification.record["cod_decl"]) for notification in year} == {int}
    assert {type(notification.record["tr_cod"]) for notification in year} == {str}
    assert any("nr_rem1" not in notification.record for notification in year)
    assert any("nr_rem2" in notification.record for notification in year)


def test_every_kind_of_event_occurs(year: list[Notification]) -> None:
    kinds = Counter(event.kind for notification in year for event in notification.events)
    assert kinds.keys() == {"correction", "vehicle", "deletion"}
    changed = {
        name for notification in year for event in notification.events for name in event.data
    }
    assert {"nr_veh", "nr_rem1", "data_transp", "loc_final"} <= changed


def test_names_are_written_with_comma_below(year: list[Notification]) -> None:
    text = str([notification.record for notification in year])
    assert "ș" in text
    assert "ț" in text
    assert not set("şţŞŢ") & set(text)


def test_border_points_are_written_as_the_api_text_shows(year: list[Notification]) -> None:
    assert border_points()["4"].name == "PTF Nădlac"
    assert len(border_points()) == 38
    assert customs_offices()["12801"].name == "BVI Alba Iulia"
    shown = [
        place
        for notification in year
        if (place := notification.record["loc_start"]) and "PTF" in str(place)
    ]
    assert re.search(r"PTF [^,]+, Jud\. \w+", str(shown[0]))


def test_plates_have_romanian_forms() -> None:
    rng = random.Random(3)
    plates = [random_plate(rng) for _ in range(300)]
    assert all(re.fullmatch(r"(B\d{2,3}|[A-Z]{2}\d{2})[A-Z]{3}", plate) for plate in plates)
    assert any(re.fullmatch(r"B\d{2}[A-Z]{3}", plate) for plate in plates)
    assert any(re.fullmatch(r"B\d{3}[A-Z]{3}", plate) for plate in plates)


@pytest.mark.parametrize(
    ("cui", "least", "most"), [(BUSY, 25, 60), (MEDIUM, 3, 14), (SMALL, 1, 2), (SINGLE, 2, 10)]
)
def test_each_carrier_has_about_as_many_uits_as_promised(cui: str, least: int, most: int) -> None:
    world = World(1)
    counts = [len(world.active(cui, NOW + timedelta(hours=11 * n))) for n in range(120)]
    assert least <= min(counts)
    assert max(counts) <= most


def test_the_same_seed_makes_the_same_world_and_another_seed_another() -> None:
    assert World(7).active(BUSY, NOW) == World(7).active(BUSY, NOW)
    assert World(7).active(BUSY, NOW) != World(8).active(BUSY, NOW)


def test_the_same_seed_makes_the_same_key() -> None:
    numbers = [signing_key(seed).private_numbers() for seed in (0, 0, 1)]
    assert numbers[0] == numbers[1]
    assert numbers[0].p != numbers[2].p
    assert numbers[0].public_numbers.n.bit_length() == 2048


def _trips_by_plate(records: list[dict[str, object]]) -> dict[str, list[Trip]]:
    trips: dict[str, list[Trip]] = {}
    for record in records:
        start, end = record["loc_start"], record["loc_final"]
        assert isinstance(start, dict)
        assert isinstance(end, dict)
        starts, until = (
            date.fromisoformat(str(record[name])[:10]) for name in ("data_transp", "data_exp_uit")
        )
        trip = Trip(starts, until, start["judet"], end["judet"])
        trips.setdefault(str(record["nr_veh"]), []).append(trip)
    return trips


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_lorry_goes_one_way_but_for_a_wrong_plate_now_and_then(seed: int) -> None:
    world, in_conflict, seen = World(seed), 0, 0
    for number in range(30):
        trips_by_plate = _trips_by_plate(world.active(BUSY, NOW + timedelta(days=number)))
        conflicts = [
            plate
            for plate, trips in trips_by_plate.items()
            if any(are_in_conflict(*pair) for pair in combinations(trips, 2))
        ]
        assert len(conflicts) <= 5
        in_conflict, seen = in_conflict + len(conflicts), seen + len(trips_by_plate)
    assert 0 < in_conflict < seen / 8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_several_declarants_load_one_lorry_for_several_places(seed: int) -> None:
    world, most = World(seed), 0
    for number in range(14):
        records = world.active(BUSY, NOW + timedelta(days=number))
        loads: dict[object, list[dict[str, object]]] = {}
        for record in records:
            loads.setdefault((record["nr_veh"], record["data_transp"]), []).append(record)
        assert len(loads) >= 10
        biggest = max(loads.values(), key=len)
        assert len(biggest) >= 3
        assert len({record["cod_decl"] for record in biggest}) >= 2
        assert len({str(record["loc_final"]) for record in biggest}) >= 2
        trailers = Counter(record.get("nr_rem1") for record in biggest)
        most = max(most, *trailers.values())
    assert most >= 8
