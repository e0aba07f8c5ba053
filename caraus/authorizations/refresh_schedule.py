"""When an authorization is refreshed next. Pure: a decision over data, made the same everywhere.

It begins some days before the access token's end (setting: 15), but never before half of the life
that ANAF gave the token is over. It goes on daily after failures, and hourly in the last three
days. What may pass by itself is tried again sooner at first: after a quarter of an hour, then four
times as long each time, within those bounds. No pause is longer than a quarter of the window, nor
shorter than a minute, whatever the token's life. Each authorization keeps its own place within the
first day, so that a thousand made on one morning are spread.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_REFRESH_PAUSE = timedelta(minutes=15)
GROWTH = 4
DAILY = timedelta(days=1)
HOURLY = timedelta(hours=1)
# Two attempts are never closer to each other: the timer's own interval.
SHORTEST_REFRESH_PAUSE = timedelta(minutes=1)
HOURLY_BEFORE_END = timedelta(days=3)
# A pause is longer by up to this share of itself, each authorization's and attempt's own.
JITTER = 0.1


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What the decision depends on; all moments in UTC. `key` is the authorization's own,
    `not_before` what ANAF demanded with Retry-After, `refreshed_at` the last good refresh."""

    key: int
    access_end: datetime
    last_attempt: datetime | None = None
    failures: int = 0
    not_before: datetime | None = None
    refreshed_at: datetime | None = None


def window(*, life: timedelta, setting: timedelta) -> timedelta:
    """Return how long before the access token's end refreshing begins. `life`: from its issue to
    its end; a clock that goes wrong may make it less than nothing."""
    return max(min(setting, life / 2), timedelta())


def limited_pause(pause: timedelta, *, before: timedelta) -> timedelta:
    """Shorten the pause for a short window, so that several attempts fit into it."""
    return max(min(pause, before / 4), SHORTEST_REFRESH_PAUSE)


def spread_fraction(*parts: object) -> float:
    """Return a number in [0, 1) that follows from the text, evenly spread."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def first_attempt_at(state: RefreshState, *, before: timedelta) -> datetime:
    """Return the first attempt: within a day after the refresh window opens, at its own moment."""
    spread = min(DAILY, before / 2)
    return state.access_end - before + spread * spread_fraction("begin", state.key)


def next_refresh(state: RefreshState, *, before: timedelta) -> datetime:
    """Return when the refresh is due; a moment in the past means now.

    `before`: how long before the access token's end refreshing begins.
    """
    due: datetime = first_attempt_at(state, before=before)
    if state.refreshed_at is not None:
        due = max(due, state.refreshed_at + SHORTEST_REFRESH_PAUSE)
    if state.last_attempt is not None and state.failures:
        due = max(due, _again(state, state.last_attempt, before))
    if state.not_before is not None:
        due = max(due, state.not_before)
    return due


def _again(state: RefreshState, last: datetime, before: timedelta) -> datetime:
    growth: int = GROWTH ** min(state.failures - 1, 8)
    growing = limited_pause(FIRST_REFRESH_PAUSE, before=before) * growth
    near = state.access_end - HOURLY_BEFORE_END
    hourly = min(growing, limited_pause(HOURLY, before=before))
    if last >= near:
        return last + _jittered(hourly, state)
    daily = last + _jittered(min(growing, DAILY), state)
    # A long pause does not reach over the moment from which every hour counts.
    return min(daily, max(near + HOURLY * spread_fraction("near", state.key), last + hourly))


def _jittered(pause: timedelta, state: RefreshState) -> timedelta:
    return pause * (1 + JITTER * spread_fraction("pause", state.key, state.failures))
