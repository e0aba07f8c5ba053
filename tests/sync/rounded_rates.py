"""What `caraus.sync.schedule.plan` rounds in SQL, in Python."""

import math

from caraus.sync.schedule.rates import ENOUGH_UITS, Observed


def round_observed(observed: Observed) -> Observed:
    """Round as `plan.py` does it in SQL: quarters of a UIT up to plenty, then steps of 10 %; steps
    of 10 % of the exposure."""
    few = observed.new_uits < ENOUGH_UITS
    new_uits = round(observed.new_uits * 4) / 4 if few else _in_steps(observed.new_uits)
    return Observed(new_uits, _in_steps(max(observed.exposure, 0.01)))


def _in_steps(value: float) -> float:
    return math.exp(round(math.log(value) * 10) / 10)
