"""The states of a vehicle change: a pure table, and what the database holds to."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caraus.accounts.models import Company
from caraus.filings.models import ForbiddenTransitionError, VehicleChange
from caraus.filings.states import (
    ATTENTION_STATES,
    ENDED_STATES,
    OPEN_CHANGE_STATES,
    TRANSITIONS,
    ChangeState,
    may_follow,
)

STATES = sorted(ChangeState)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(ChangeState)
    ended = {ChangeState.DONE, ChangeState.REFUSED, ChangeState.CANCELLED, ChangeState.CLOSED}
    assert ended == ENDED_STATES
    other_states = ENDED_STATES | {ChangeState.DRAFT}
    assert OPEN_CHANGE_STATES.isdisjoint(other_states)
    assert OPEN_CHANGE_STATES | other_states == set(ChangeState)
    assert {
        ChangeState.REFUSED,
        ChangeState.UNKNOWN,
        ChangeState.NOT_FOUND,
        ChangeState.HELD,
    } == ATTENTION_STATES


@pytest.mark.parametrize("state", STATES)
def test_only_a_confirmed_change_is_sent(state: ChangeState) -> None:
    assert may_follow(state, ChangeState.SENDING) is (state == ChangeState.QUEUED)


@pytest.mark.parametrize("state", STATES)
def test_what_was_lost_never_returns_to_the_queue_by_itself(state: ChangeState) -> None:
    """From `not_found` and `held` a person sends again; from `sending` a proof does."""
    back = {ChangeState.DRAFT, ChangeState.SENDING, ChangeState.NOT_FOUND, ChangeState.HELD}
    assert may_follow(state, ChangeState.QUEUED) is (state in back)


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_refused_before_it_was_sent(state: ChangeState) -> None:
    sent = {ChangeState.SENDING, ChangeState.PROCESSING, ChangeState.UNKNOWN}
    assert may_follow(state, ChangeState.REFUSED) is (state in sent)


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_given_up_while_it_may_be_on_its_way(state: ChangeState) -> None:
    idle = {ChangeState.DRAFT, ChangeState.QUEUED, ChangeState.NOT_FOUND, ChangeState.HELD}
    assert may_follow(state, ChangeState.CANCELLED) is (state in idle)


@pytest.mark.parametrize("state", STATES)
def test_only_what_anaf_has_taken_is_closed_and_only_its_showing_follows(
    state: ChangeState,
) -> None:
    assert may_follow(state, ChangeState.CLOSED) is (
        state in {ChangeState.PROCESSING, ChangeState.ACCEPTED}
    )
    assert may_follow(ChangeState.CLOSED, state) is (state == ChangeState.DONE)


@pytest.mark.parametrize("state", STATES)
def test_after_an_end_only_anafs_showing_follows(state: ChangeState) -> None:
    for ended in ENDED_STATES - {ChangeState.DONE}:
        assert may_follow(ended, state) is (state == ChangeState.DONE)
    assert not may_follow(ChangeState.DONE, state)


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_no_order_of_events_leaves_an_ended_state(
    company: Company, states: list[ChangeState]
) -> None:
    VehicleChange.objects.all().delete()
    change = VehicleChange.objects.create(
        company=company, uit="3V0P0L0P0T3JUW46", plate="B12ABC", moment=timezone.now()
    )
    for state in states:
        before = ChangeState(change.state)
        try:
            change.transition_to(state)
        except ForbiddenTransitionError:
            assert change.state == before
        else:
            assert before not in ENDED_STATES or state == ChangeState.DONE != before
            assert state in TRANSITIONS[before]
            change.refresh_from_db()
            assert change.state == state


@pytest.mark.parametrize("state", sorted(OPEN_CHANGE_STATES))
def test_a_uit_has_one_open_change(company: Company, state: ChangeState) -> None:
    def make(in_state: ChangeState, *, uit: str = "UIT-1", rehearsal: bool = False) -> None:
        VehicleChange.objects.create(
            company=company,
            uit=uit,
            plate="B12ABC",
            moment=timezone.now(),
            state=in_state,
            rehearsal=rehearsal,
        )

    make(state)
    for closed in (*sorted(ENDED_STATES), ChangeState.DRAFT):
        make(closed)
    make(state, uit="UIT-2")
    make(state, rehearsal=True)
    for open_state in sorted(OPEN_CHANGE_STATES):
        with pytest.raises(IntegrityError), transaction.atomic():
            make(open_state)
