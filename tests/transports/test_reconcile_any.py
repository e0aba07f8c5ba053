"""The rules of reconciling hold for whatever ANAF answers, in whatever order."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from caraus.transports.reconcile import Known, Reconciled, difference
from tests.transports.test_reconcile import MINUTE, NOON, Answer, World, after, fields

uits = st.sampled_from(["A", "B", "C", "D"])
some_fields = st.builds(
    lambda plate, name, day: fields(plate=plate, declarant_name=name, first_expired_day=day),
    st.sampled_from(["B12ABC", "CJ01XYZ"]),
    st.sampled_from(["AGRO SRL", "OȚEL SA"]),
    st.sampled_from(["2025-11-20", "2025-11-29"]),
)
answers = st.dictionaries(uits, some_fields)
unreads = st.frozensets(st.sampled_from(["", "A", "B", "Z"]), max_size=2)
steps = st.lists(st.tuples(answers, unreads, st.integers(0, 15)), max_size=8)


def play(story: list[tuple[Answer, frozenset[str], int]]) -> tuple[World, datetime]:
    world: World = {}
    at = NOON
    for answer, unread, minutes in story:
        at += minutes * MINUTE
        world, _ = after(world, answer, at=at, unread=unread)
    return world, at


@given(steps, answers, unreads)
def test_an_answer_repeated_at_once_changes_nothing(
    story: list[tuple[Answer, frozenset[str], int]], answer: Answer, unread: frozenset[str]
) -> None:
    world, at = play(story)
    world, _ = after(world, answer, at=at, unread=unread)
    assert after(world, answer, at=at, unread=unread)[1] == Reconciled(states={}, events=())


@given(steps, answers, st.randoms())
def test_the_order_in_which_anaf_lists_the_uits_changes_no_state(
    story: list[tuple[Answer, frozenset[str], int]], answer: Answer, random: Any
) -> None:
    world, at = play(story)
    shuffled = list(answer.items())
    random.shuffle(shuffled)
    first, told = after(world, answer, at=at)
    second, told_too = after(world, dict(shuffled), at=at)
    assert first == second
    assert sorted(map(repr, told.events)) == sorted(map(repr, told_too.events))


@given(steps, answers)
def test_whatever_came_before_what_is_listed_is_active_as_listed(
    story: list[tuple[Answer, frozenset[str], int]], answer: Answer
) -> None:
    world, at = play(story)
    world, _ = after(world, answer, at=at)
    assert {uit: world[uit] for uit in answer} == {u: Known("active", f) for u, f in answer.items()}


@given(steps, answers)
def test_no_uit_is_ever_forgotten(
    story: list[tuple[Answer, frozenset[str], int]], answer: Answer
) -> None:
    world, at = play(story)
    assert world.keys() <= after(world, answer, at=at)[0].keys()


@given(steps, st.integers(0, 9))
def test_nothing_open_is_withdrawn_by_one_answer_after_it_was_seen(
    story: list[tuple[Answer, frozenset[str], int]], minutes: int
) -> None:
    everything = {uit: fields() for uit in "ABCD"}
    world, at = play(story)
    world, _ = after(world, everything, at=at)
    for later in (timedelta(hours=1), timedelta(hours=1, minutes=minutes)):
        world, result = after(world, {}, at=at + later)
        assert result.count("withdrawn") == 0


@given(some_fields, some_fields)
def test_a_difference_names_exactly_the_fields_that_differ(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    changes = difference(old, new)
    assert {**old, **{name: pair[1] for name, pair in changes.items()}} == new
    assert all(pair == [old[name], new[name]] != [new[name]] * 2 for name, pair in changes.items())
