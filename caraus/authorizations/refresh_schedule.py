"""When an authorization is renewed next. Pure: a decision over data, made the same everywhere.

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
# Two attempts are never closer to each other: the timer's own pace.
SHORTEST_REFRESH_PAUSE = timedelta(minutes=1)
HOURLY_BEFORE_END = timedelta(days=3)
# A pause is longer by up to this share of itself, each authorization's and attempt's own.
JITTER = 0.1


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What the decision depends on; all moments in UTC. `key` is the authorization's own,
    `not_before` what ANAF asked for with Retry-After, `renewed` the last good renewal."""

    key: int
    access_end: datetime
    last_attempt: datetime | None = None
    failures: int = 0
    not_before: datetime | None = None
    renewed: datetime | None = None


def window(*, life: timedelta, setting: timedelta) -> timedelta:
    """How long before the access token's end renewing begins. `life`: from its issue to its end;
    a clock that goes wrong may make it less than nothing."""
    return max(min(setting, life / 2), timedelta())


def limited_pause(pause: timedelta, *, before: timedelta) -> timedelta:
    """The pause, made shorter for a short window, so that several attempts fit into it."""
    return max(min(pause, before / 4), SHORTEST_REFRESH_PAUSE)


def spread_fraction(*words: object) -> float:
    """A number in [0, 1) that follows from the words, evenly spread."""
    digest = hashlib.sha256(":".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def first_attempt_at(standing: RefreshState, *, before: timedelta) -> datetime:
    """The first attempt: within a day after the renewal window opens, at its own moment."""
    spread = min(DAILY, before / 2)
    return standing.access_end - before + spread * spread_fraction("begin", standing.key)


def next_refresh(standing: RefreshState, *, before: timedelta) -> datetime:
    """When the renewal is due; a moment in the past means now.

    `before`: how long before the access token's end renewing begins.
    """
    due: datetime = first_attempt_at(standing, before=before)
    if standing.renewed is not None:
        due = max(due, standing.renewed + SHORTEST_REFRESH_PAUSE)
    if standing.last_attempt is not None and standing.failures:
        due = max(due, _again(standing, standing.last_attempt, before))
    if standing.not_before is not None:
        due = max(due, standing.not_before)
    return due


def _again(standing: RefreshState, last: datetime, before: timedelta) -> datetime:
    growth: int = GROWTH ** min(standing.failures - 1, 8)
    growing = limited_pause(FIRST_REFRESH_PAUSE, before=before) * growth
    near = standing.access_end - HOURLY_BEFORE_END
    hourly = min(growing, limited_pause(HOURLY, before=before))
    if last >= near:
        return last + _jittered(hourly, standing)
    daily = last + _jittered(min(growing, DAILY), standing)
    # A long pause does not reach over the moment from which every hour counts.
    return min(daily, max(near + HOURLY * spread_fraction("near", standing.key), last + hourly))


def _jittered(pause: timedelta, standing: RefreshState) -> timedelta:
    return pause * (1 + JITTER * spread_fraction("pause", standing.key, standing.failures))
