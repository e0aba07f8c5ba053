"""Decisions: plates, directions, problems. Nothing here touches the database."""

from datetime import date, timedelta
from itertools import combinations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from caraus.core.formatting import folded, normalized_plate
from caraus.fleet import plates
from caraus.fleet.issues import (
    MAX_TRIPS,
    IssueCode,
    ListedVehicle,
    OpenTransport,
    PlateIssue,
    find_issues,
)
from caraus.fleet.trips import SEATS, Trip, are_in_conflict

MONDAY = date(2026, 11, 23)
OURS = {
    "B123ABC": ListedVehicle(is_trailer=False),
    "CT34REM": ListedVehicle(is_trailer=True),
    "CJ01OLD": ListedVehicle(is_trailer=False, active=False),
}


def trip(way: str = "CJ-B", *, day: int = 0, days: int = 5) -> Trip:
    start, end = way.split("-")
    starts = MONDAY + timedelta(days=day)
    return Trip(starts, starts + timedelta(days=days), start, end)


def uit(pk: int, *numbers: str, way: str = "CJ-B", day: int = 0) -> OpenTransport:
    vehicle, trailer1, trailer2 = [*numbers, "", "", ""][:3]
    return OpenTransport(pk, (vehicle, trailer1, trailer2), trip(way, day=day))


def issues_of(
    uits: list[OpenTransport], fleet: dict[str, ListedVehicle] = OURS
) -> set[tuple[int, str, str, str]]:
    return {
        (issue.uit, issue.code.value, issue.plate_field, issue.plate)
        for issue in find_issues(uits, fleet)
    }


# -- plates --------------------------------------------------------------------------------------


@given(st.text(max_size=40))
def test_a_plate_is_folded_as_the_search_folds_and_reading_never_loses_a_letter(typed: str) -> None:
    assert normalized_plate(typed) == folded(typed).upper()
    try:
        read = plates.clean_plate(typed)
    except ValidationError:
        return
    assert read == normalized_plate(typed)
    assert 2 <= len(read) <= 20
    assert read.isascii()


@pytest.mark.parametrize(
    ("typed", "plate"),
    [
        (" b-123 abc", "B123ABC"),
        ("B.123.ABC", "B123ABC"),
        ("'CJ\u00a007\u2011ță x", "CJ07TAX"),
        ("LÖ-AB 12", "LOAB12"),
    ],
)
def test_a_plate_is_read_as_people_write_it(typed: str, plate: str) -> None:
    assert plates.clean_plate(typed) == plate


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Scrie numărul"),
        ("   ", "Scrie numărul"),
        ("camion", "nu are nicio cifră"),
        ("7", "are 1 caractere"),
        ("B1" * 11, "are 22 caractere"),
        ("B 12 ABC / CJ 34 REM", "mai multe numere"),
        ("B12ABC+CT34REM", "mai multe numere"),
        ("В123АВС", "semnul „В”"),  # Cyrillic letters that look Latin
        ("B1@23", "semnul „@”"),
    ],
)
def test_what_is_no_plate_is_reported_in_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        plates.clean_plate(typed)


# -- directions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "clashes"),
    [
        (trip("CJ-B"), trip("B-CJ"), True),
        (trip("CJ-B"), trip("CJ-TM"), True),
        (trip("CJ-B"), trip("IS-TM"), True),
        (trip("CJ-B"), trip("CJ-B"), False),
        (trip("CJ-B"), trip("CJ-SB"), False),  # unloads on the way
        (trip("CJ-B"), trip("SB-B"), False),  # loads on the way
        (trip("CJ-B"), trip("SB-AG"), False),  # both
        (trip("B-PH"), trip("PH-B"), False),  # near: twice a day
        (trip("B-IF"), trip("IF-B"), False),
        (trip("CJ-CJ"), trip("CT-CT"), True),
        (trip("SB-SB"), trip("CJ-B"), False),  # inside a county on the way
        (trip("SV-SV"), trip("TM-CT"), True),
        (trip("CJ-B"), trip("B-CJ", day=1), False),  # the way back
        (trip("CJ-B"), trip("IF-CT", day=2), False),  # the next leg
        (trip("CJ-B"), trip("TM-SV", day=1), True),
        (
            trip("CJ-B"),
            trip("B-CJ", day=5),
            False,
        ),  # the first day of the one, the end of the other
        (trip("CJ-B", days=15), trip("TM-SV", day=14), True),
        (trip("CJ-"), trip("B-CJ"), False),  # unknown
        (trip("XX-B"), trip("B-CJ"), False),
    ],
)
def test_two_transports_clash_only_when_a_driver_could_hardly_do_both(
    first: Trip, second: Trip, clashes: bool
) -> None:
    assert are_in_conflict(first, second) is are_in_conflict(second, first) is clashes


ways = st.builds(
    Trip,
    st.dates(MONDAY, MONDAY + timedelta(days=9)),
    st.dates(MONDAY + timedelta(days=1), MONDAY + timedelta(days=20)),
    st.sampled_from([*SEATS, "", "?"]),
    st.sampled_from([*SEATS, ""]),
)


@given(ways, ways)
def test_clashing_is_mutual_and_never_with_oneself(first: Trip, second: Trip) -> None:
    assert are_in_conflict(first, second) is are_in_conflict(second, first)
    assert not are_in_conflict(first, first)


def test_every_county_has_its_seat() -> None:
    assert len(SEATS) == 42


# -- problems ------------------------------------------------------------------------------------


def test_plates_beside_the_fleet() -> None:
    assert issues_of([uit(1, "B123ABC", "CT34REM")]) == set()
    assert issues_of([uit(1, "CJ77NOU", "CT35REM", "CT36REM")]) == {
        (1, "not_in_fleet", "plate", "CJ77NOU"),
        (1, "not_in_fleet", "trailer1", "CT35REM"),
        (1, "not_in_fleet", "trailer2", "CT36REM"),
    }
    assert issues_of([uit(1, "CT34REM", "B123ABC")]) == {
        (1, "trailer_as_vehicle", "plate", "CT34REM"),
        (1, "vehicle_as_trailer", "trailer1", "B123ABC"),
    }
    assert issues_of([uit(1, "CJ01OLD")]) == {(1, "retired", "plate", "CJ01OLD")}
    assert issues_of([uit(1, "", "CJ01OLD")]) == {(1, "vehicle_as_trailer", "trailer1", "CJ01OLD")}
    assert issues_of([uit(1, "", "", "")]) == set()


@pytest.mark.parametrize("fleet", [{}, {"CJ01OLD": ListedVehicle(is_trailer=False, active=False)}])
def test_no_fleet_entered_no_alarms(fleet: dict[str, ListedVehicle]) -> None:
    assert issues_of([uit(1, "CJ77NOU", "B123ABC"), uit(2, "CJ77NOU", way="B-CJ")], fleet) == set()


def test_one_plate_in_two_directions_is_reported_on_both() -> None:
    issues = find_issues(
        [uit(1, "B123ABC"), uit(2, "B123ABC", way="B-CJ"), uit(3, "B123ABC", way="CJ-SB")], OURS
    )
    assert {(item.uit, item.other) for item in issues} == {(1, 2), (2, 1), (3, 2)}
    assert {item.code for item in issues} == {IssueCode.TWO_DIRECTIONS}


def test_a_trailer_can_be_in_one_place_only_and_whatever_place_it_stands_in() -> None:
    issues = find_issues(
        [uit(1, "B123ABC", "CT34REM"), uit(2, "", "", "CT34REM", way="B-CJ")], OURS
    )
    assert issues == {
        PlateIssue(1, IssueCode.TWO_DIRECTIONS, "trailer1", "CT34REM", 2),
        PlateIssue(2, IssueCode.TWO_DIRECTIONS, "trailer2", "CT34REM", 1),
    }


def test_the_same_plate_twice_on_one_uit_clashes_with_no_other_than_another_uit() -> None:
    assert issues_of([uit(1, "CT34REM", "CT34REM", "CT34REM")]) == {
        (1, "trailer_as_vehicle", "plate", "CT34REM")
    }
    twice = [uit(1, "", "CT34REM", "CT34REM"), uit(2, "", "CT34REM", way="B-CJ")]
    assert len(find_issues(twice, OURS)) == 2


def test_a_filler_plate_on_thousands_of_uits_is_decided_soon() -> None:
    counties = list(combinations(SEATS, 2))
    many = [
        uit(pk, "XX00XXX", way="-".join(counties[pk % len(counties)]), day=pk % 5)
        for pk in range(4 * MAX_TRIPS)
    ]
    issues = find_issues(many, {"B123ABC": ListedVehicle(is_trailer=False)})
    unknown = [item for item in issues if item.code is IssueCode.NOT_IN_FLEET]
    assert len(unknown) == len(many)
    assert len(issues) <= 2 * len(many)


any_plate = st.sampled_from(["", "B123ABC", "CT34REM", "CJ01OLD", "CJ77NOU"])
any_uits = st.lists(st.tuples(any_plate, any_plate, any_plate, ways), max_size=8).map(
    lambda rows: [OpenTransport(pk, row[:3], row[3]) for pk, row in enumerate(rows)]
)


@given(any_uits)
def test_the_order_of_uits_changes_nothing_and_each_problem_is_of_its_own_plate(
    uits: list[OpenTransport],
) -> None:
    issues = find_issues(uits, OURS)
    assert issues == find_issues(uits[::-1], OURS)
    by_pk = {each.pk: each for each in uits}
    for item in issues:
        assert item.plate in by_pk[item.uit].plates
        assert (item.other is None) == (item.code is not IssueCode.TWO_DIRECTIONS)
        if item.other is not None:
            assert are_in_conflict(by_pk[item.uit].trip, by_pk[item.other].trip)
            assert item.plate in by_pk[item.other].plates
