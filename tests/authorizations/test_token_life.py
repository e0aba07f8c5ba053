"""Access tokens of any life: refreshed about once in half of it, and never in a storm."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from caraus.accounts.models import Company, User
from caraus.anaf.errors import AnafError
from caraus.authorizations import token_refresh
from caraus.authorizations.models import Authorization
from caraus.authorizations.refresh_schedule import (
    HOURLY,
    SHORTEST_REFRESH_PAUSE,
    RefreshState,
    next_refresh,
    window,
)
from caraus.core import crypto
from caraus.notifications.models import Notification
from caraus.sync.company_sync import sync_company
from tests.simulator_process import SimulatorProcess

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTING = timedelta(days=15)
ISSUED = datetime(2027, 2, 20, 9, 30, tzinfo=UTC)
lives = st.timedeltas(2 * MINUTE, timedelta(days=365))


@given(st.integers(1, 10**9), lives)
@example(1, 2 * MINUTE)
@example(1, HOUR)
@example(1, 90 * DAY)
def test_for_any_life_it_is_refreshed_in_its_second_half_and_before_its_end(
    key: int, life: timedelta
) -> None:
    before = window(life=life, setting=SETTING)
    assert before == min(SETTING, life / 2)
    first = next_refresh(
        RefreshState(key=key, access_end=ISSUED + life, refreshed_at=ISSUED), before=before
    )
    assert first - ISSUED >= max(life / 2, life - SETTING)
    assert ISSUED + life - first >= before / 2  # time for another attempt


@given(st.integers(1, 10**9), lives, st.integers(1, 100), st.timedeltas(-DAY, timedelta(days=400)))
def test_for_any_life_a_failure_is_tried_again_after_a_minute_and_within_the_window(
    key: int, life: timedelta, failures: int, ago: timedelta
) -> None:
    end = ISSUED + life
    before, last = window(life=life, setting=SETTING), end - ago
    due = next_refresh(RefreshState(key, end, last, failures, refreshed_at=ISSUED), before=before)
    assert due >= last + SHORTEST_REFRESH_PAUSE
    if end - last <= min(before, 3 * DAY):
        assert due <= last + 1.1 * max(SHORTEST_REFRESH_PAUSE, min(HOURLY, before / 4))


@given(st.integers(1, 10**9), st.timedeltas(-DAY, timedelta()))
def test_a_token_that_seems_over_at_its_birth_is_refreshed_once_a_minute_at_most(
    key: int, life: timedelta
) -> None:
    """Our clock goes ahead of ANAF's."""
    before = window(life=life, setting=SETTING)
    state = RefreshState(key=key, access_end=ISSUED + life, refreshed_at=ISSUED)
    assert next_refresh(state, before=before) >= ISSUED + SHORTEST_REFRESH_PAUSE


@pytest.mark.parametrize(
    ("life", "for_so_long", "fewest", "most"),
    [
        (2 * MINUTE, HOUR, 30, 60),
        (HOUR, 12 * HOUR, 15, 24),
        (DAY, 10 * DAY, 13, 20),
    ],
)
def test_by_a_clock_that_runs_the_token_is_always_good_and_requested_seldom(
    anaf: SimulatorProcess,
    authorization: Authorization,
    life: timedelta,
    for_so_long: timedelta,
    fewest: int,
    most: int,
) -> None:
    anaf.turn_on("short_tokens", seconds=life.total_seconds())
    now = datetime.fromisoformat(anaf.now())
    token_refresh.refresh_authorization(authorization_id=authorization.pk, now=now)
    authorization.refresh_from_db()
    assert authorization.access_life == pytest.approx(life, abs=timedelta(seconds=2))
    anaf.forget_calls()
    end = now + for_so_long
    while now < end:
        now += MINUTE  # the worker's timer
        is_due = token_refresh.next_refresh_at(authorization) <= now
        # The rule is tried at each minute, the database where it could differ.
        if is_due or now.minute % 20 == 0 or life < HOUR:
            assert token_refresh.authorizations_due(now) == ([authorization.pk] if is_due else [])
        if is_due:
            assert token_refresh.authorizations_due(now - MINUTE) == []
            anaf.set_clock(now.isoformat())
            assert token_refresh.refresh_authorization(
                authorization_id=authorization.pk, only_if_due=True, now=now
            )
            authorization.refresh_from_db()
        assert authorization.access_expires_at > now
    assert fewest <= len(anaf.calls("token")) <= most


@pytest.mark.parametrize("life", [2 * MINUTE, HOUR])
def test_a_fallen_token_service_is_called_once_a_minute_at_most_for_a_short_life(
    anaf: SimulatorProcess, authorization: Authorization, life: timedelta
) -> None:
    now = timezone.now()
    Authorization.objects.update(
        access_expires_at=now + life, access_life=life, last_refreshed_at=now
    )
    anaf.turn_on("token_endpoint_down")
    anaf.forget_calls()
    for minute in range(1, 121):
        moment = now + minute * MINUTE
        for pk in token_refresh.authorizations_due(moment):
            with pytest.raises(AnafError):
                token_refresh.refresh_authorization(
                    authorization_id=pk, only_if_due=True, now=moment
                )
        assert len(anaf.calls("token")) <= minute
    # Every second minute of a short life; of the longer one, as the authorization's key spreads it.
    fewest, most = (60, 60) if life < HOUR else (9, 12)
    assert fewest <= len(anaf.calls("token")) <= most


def of(life: timedelta, authorization: Authorization, *, over: bool = True) -> str:
    """Set this life of the token, as refreshed long ago for its life; return the token."""
    now = timezone.now()
    Authorization.objects.update(
        access_life=life,
        access_expires_at=now if over else now + life,
        last_refreshed_at=now - life,
    )
    authorization.refresh_from_db()
    return crypto.decrypt(authorization.access_token_sealed)


def test_a_request_that_meets_a_short_token_at_its_end_refreshes_it_once(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    of(2 * MINUTE, authorization)
    anaf.forget_calls()
    for _ in range(3):
        assert sync_company(company_id=company.pk).error is None
    assert len(anaf.calls("token")) == 1


def test_tokens_that_seem_over_when_they_come_are_not_refreshed_at_each_request(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.turn_on("short_tokens", seconds=-3600)  # our clock is an hour ahead
    of(2 * MINUTE, authorization)
    anaf.forget_calls()
    for _ in range(3):
        sync_company(company_id=company.pk)
    # One for the end that we see, none for the refusals within its minute.
    assert len(anaf.calls("token")) == 1


def test_a_short_token_refused_in_its_second_half_is_refreshed_although_an_hour_is_not_over(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    old = of(10 * MINUTE, authorization, over=False)
    Authorization.objects.update(last_refreshed_at=timezone.now() - 6 * MINUTE)
    assert token_refresh.replace_refused_token(authorization, old) != old
    fresh = crypto.decrypt(authorization.access_token_sealed)
    with pytest.raises(AnafError) as caught:
        token_refresh.replace_refused_token(authorization, fresh)
    assert caught.value.code == "token_refused_anew"


@pytest.mark.parametrize(("left", "forgotten"), [(50 * MINUTE, True), (20 * MINUTE, False)])
def test_a_good_call_clears_a_failure_outside_of_the_own_window_of_a_short_token(
    authorization: Authorization, left: timedelta, *, forgotten: bool
) -> None:
    now = timezone.now()
    Authorization.objects.update(
        access_life=HOUR,
        access_expires_at=now + left,
        last_failure_at=now - MINUTE,
        last_failure_code="timeout",
        refresh_failures=2,
    )
    token_refresh.record_good_call(authorization.pk, now)
    authorization.refresh_from_db()
    assert (authorization.refresh_failures == 0) is forgotten
    assert authorization.last_good_call_at == now


def test_a_short_token_that_can_not_be_refreshed_for_minutes_is_reported_to_nobody(
    anaf: SimulatorProcess, authorization: Authorization, owner: User
) -> None:
    now = timezone.now()
    fails: Callable[[datetime], None] = lambda at: token_refresh.record_authorization_failure(  # noqa: E731
        authorization.pk, AnafError("token_endpoint_down"), attempted=True, now=at
    )
    Authorization.objects.update(access_life=HOUR, access_expires_at=now)
    for minutes in (-10, 0, 30, 59):
        fails(now + minutes * MINUTE)
    assert not Notification.objects.exists()
    fails(now + 61 * MINUTE)
    assert Notification.objects.get().user == owner
