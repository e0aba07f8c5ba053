"""What changed: the pure rules by which an answer becomes states and events."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from caraus.transports.reconcile import (
    DELIST_WAIT,
    KnownUit,
    Reconciled,
    UitState,
    reconcile,
)

NOON = datetime(2025, 11, 24, 10, 0, tzinfo=UTC)
TODAY = date(2025, 11, 24)
MINUTE = timedelta(minutes=1)

World = dict[str, KnownUit]
Response = dict[str, dict[str, Any]]


def fields(**changed: Any) -> dict[str, Any]:
    return {
        "declarant_name": "AGRO SRL",
        "transport_date": "2025-11-24",
        "first_expired_day": "2025-11-29",
        "expiry_computed": False,
        "carrier_cui": "900010100",
        "plate": "B12ABC",
        "trailer1": "",
        "vehicle_changes": [],
        "start": {"county": "AR", "locality": "Nădlac"},
        **changed,
    }


def active(**changed: Any) -> KnownUit:
    return KnownUit("active", fields(**changed))


def after(
    world: World,
    response: Mapping[str, Mapping[str, Any]],
    *,
    at: datetime = NOON,
    today: date = TODAY,
    unread: frozenset[str] = frozenset(),
) -> tuple[World, Reconciled]:
    result = reconcile(known=world, response=response, at=at, today=today, unread=unread)
    return {**world, **result.states}, result


def kinds(result: Reconciled) -> list[tuple[str, str]]:
    return [(event.uit, event.kind) for event in result.events]


def test_a_new_uit_appears() -> None:
    world, result = after({}, {"A": fields()})
    assert kinds(result) == [("A", "appeared")]
    assert world == {"A": active()}


def test_the_same_response_twice_makes_no_event_and_nothing_to_write() -> None:
    world, _ = after({}, {"A": fields(), "B": fields(plate="CJ01XYZ")})
    _, repeated = after(world, {"B": fields(plate="CJ01XYZ"), "A": fields()}, at=NOON + 5 * MINUTE)
    assert repeated == Reconciled(states={}, events=())


def test_one_empty_response_delists_nothing() -> None:
    world, result = after({"A": active(), "B": active()}, {})
    assert result.events == ()
    assert {record.state for record in world.values()} == {"missing"}
    assert {record.missing_since for record in world.values()} == {NOON}


def test_an_absence_that_ends_leaves_no_trace() -> None:
    world, _ = after({"A": active()}, {})
    world, result = after(world, {"A": fields()}, at=NOON + 30 * MINUTE)
    assert result.events == ()
    assert world == {"A": active()}


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (timedelta(), "missing"),
        (DELIST_WAIT - timedelta(seconds=1), "missing"),
        (DELIST_WAIT, "delisted"),
        (timedelta(days=1), "delisted"),
    ],
)
def test_two_good_responses_ten_minutes_apart_delist(later: timedelta, state: UitState) -> None:
    stays = {"B": fields()}
    world, _ = after({"A": active(), "B": active()}, stays)
    world, result = after(world, stays, at=NOON + later)
    assert world["A"].state == state
    assert kinds(result) == ([("A", "delisted")] if state == "delisted" else [])


def test_an_absence_is_counted_anew_after_the_uit_was_seen_again() -> None:
    world, _ = after({"A": active()}, {})
    world, _ = after(world, {"A": fields()}, at=NOON + 5 * MINUTE)
    world, result = after(world, {}, at=NOON + 10 * MINUTE)
    assert (world["A"].state, result.events) == ("missing", ())


@pytest.mark.parametrize("state", ["active", "missing"])
@pytest.mark.parametrize("today", [date(2025, 11, 29), date(2025, 12, 24)])
def test_a_uit_past_its_validity_is_expired_and_not_delisted(state: UitState, today: date) -> None:
    old = KnownUit(state, fields(), NOON - timedelta(days=1) if state == "missing" else None)
    world, result = after({"A": old}, {}, today=today)
    assert kinds(result) == [("A", "expired")]
    assert world["A"].state == "expired"
    _, repeated = after(world, {}, at=NOON + timedelta(days=1), today=today)
    assert repeated.events == ()


def test_a_uit_is_not_expired_on_its_last_valid_day() -> None:
    world, _ = after({"A": active()}, {}, today=date(2025, 11, 28))
    assert world["A"].state == "missing"


@pytest.mark.parametrize(
    ("known", "missing", "responses_needed"),
    [(9, 8, 2), (10, 5, 2), (10, 6, 3), (10, 9, 3), (200, 101, 3)],
)
def test_a_mass_disappearance_waits_for_a_third_response(
    known: int, missing: int, responses_needed: int
) -> None:
    world = {f"U{number}": active() for number in range(known)}
    response = {uit: fields() for uit in list(world)[missing:]}
    for number in range(1, responses_needed + 1):
        world, result = after(world, response, at=NOON + number * DELIST_WAIT)
        assert result.count("delisted") == (missing if number == responses_needed else 0)
        is_mass = responses_needed == 3
        assert result.mass_missing == (missing if is_mass and number == 1 else 0)


def test_one_more_that_goes_missing_does_not_begin_a_mass_disappearance_again() -> None:
    world = {f"U{number}": active() for number in range(40)}
    begun = []
    for number, left in enumerate((40, 39, 10, 9, 8, 8)):
        response = {uit: fields() for uit in list(world)[40 - left :]}
        world, result = after(world, response, at=NOON + timedelta(minutes=number))
        begun.append(result.mass_missing)
    assert begun == [0, 0, 30, 0, 0, 0]


def test_two_responses_far_apart_are_still_two_in_a_mass_disappearance() -> None:
    world = {f"U{number}": active() for number in range(10)}
    stays = {"U0": fields()}
    world, _ = after(world, stays)
    for later in (timedelta(hours=5), timedelta(hours=5), timedelta(hours=5, minutes=9)):
        world, result = after(world, stays, at=NOON + later)
        assert result.events == ()
    _, result = after(world, stays, at=NOON + timedelta(hours=5, minutes=10))
    assert result.count("delisted") == 9


def test_uits_past_their_validity_make_no_mass_disappearance() -> None:
    world = {f"U{number}": active(first_expired_day="2025-11-24") for number in range(9)}
    world |= {"A": active()}
    world, result = after(world, {})
    assert (result.mass_missing, result.count("expired")) == (0, 9)


def test_what_is_closed_is_not_counted_in_a_mass_disappearance() -> None:
    closed = {f"C{number}": KnownUit("expired", fields()) for number in range(50)}
    stays = {"B": fields()}
    world, _ = after({"A": active(), "B": active(), **closed}, stays)
    world, _ = after(world, stays, at=NOON + DELIST_WAIT)
    assert world["A"].state == "delisted"


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def fleet(number: int) -> World:
    return {f"U{each}": active() for each in range(number)}


@pytest.mark.parametrize("number", [1, 2, 3, 5, 9, 10, 30])
def test_when_all_uits_go_missing_at_once_hours_pass_before_they_are_delisted(number: int) -> None:
    world, counts = fleet(number), []
    for later in (0, 0.2, 0.4, 1, 2, 2.99, 3, 4):
        world, result = after(world, {}, at=NOON + hours(later))
        counts.append((result.all_missing, result.mass_missing, result.count("delisted")))
    nothing = (0, 0, 0)
    assert counts == [(number, 0, 0), *[nothing] * 5, (0, 0, number), nothing]


@pytest.mark.parametrize("number", [1, 3, 5, 9, 30])
def test_all_that_come_back_in_time_leave_no_trace(number: int) -> None:
    whole = {uit: record.fields for uit, record in fleet(number).items()}
    world = fleet(number)
    for minutes in (5, 16, 27):
        world, result = after(world, {}, at=NOON + minutes * MINUTE)
        assert result.events == ()
    world, result = after(world, whole, at=NOON + 40 * MINUTE)
    assert (world, result.events) == (fleet(number), ())


def test_those_that_stay_absent_after_some_came_back_are_still_held() -> None:
    world, _ = after(fleet(5), {})
    counts = []
    for later in (0.5, 1, 2.9, 3, 3.1, 3.3):
        world, result = after(world, {"U0": fields()}, at=NOON + hours(later))
        counts.append((result.all_missing, result.count("delisted")))
    assert counts == [(0, 0), (0, 0), (0, 0), (0, 4), (0, 0), (0, 0)]
    assert world["U0"] == active()


def test_who_was_absent_before_the_others_went_missing_is_held_with_them() -> None:
    world, _ = after(fleet(3), {"U1": fields(), "U2": fields()})
    world, result = after(world, {}, at=NOON + 5 * MINUTE)
    assert result.all_missing == 3
    for later in (0.2, 0.5, 3):
        world, result = after(world, {}, at=NOON + hours(later))
        assert result.events == ()
    _, result = after(world, {}, at=NOON + hours(3) + 5 * MINUTE)
    assert result.count("delisted") == 3


def test_all_known_uits_are_held_though_new_ones_are_listed() -> None:
    world, result = after(fleet(5), {"N": fields()})
    assert (result.all_missing, result.count("appeared")) == (5, 1)
    for later in (0.5, 1, 2.9):
        world, result = after(world, {"N": fields()}, at=NOON + hours(later))
        assert result.events == ()


def test_one_that_came_back_and_goes_missing_again_begins_no_second_notice() -> None:
    world, _ = after(fleet(5), {})
    world, _ = after(world, {"U0": fields()}, at=NOON + hours(1))
    world, result = after(world, {}, at=NOON + hours(2))
    assert result.all_missing == 0
    world, _ = after(world, {}, at=NOON + hours(2.5))
    world, result = after(world, {}, at=NOON + hours(3))
    assert kinds(result) == [(f"U{number}", "delisted") for number in range(1, 5)]
    _, result = after(world, {}, at=NOON + hours(5))
    assert kinds(result) == [("U0", "delisted")]


def test_a_held_uit_whose_validity_ends_meanwhile_is_expired_and_not_delisted() -> None:
    world, _ = after(fleet(2) | {"E": active(first_expired_day="2025-11-25")}, {})
    world, result = after(world, {}, at=NOON + hours(1), today=date(2025, 11, 25))
    assert kinds(result) == [("E", "expired")]
    assert world["E"] == KnownUit("expired", fields(first_expired_day="2025-11-25"))


def test_a_list_emptied_by_validity_alone_is_no_disappearance() -> None:
    world = {f"U{number}": active(first_expired_day="2025-11-24") for number in range(5)}
    _, result = after(world, {})
    assert (result.all_missing, result.count("expired")) == (0, 5)


def test_two_empty_responses_far_apart_delist_nothing() -> None:
    world, _ = after(fleet(3), {})
    _, result = after(world, {}, at=NOON + hours(30))
    assert result.events == ()


def test_how_long_they_are_held_is_a_setting() -> None:
    world = fleet(3)
    for later in (0, 1, 9, 10):
        result = reconcile(
            known=world, response={}, at=NOON + hours(later), today=TODAY, hold=hours(10)
        )
        world = {**world, **result.states}
        assert result.count("delisted") == (3 if later == 10 else 0)


def test_a_uit_that_could_not_be_read_is_not_absent() -> None:
    world, _ = after({"A": active()}, {}, unread=frozenset({"A"}))
    world, result = after(world, {}, at=NOON + timedelta(hours=1), unread=frozenset({"A"}))
    assert (world, result.events) == ({"A": active()}, ())


def test_a_uit_that_could_not_be_read_ends_the_absence_before_it() -> None:
    world, _ = after({"A": active()}, {})
    world, _ = after(world, {}, at=NOON + 5 * MINUTE, unread=frozenset({"A"}))
    assert world["A"] == active()
    world, result = after(world, {}, at=NOON + 10 * MINUTE)
    assert (world["A"].state, result.events) == ("missing", ())


@pytest.mark.parametrize("state", ["expired", "delisted"])
def test_a_closed_uit_that_comes_back_unreadable_has_returned_with_its_old_fields(
    state: UitState,
) -> None:
    world, result = after({"A": KnownUit(state, fields())}, {}, unread=frozenset({"A"}))
    assert kinds(result) == [("A", "returned")]
    assert world == {"A": active()}


def test_an_unreadable_uit_never_seen_before_makes_no_row() -> None:
    assert after({}, {}, unread=frozenset({"A"})) == ({}, Reconciled(states={}, events=()))


def test_a_record_without_a_uit_may_be_any_of_the_absent_ones() -> None:
    old = KnownUit("missing", fields(), NOON)
    world, result = after(
        {"A": old, "B": active()}, {}, at=NOON + timedelta(hours=1), unread=frozenset({""})
    )
    assert (world, result.events) == ({"A": old, "B": active()}, ())


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"plate": "B99NEW"}, "vehicle_changed"),
        ({"trailer1": "B01REM"}, "vehicle_changed"),
        ({"vehicle_changes": [{"plate": "CJ01XYZ"}]}, "vehicle_changed"),
        ({"plate": "B99NEW", "transport_date": "2025-11-25"}, "changed"),
        ({"first_expired_day": "2025-12-01"}, "changed"),
        ({"start": {"county": "AR", "locality": "Curtici"}}, "changed"),
        ({"carrier_cui": "900020201"}, "carrier_changed"),
        ({"carrier_cui": "900020201", "plate": "B99NEW"}, "carrier_changed"),
        ({"new_field": 1}, "changed"),
    ],
)
def test_each_changed_field_is_an_event_with_its_old_and_new_value(
    changes: dict[str, Any], kind: str
) -> None:
    world, result = after({"A": active()}, {"A": fields(**changes)})
    (event,) = result.events
    assert event.kind == kind
    assert event.changes == {name: [fields().get(name), new] for name, new in changes.items()}
    assert world["A"].fields == fields(**changes)


def test_a_change_of_what_we_computed_is_written_without_an_event() -> None:
    world, result = after({"A": active(expiry_computed=True)}, {"A": fields()})
    assert result.events == ()
    assert world["A"] == active()


@pytest.mark.parametrize("state", ["expired", "delisted"])
def test_a_closed_uit_that_is_listed_again_has_returned(state: UitState) -> None:
    old = KnownUit(state, fields(), NOON)
    world, result = after({"A": old}, {"A": fields(plate="B99NEW")})
    assert kinds(result) == [("A", "returned"), ("A", "vehicle_changed")]
    assert world["A"] == active(plate="B99NEW")


def test_what_is_closed_and_absent_stays_as_it_is() -> None:
    world = {"A": KnownUit("delisted", fields(), NOON), "B": KnownUit("expired", fields())}
    assert after(world, {}, at=NOON + timedelta(days=9), today=date(2026, 1, 1))[0] == world


def test_events_are_counted_by_uit() -> None:
    _, result = after({"A": KnownUit("expired", fields())}, {"A": fields(plate="X"), "B": fields()})
    assert result.count("returned", "vehicle_changed") == 1
    assert result.count("appeared", "vehicle_changed") == 2
