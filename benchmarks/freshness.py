"""How long a new UIT waits to be seen: uniform polling, ours, and the optimum, on a virtual clock.

    uv run python benchmarks/freshness.py [--carriers 20000] [--days 7] [--exponent 0.8 1.0 1.2]

The real code (`solve_intervals`, `interval_minutes`, `rates`) decides; nothing is requested. UITs
appear by a Poisson process with the week's pattern; the busiest carrier gets 200 a day, the others
follow Zipf's law. 900 calls a minute. Ours starts cold: it knows what its own polls showed, and
nothing else. The optimum knows every rate, under the same bounds and budget. Delays are counted
after the first day; the longest wait is counted from the first poll on.
"""

import argparse
import heapq
import math
import operator
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from caraus.sync.schedule.intervals import (
    HELD_SHARE,
    PLANNED_SHARE,
    Bounds,
    interval_minutes,
    solve_intervals,
)
from caraus.sync.schedule.rates import (
    DEFAULT_PRIOR,
    DEFAULT_WEEKLY_PATTERN,
    RATE_GRID,
    Observed,
    estimate_rate,
    hour_of_week,
    improve_prior,
    observe,
    observe_first_response,
)
from tests.sync.rounded_rates import round_observed

START = datetime(2026, 11, 23, tzinfo=UTC)
CALLS = 900
BOUNDS = Bounds(1, 10, 60 * HELD_SHARE)  # as `plan.bounds` makes them
DAY = 24 * 60.0  # minutes


def rates_of(carriers: int, exponent: float) -> list[float]:
    return [200 / rank**exponent for rank in range(1, carriers + 1)]


def rounded(rates: list[float]) -> dict[float, int]:
    """Round as `plan.py` rounds them in SQL."""
    return Counter(math.exp(bucket(rate) * 0.05) for rate in rates)


def bucket(rate: float) -> int:
    return round(math.log(max(rate, 0.001)) / 0.05)


def arrivals(rates: list[float], days: int, rng: random.Random) -> list[list[float]]:
    """Return the minutes at which UITs appear, by carrier, thinned by the weekly pattern."""
    most = max(DEFAULT_WEEKLY_PATTERN)
    weights = [
        DEFAULT_WEEKLY_PATTERN[hour_of_week(START + timedelta(hours=hour))] / most
        for hour in range(days * 24 + 1)
    ]
    new_uits = []
    for rate in rates:
        at, appearing = 0.0, []
        while (at := at + rng.expovariate(rate * most / DAY)) < days * DAY:
            if rng.random() < weights[int(at // 60)]:
                appearing.append(at)
        new_uits.append(appearing)
    return new_uits


class Polling:
    """Polls in the order in which they are due, at most CALLS a minute."""

    def __init__(self, appearing: list[list[float]], days: int, seed: int) -> None:
        self.appearing, self.end = appearing, days * DAY
        self.rng = random.Random(seed)
        self.delays: list[float] = []
        self.longest_gap = 0.0

    def run(self, next_gap: Callable[[int, float, float, int], float], first: float) -> None:
        """Simulate with `next_gap(carrier, since, now, new)` in minutes; first polls spread over
        `first`."""
        queue = [(self.rng.random() * first, carrier) for carrier in range(len(self.appearing))]
        heapq.heapify(queue)
        seen = [0] * len(queue)
        polled = [-1.0] * len(queue)
        free, step = 0.0, 1 / CALLS
        while queue:
            due, carrier = heapq.heappop(queue)
            now = max(due, free)
            if now >= self.end:
                break
            free = now + step
            uits, begin = self.appearing[carrier], seen[carrier]
            last = begin
            while last < len(uits) and uits[last] <= now:
                if uits[last] >= DAY:
                    self.delays.append(now - uits[last])
                last += 1
            seen[carrier] = last
            if polled[carrier] >= 0:
                self.longest_gap = max(self.longest_gap, now - polled[carrier])
            gap = next_gap(carrier, polled[carrier], now, last - begin)
            polled[carrier] = now
            heapq.heappush(queue, (now + gap, carrier))

    def report(self, name: str) -> float:
        ordered = sorted(self.delays)
        mean = sum(ordered) / len(ordered)
        print(
            f"  {name:<22} mean {mean:6.2f} min   95% {ordered[int(0.95 * len(ordered))]:6.2f} min"
            f"   longest wait {self.longest_gap:6.2f} min"
        )
        return mean


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--carriers", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--exponent", type=float, nargs="*", default=[0.8, 1.0, 1.2])
    options = parser.parse_args()
    for exponent in options.exponent:
        compare(options.carriers, options.days, exponent)


def compare(carriers: int, days: int, exponent: float) -> None:
    began = time.monotonic()
    true = rates_of(carriers, exponent)
    appearing = arrivals(true, days, random.Random(1))
    print(
        f"Zipf {exponent}: {carriers} carriers, {sum(true):.0f} UITs a day, {CALLS} calls a minute"
    )

    uniform = Polling(appearing, days, 2)
    even = carriers / (CALLS * PLANNED_SHARE)
    uniform.run(lambda *_: even, first=even)
    uniform.report("uniform")

    intervals = solve_intervals(rounded(true), budget=CALLS * PLANNED_SHARE, bounds=BOUNDS)
    known = [interval_minutes(intervals, rate) for rate in true]
    optimum = Polling(appearing, days, 2)
    optimum.run(lambda carrier, *_: known[carrier], first=even)
    best = optimum.report("optimum, rates known")

    print(f"  nobody who counts can be below {floor(true, days, known):.3f} x the optimum")

    ours = Polling(appearing, days, 2)
    mean = learning(ours, true, even).report("ours, learnt from cold")
    print(f"  ours / optimum: {mean / best:.3f}   ({time.monotonic() - began:.0f} s)\n", flush=True)


def floor(true: list[float], days: int, known: list[float]) -> float:
    """Return how near the optimum one can come who knows rates by counting only: how all rates are
    spread is known exactly; each carrier's UITs of the six days before and of half of the days
    measured are counted. (The mean given a count minimizes the expected delay.)"""
    rng, exposure = random.Random(4), 6 + (1 + days) / 2
    prior = [1e-9] * len(RATE_GRID)
    for rate in true:
        bucket_number = round(4 * math.log(rate / RATE_GRID[0]))
        prior[min(max(bucket_number, 0), len(RATE_GRID) - 1)] += 1 / len(true)
    guess = [
        estimate_rate(Observed(_poisson(rate * exposure, rng), exposure), prior=prior)
        for rate in true
    ]
    intervals = solve_intervals(rounded(guess), budget=CALLS * PLANNED_SHARE, bounds=BOUNDS)
    counted = [interval_minutes(intervals, rate) for rate in guess]
    ours, best = (sum(map(operator.mul, true, wait)) for wait in (counted, known))
    return float(ours / best)


def learning(polling: Polling, true: list[float], first: float) -> Polling:
    """Solve the intervals anew every minute from what the polls showed, as the worker does."""
    before = random.Random(3)
    observed = [Observed() for _ in true]
    guess = [1.0] * len(true)
    counts = Counter({bucket(1.0): len(true)})
    planned, looked, prior = -1.0, -10.0, DEFAULT_PRIOR
    observations: Counter[Observed] = Counter()
    intervals = solve_intervals({1.0: len(true)}, budget=CALLS * PLANNED_SHARE, bounds=BOUNDS)

    def next_gap(carrier: int, since: float, now: float, new: int) -> float:
        nonlocal planned, looked, prior, intervals
        if now - planned >= 1:
            planned = now
            groups = {math.exp(key * 0.05): number for key, number in counts.items() if number}
            intervals = solve_intervals(groups, budget=CALLS * PLANNED_SHARE, bounds=BOUNDS)
        if now - looked >= 10:  # the worker looks every minute
            looked, prior = now, improve_prior(prior, +observations)
        if since >= 0:
            observations[round_observed(observed[carrier])] -= 1
        if since < 0:  # the first response lists what appeared during the days before
            observed[carrier] = observe_first_response(_poisson(true[carrier] * 6, before) + new)
        else:
            observed[carrier] = observe(
                observed[carrier],
                new=new,
                since=START + timedelta(minutes=since),
                until=START + timedelta(minutes=now),
                weekly_pattern=DEFAULT_WEEKLY_PATTERN,
            )
        counts[bucket(guess[carrier])] -= 1
        observations[round_observed(observed[carrier])] += 1
        guess[carrier] = estimate_rate(observed[carrier], prior=prior)
        counts[bucket(guess[carrier])] += 1
        return interval_minutes(intervals, guess[carrier])

    polling.run(next_gap, first=first)
    return polling


def _poisson(mean: float, rng: random.Random) -> int:
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    number, product, limit = 0, rng.random(), math.exp(-mean)
    while product > limit:
        number, product = number + 1, product * rng.random()
    return number


if __name__ == "__main__":
    main()
