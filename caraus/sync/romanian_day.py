"""The day in Romania, by which ANAF counts calls and the schedule slows down at night. Pure."""

from datetime import datetime, time, timedelta

from caraus.core.formatting import BUCHAREST, bucharest_day

# From 22 to 6 in Romania a company is polled at most a quarter as often as by day.
NIGHT = (time(22), time(6))
NIGHT_SLOWER = 4
# The minutes of a day, those of the night counted slower.
DAY_MINUTES = 16 * 60 + 8 * 60 / NIGHT_SLOWER


def day_share_left(at: datetime) -> float:
    """Return the share of a day's calls still to come: the hours until midnight in Romania, of
    which those of the night count a quarter."""
    clock = at.astimezone(BUCHAREST)
    passed = clock.hour * 60 + clock.minute + clock.second / 60
    evening, morning = (limit.hour * 60 for limit in NIGHT)
    awake = min(max(passed - morning, 0), evening - morning)
    asleep = min(passed, morning) + max(passed - evening, 0)
    return max(1 - (awake + asleep / NIGHT_SLOWER) / DAY_MINUTES, 0.0)


def is_night(at: datetime) -> bool:
    """Return whether it is between 22 and 6 in Romania."""
    clock = at.astimezone(BUCHAREST).time()
    return clock >= NIGHT[0] or clock < NIGHT[1]


def until_tomorrow(moment: datetime) -> timedelta:
    """Return the time until 00:05 in Romania, when a daily limit of ANAF counts anew.

    ANAF blocks those who go on calling past a limit (its text on the limits of e-Factura's API).
    """
    tomorrow = bucharest_day(moment) + timedelta(days=1)
    return datetime.combine(tomorrow, time(0, 5), tzinfo=BUCHAREST) - moment
