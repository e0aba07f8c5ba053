"""How many UITs a day appear at a company, learnt from what each question found. Pure.

A Poisson rate times the week's rhythm, with slow forgetting: `found` UITs in `exposure` days, both
decayed. Most carriers show no UIT or two in a week, which says little about one of them and much
about all: how rates are spread over the installation is learnt too (`improved`: one step of EM over
a grid of rates, an empirical Bayes prior), and a carrier's rate is its mean given what was found.
The rhythm is one for the whole installation: a carrier with one UIT a week would need years to show
its own.
"""

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from caraus.core.formatting import BUCHAREST

HOURS_A_WEEK = 7 * 24
# What was found two weeks ago counts half.
HALF_LIFE_DAYS = 14.0
# So many UITs found speak for themselves.
PLENTY = 20.0
# The first guess of how rates are spread counts as so many companies.
GUESS_WEIGHT = 10.0
# A UIT stays in `info` for five to eight days (declared up to three days ahead, valid five days:
# guide 2025 p. 11): the first answer shows about so many days of arrivals.
FIRST_LOOK_DAYS = 6.0
SLOWEST_RATE, FASTEST_RATE = 0.001, 2000.0
# The rates whose weights the prior is made of: from one UIT in three years to 2000 a day.
GRID = tuple(SLOWEST_RATE * math.exp(step / 4) for step in range(59))
_LOGS = tuple(math.log(one) for one in GRID)
# Until it is learnt: working hours of working days.
_RHYTHM_WEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was found at a company, decayed to the moment of the last good answer."""

    found: float = 0.0
    exposure: float = 0.0


def _first_prior() -> tuple[float, ...]:
    """Half a UIT's worth of knowledge: most carriers get few, the mean is one a day."""
    weights = [math.sqrt(one) * math.exp(-one / 2) for one in GRID]
    # A thousandth of it thinks that anything is as likely: nothing is held for impossible.
    return tuple(0.999 * one / sum(weights) + 0.001 / len(GRID) for one in weights)


FIRST_PRIOR = _first_prior()


def rate(learnt: Learnt, *, prior: Sequence[float] = FIRST_PRIOR) -> float:
    """UITs a day, averaged over a week; `prior` are the weights of `GRID`'s rates."""
    if learnt.found >= PLENTY and learnt.exposure > 0:
        estimate = learnt.found / learnt.exposure
    else:
        posterior = _posterior(learnt, prior)
        estimate = sum(map(operator.mul, posterior, GRID)) / sum(posterior)
    return min(max(estimate, SLOWEST_RATE), FASTEST_RATE)


def _posterior(learnt: Learnt, prior: Sequence[float]) -> list[float]:
    """How likely each rate of the grid is, up to a factor."""
    found, exposure = learnt.found, learnt.exposure
    logs = [found * log - exposure * one for log, one in zip(_LOGS, GRID, strict=True)]
    most = max(logs)
    return [weight * math.exp(one - most) for weight, one in zip(prior, logs, strict=True)]


def improved(prior: Sequence[float], known: Mapping[Learnt, int]) -> tuple[float, ...]:
    """How rates are spread, after one more look at what is known of all companies (`known`: how
    many of them are alike)."""
    if len(prior) != len(GRID):
        prior = FIRST_PRIOR
    sums = [GUESS_WEIGHT * one for one in FIRST_PRIOR]
    for learnt, number in known.items():
        posterior = _posterior(learnt, prior)
        share = number / sum(posterior)
        for place, one in enumerate(posterior):
            sums[place] += share * one
    whole = sum(sums)
    return tuple(one / whole for one in sums)


def alike(learnt: Learnt) -> Learnt:
    """Rounded, as `plan.py` does it in SQL: quarters of a UIT up to plenty, then steps of 10 %;
    steps of 10 % of the exposure."""
    few = learnt.found < PLENTY
    found = round(learnt.found * 4) / 4 if few else _in_steps(learnt.found)
    return Learnt(found, _in_steps(max(learnt.exposure, 0.01)))


def _in_steps(value: float) -> float:
    return math.exp(round(math.log(value) * 10) / 10)


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
