"""How many UITs a day appear at a company, learnt from what each poll showed. Pure.

A Poisson rate times the week's pattern, with slow decay: `new_uits` in `exposure` days, both
decayed. Most carriers show no UIT or two in a week, which says little about one of them and much
about all: how rates are spread over the installation is learnt too (`improve_prior`: one step of
EM over a grid of rates, an empirical Bayes prior), and a carrier's rate is its mean given its own
UITs.
The weekly pattern is one for the whole installation: a carrier with one UIT a week would need years
to show its own.
"""

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from caraus.core.formatting import BUCHAREST

HOURS_A_WEEK = 7 * 24
# What was observed two weeks ago counts half.
HALF_LIFE_DAYS = 14.0
# So many observed UITs speak for themselves.
ENOUGH_UITS = 20.0
# The first guess of how rates are spread counts as so many companies.
DEFAULT_PRIOR_WEIGHT = 10.0
# A UIT stays in `info` for five to eight days (declared up to three days ahead, valid five days:
# guide 2025 p. 11): the first response shows about so many days of arrivals.
FIRST_RESPONSE_DAYS = 6.0
SLOWEST_RATE, FASTEST_RATE = 0.001, 2000.0
# The rates whose weights the prior is made of: from one UIT in three years to 2000 a day.
RATE_GRID = tuple(SLOWEST_RATE * math.exp(step / 4) for step in range(59))
_LOGS = tuple(math.log(rate) for rate in RATE_GRID)
# Until it is learnt: working hours of working days.
_DEFAULT_PATTERN_WEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Observed:
    """The new UITs of a company, decayed to the moment of the last good response."""

    new_uits: float = 0.0
    exposure: float = 0.0


def _default_prior() -> tuple[float, ...]:
    """Half a UIT's worth of knowledge: most carriers get few, the mean is one a day."""
    weights = [math.sqrt(rate) * math.exp(-rate / 2) for rate in RATE_GRID]
    # A thousandth of it thinks that anything is as likely: nothing is held for impossible.
    return tuple(0.999 * weight / sum(weights) + 0.001 / len(RATE_GRID) for weight in weights)


DEFAULT_PRIOR = _default_prior()


def estimate_rate(observed: Observed, *, prior: Sequence[float] = DEFAULT_PRIOR) -> float:
    """Estimate the UITs a day, averaged over a week; `prior` are the weights of `RATE_GRID`."""
    if observed.new_uits >= ENOUGH_UITS and observed.exposure > 0:
        estimate = observed.new_uits / observed.exposure
    else:
        posterior = _posterior(observed, prior)
        estimate = sum(map(operator.mul, posterior, RATE_GRID)) / sum(posterior)
    return min(max(estimate, SLOWEST_RATE), FASTEST_RATE)


def _posterior(observed: Observed, prior: Sequence[float]) -> list[float]:
    """Return how likely each rate of the grid is, up to a factor."""
    new_uits, exposure = observed.new_uits, observed.exposure
    logs = [new_uits * log - exposure * rate for log, rate in zip(_LOGS, RATE_GRID, strict=True)]
    most = max(logs)
    return [weight * math.exp(log - most) for weight, log in zip(prior, logs, strict=True)]


def improve_prior(
    prior: Sequence[float], observations: Mapping[Observed, int]
) -> tuple[float, ...]:
    """Improve the prior by one step over all companies; `observations` counts them."""
    if len(prior) != len(RATE_GRID):
        prior = DEFAULT_PRIOR
    sums = [DEFAULT_PRIOR_WEIGHT * weight for weight in DEFAULT_PRIOR]
    for observed, number in observations.items():
        posterior = _posterior(observed, prior)
        share = number / sum(posterior)
        for index, likelihood in enumerate(posterior):
            sums[index] += share * likelihood
    total = sum(sums)
    return tuple(weight / total for weight in sums)


def observe_first_response(listed: int) -> Observed:
    """Learn from the first response: its UITs appeared during the last days."""
    return Observed(float(listed), FIRST_RESPONSE_DAYS)


def observe(
    observed: Observed,
    *,
    new: int,
    since: datetime,
    until: datetime,
    weekly_pattern: Sequence[float],
) -> Observed:
    """Learn from a good response at `until` that showed `new` UITs not in the one at `since`.

    A clock that went back teaches nothing but the UITs.
    """
    days = max((until - since) / timedelta(days=1), 0.0)
    decay = 0.5 ** (days / HALF_LIFE_DAYS)
    share = expected_share(since, until, weekly_pattern)
    return Observed(observed.new_uits * decay + new, observed.exposure * decay + share)


def expected_share(since: datetime, until: datetime, weekly_pattern: Sequence[float]) -> float:
    """Return how much of a mean day's arrivals falls between two moments; a whole week gives 7.

    Go hour by hour, in UTC, with each hour weighed by its hour of week in Romania: the hour
    that the clocks leave out is no hour, the doubled one counts twice.
    """
    total, at = 0.0, since.astimezone(UTC)
    until = until.astimezone(UTC)
    if until - at > timedelta(days=14):
        return (until - at) / timedelta(days=1)
    while at < until:
        end = min(until, at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
        total += (end - at) / timedelta(days=1) * weekly_pattern[hour_of_week(at)]
        at = end
    return total


def hour_of_week(moment: datetime) -> int:
    """Return the hour of the week in Romania: 0 is Monday from midnight to one."""
    local = moment.astimezone(BUCHAREST)
    return local.weekday() * 24 + local.hour


def _default_weekly_pattern() -> list[float]:
    shape = [
        (0.15 if day == 6 else 0.4 if day == 5 else 1.0)
        * (0.15 + 0.85 * math.exp(-(((hour - 13) / 4.5) ** 2)))
        for day in range(7)
        for hour in range(24)
    ]
    mean = sum(shape) / HOURS_A_WEEK
    return [value / mean for value in shape]


DEFAULT_WEEKLY_PATTERN: tuple[float, ...] = tuple(_default_weekly_pattern())


def weekly_pattern(counts: Sequence[float]) -> list[float]:
    """Compute the week's pattern (mean 1) from how many UITs appeared in each hour of the week."""
    if len(counts) != HOURS_A_WEEK:
        return list(DEFAULT_WEEKLY_PATTERN)
    weighed = [
        count + _DEFAULT_PATTERN_WEIGHT * first
        for count, first in zip(counts, DEFAULT_WEEKLY_PATTERN, strict=True)
    ]
    mean = sum(weighed) / HOURS_A_WEEK
    return [value / mean for value in weighed]
