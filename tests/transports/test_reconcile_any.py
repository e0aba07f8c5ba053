"""The rules of reconciling hold for whatever ANAF answers, in whatever order."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from caraus.transports.reconcile import (
    DEFAULT_HOLD,
    DELIST_WAIT,
    KnownUit,
    Reconciled,
    difference,
    reconcile_late,
)
from tests.transports.test_reconcile import MINUTE, NOON, Response, World, after, fields

uits = st.sampled_from(["A", "B", "C", "D"])
some_fields = st.builds(
    lambda plate, name, day: fields(plate=plate, declarant_name=name, first_expired_day=day),
    st.sampled_from(["B12ABC", "CJ01XYZ"]),
    st.sampled_from(["AGRO SRL", "OȚEL SA"]),
    st.sampled_from(["2025-11-20", "2025-11-29"]),
)
responses = st.dictionaries(uits, some_fields)
unreads = st.frozensets(st.sampled_from(["", "A", "B", "Z"]), max_size=2)
steps = st.lists(st.tuples(responses, unreads, st.integers(0, 15)), max_size=8)


def play(story: list[tuple[Response, frozenset[str], int]]) -> tuple[World, datetime]:
    world: World = {}
    at = NOON
    for response, unread, minutes in story:
        at += minutes * MINUTE
        world, _ = after(world, response, at=at, unread=unread)
    return world, at


@given(steps, responses, unreads)
def test_a_response_repeated_at_once_changes_nothing(
    story: list[tuple[Response, frozenset[str], int]], response: Response, unread: frozenset[str]
) -> None:
    world, at = play(story)
    world, _ = after(world, response, at=at, unread=unread)
    assert after(world, response, at=at, unread=unread)[1] == Reconciled(states={}, events=())


@given(steps, responses, st.randoms())
def test_the_order_in_which_anaf_lists_the_uits_changes_no_state(
    story: list[tuple[Response, frozenset[str], int]], response: Response, random: Any
) -> None:
    world, at = play(story)
    shuffled = list(response.items())
    random.shuffle(shuffled)
    first, result = after(world, response, at=at)
    second, told_too = after(world, dict(shuffled), at=at)
    assert first == second
    assert sorted(map(repr, result.events)) == sorted(map(repr, told_too.events))


@given(steps, responses)
def test_whatever_came_before_what_is_listed_is_active_as_listed(
    story: list[tuple[Response, frozenset[str], int]], response: Response
) -> None:
    world, at = play(story)
    world, _ = after(world, response, at=at)
    assert {uit: world[uit] for uit in response} == {
        u: KnownUit("active", f) for u, f in response.items()
    }


@given(steps, responses)
def test_no_uit_is_ever_lost(
    story: list[tuple[Response, frozenset[str], int]], response: Response
) -> None:
    world, at = play(story)
    assert world.keys() <= after(world, response, at=at)[0].keys()


@given(steps, st.integers(0, 9))
def test_nothing_open_is_delisted_by_one_response_after_it_was_seen(
    story: list[tuple[Response, frozenset[str], int]], minutes: int
) -> None:
    everything = {uit: fields() for uit in "ABCD"}
    world, at = play(story)
    world, _ = after(world, everything, at=at)
    for later in (timedelta(hours=1), timedelta(hours=1, minutes=minutes)):
        world, result = after(world, {}, at=at + later)
        assert result.count("delisted") == 0


@given(steps, st.lists(st.tuples(st.integers(0, 40), st.frozensets(uits)), max_size=8))
def test_nothing_is_delisted_within_hours_after_all_went_missing_whatever_comes_back(
    story: list[tuple[Response, frozenset[str], int]], later: list[tuple[int, frozenset[str]]]
) -> None:
    """Nor whatever vanishes again meanwhile; a UIT that came back is one among several."""
    everything = {uit: fields() for uit in "ABCD"}
    world, at = play(story)
    world, _ = after(world, everything, at=at)
    world, result = after(world, {}, at=at + MINUTE)
    assert result.all_missing == 4
    came_back: set[str] = set()
    since = at + MINUTE
    for minutes, listed in later:
        at += minutes * MINUTE
        if at < since:
            continue
        if at - since >= DEFAULT_HOLD:
            break
        world, result = after(world, {uit: fields() for uit in listed}, at=at)
        came_back |= listed
        delisted = {event.uit for event in result.events if event.kind == "delisted"}
        assert delisted <= came_back
        assert result.all_missing == 0 or came_back == set("ABCD")


@given(some_fields, some_fields)
def test_a_difference_names_exactly_the_fields_that_differ(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    changes = difference(old, new)
    assert {**old, **{name: pair[1] for name, pair in changes.items()}} == new
    assert all(pair == [old[name], new[name]] != [new[name]] * 2 for name, pair in changes.items())


# -- answers that overtake each other ---------------------------------------------------------

times = st.lists(st.integers(0, 300), min_size=1, max_size=7, unique=True).map(sorted)


def deliver(responses: list[tuple[datetime, Response]]) -> World:
    """Answers in the order in which they arrive, as `store.py` treats them; each state with when it
    was last seen."""
    world: World = {}
    newest: datetime | None = None
    for at, response in responses:
        if newest is not None and at < newest:
            seen = {
                uit: replace(record, seen_at=newest if record.state == "active" else record.seen_at)
                for uit, record in world.items()
            }
            late = reconcile_late(known=seen, response=response, at=at, newest=newest)
            world = {**world, **late.states}
            continue
        world, result = after(world, response, at=at)
        for uit in result.states:
            before = world[uit]
            seen_at = at if uit in response else (before.seen_at or newest)
            world[uit] = replace(before, seen_at=seen_at)
        for uit in response:
            world[uit] = replace(world[uit], seen_at=at)
        newest = at
    return world


def final_state(
    responses: list[tuple[datetime, Response]], end: datetime, last: Response
) -> dict[str, tuple[str, Any]]:
    """State and fields after more answers that say the same, over hours. (Since when a
    UIT is missed depends on which responses came in time.)"""
    pauses = (
        DELIST_WAIT,
        2 * DELIST_WAIT,
        DEFAULT_HOLD,
        DEFAULT_HOLD + DELIST_WAIT,
        2 * DEFAULT_HOLD,
    )
    calm = [(end + pause, last) for pause in pauses]
    return {
        uit: (record.state, record.fields) for uit, record in deliver([*responses, *calm]).items()
    }


@given(st.data(), times, st.randoms())
def test_in_whatever_order_and_however_often_responses_arrive_the_end_is_the_same(
    data: st.DataObject, minutes: list[int], random: Any
) -> None:
    story = [(NOON + minute * MINUTE, data.draw(responses)) for minute in minutes]
    arriving = [*story, *data.draw(st.lists(st.sampled_from(story), max_size=5))]
    random.shuffle(arriving)
    end, last = story[-1]
    assert final_state(arriving, end, last) == final_state(story, end, last)


@given(st.data(), times)
def test_two_workers_interleaved_store_what_one_would(
    data: st.DataObject, minutes: list[int]
) -> None:
    story = [(NOON + minute * MINUTE, data.draw(responses)) for minute in minutes]
    by_first = data.draw(st.lists(st.booleans(), min_size=len(story), max_size=len(story)))
    first = [response for response, is_mine in zip(story, by_first, strict=True) if is_mine]
    second = [response for response, is_mine in zip(story, by_first, strict=True) if not is_mine]
    assert all(earlier[0] < two[0] for earlier, two in pairwise(first))
    end, last = story[-1]
    assert final_state([*second, *first], end, last) == final_state(story, end, last)
