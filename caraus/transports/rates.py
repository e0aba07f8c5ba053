"""How many UITs a day appear at a company, learnt from what each question found. Pure.

A Poisson rate times the week's rhythm, with a gamma prior and slow forgetting: `found` UITs in
`exposure` days (both decayed) give (a + found) / (b + exposure). The rhythm is one for the whole
installation: a carrier with one UIT a week would need years to show its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from caraus.words import BUCHAREST

HOURS_A_WEEK = 7 * 24
# What was found two weeks ago counts half.
HALF_LIFE_DAYS = 14.0
# The prior counts as half a UIT seen: a few questions outweigh it.
PRIOR_WEIGHT = 0.5
# A UIT stays in `info` for five to eight days (declared up to three days ahead, valid five days:
# guide 2025 p. 11): the first answer shows about so many days of arrivals.
FIRST_LOOK_DAYS = 6.0
SLOWEST_RATE, FASTEST_RATE = 0.005, 2000.0
# Until it is learnt: working hours of working days.
_RHYTHM_WEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was found at a company, decayed to the moment of the last good answer."""

    found: float = 0.0
    exposure: float = 0.0


def rate(learnt: Learnt, *, typical: float) -> float:
    """UITs a day, averaged over a week; `typical` is the prior's mean."""
    known = PRIOR_WEIGHT + learnt.found
    estimate = known / (PRIOR_WEIGHT / max(typical, SLOWEST_RATE) + learnt.exposure)
    return min(max(estimate, SLOWEST_RATE), FASTEST_RATE)


def first_look(listed: int) -> Learnt:
    """What the first answer tells: the UITs that it lists appeared during the last days."""
    return Learnt(float(listed), FIRST_LOOK_DAYS)


def learn(
    learnt: Learnt, *, new: int, since: datetime, until: datetime, rhythm: Sequence[float]
) -> Learnt:
    """After a good answer at `until` that showed `new` UITs not in the one at `since`.

    A clock that went back teaches nothing but the UITs.
    """
    days = max((until - since) / timedelta(days=1), 0.0)
    kept = 0.5 ** (days / HALF_LIFE_DAYS)
    share = expected_share(since, until, rhythm)
    return Learnt(learnt.found * kept + new, learnt.exposure * kept + share)


def expected_share(since: datetime, until: datetime, rhythm: Sequence[float]) -> float:
    """How much of a mean day's arrivals falls between two moments; a whole week gives 7.

    Walks hour by hour, in UTC, with each hour weighed by its hour of week in Romania: the hour
    that the clocks leave out is no hour, the doubled one counts twice.
    """
    total, at = 0.0, since.astimezone(UTC)
    until = until.astimezone(UTC)
    if until - at > timedelta(days=14):
        return (until - at) / timedelta(days=1)
    while at < until:
        end = min(until, at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
        total += (end - at) / timedelta(days=1) * rhythm[hour_of_week(at)]
        at = end
    return total


def hour_of_week(moment: datetime) -> int:
    """0 is Monday from midnight to one, in Romania."""
    local = moment.astimezone(BUCHAREST)
    return local.weekday() * 24 + local.hour


def _first_rhythm() -> list[float]:
    shape = [
        (0.15 if day == 6 else 0.4 if day == 5 else 1.0)
        * (0.15 + 0.85 * math.exp(-(((hour - 13) / 4.5) ** 2)))
        for day in range(7)
        for hour in range(24)
    ]
    mean = sum(shape) / HOURS_A_WEEK
    return [value / mean for value in shape]


FIRST_RHYTHM: tuple[float, ...] = tuple(_first_rhythm())


def rhythm_of(counts: Sequence[float]) -> list[float]:
    """The week's rhythm (mean 1) from how many UITs appeared in each hour of the week."""
    if len(counts) != HOURS_A_WEEK:
        return list(FIRST_RHYTHM)
    weighed = [
        count + _RHYTHM_WEIGHT * first for count, first in zip(counts, FIRST_RHYTHM, strict=True)
    ]
    mean = sum(weighed) / HOURS_A_WEEK
    return [value / mean for value in weighed]
