"""The states of a vehicle change: a pure table, and what the database holds to."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caraus.accounts.models import Company
from caraus.filings.models import ForbiddenTransitionError, VehicleChange
from caraus.filings.states import ALARMING, FINAL, OPEN, TRANSITIONS, State, may_follow

STATES = sorted(State)


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(State)
    assert {State.DONE, State.REFUSED, State.CANCELLED} == FINAL
    others = FINAL | {State.DRAFT, State.CLOSED}
    assert OPEN.isdisjoint(others)
    assert OPEN | others == set(State)
    assert {State.REFUSED, State.UNKNOWN, State.NOT_FOUND, State.HELD} == ALARMING


@pytest.mark.parametrize("state", STATES)
def test_only_a_confirmed_change_is_sent(state: State) -> None:
    assert may_follow(state, State.SENDING) is (state == State.QUEUED)


@pytest.mark.parametrize("state", STATES)
def test_what_was_lost_never_returns_to_the_queue_by_itself(state: State) -> None:
    """From `not_found` and `held` a person sends again; from `sending` a proof does."""
    back = {State.DRAFT, State.SENDING, State.NOT_FOUND, State.HELD}
    assert may_follow(state, State.QUEUED) is (state in back)


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_refused_before_it_was_sent(state: State) -> None:
    sent = {State.SENDING, State.PROCESSING, State.UNKNOWN}
    assert may_follow(state, State.REFUSED) is (state in sent)


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_given_up_while_it_may_be_on_its_way(state: State) -> None:
    idle = {State.DRAFT, State.QUEUED, State.NOT_FOUND, State.HELD}
    assert may_follow(state, State.CANCELLED) is (state in idle)


@pytest.mark.parametrize("state", STATES)
def test_only_what_anaf_has_taken_is_closed_and_only_its_showing_follows(state: State) -> None:
    assert may_follow(state, State.CLOSED) is (state in {State.PROCESSING, State.ACCEPTED})
    assert may_follow(State.CLOSED, state) is (state == State.DONE)


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_no_order_of_events_leaves_a_final_state(company: Company, states: list[State]) -> None:
    VehicleChange.objects.all().delete()
    change = VehicleChange.objects.create(
        company=company, uit="3V0P0L0P0T3JUW46", plate="B12ABC", moment=timezone.now()
    )
    for state in states:
        before = State(change.state)
        try:
            change.transition_to(state)
        except ForbiddenTransitionError:
            assert change.state == before
        else:
            assert before not in FINAL
            assert state in TRANSITIONS[before]
            change.refresh_from_db()
            assert change.state == state


@pytest.mark.parametrize("state", sorted(OPEN))
def test_a_uit_has_one_open_change(company: Company, state: State) -> None:
    def make(in_state: State, *, uit: str = "UIT-1", rehearsal: bool = False) -> None:
        VehicleChange.objects.create(
            company=company,
            uit=uit,
            plate="B12ABC",
            moment=timezone.now(),
            state=in_state,
            rehearsal=rehearsal,
        )

    make(state)
    for closed in (*sorted(FINAL), State.DRAFT, State.CLOSED):
        make(closed)
    make(state, uit="UIT-2")
    make(state, rehearsal=True)
    for other in sorted(OPEN):
        with pytest.raises(IntegrityError), transaction.atomic():
            make(other)
