"""When something is done next for a vehicle change. Pure; times are since the state began."""

from datetime import datetime, timedelta

from caraus.anaf.filings import MOST_DAYS
from caraus.core.formatting import bucharest_day

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# `stareMesaj` may be requested 100 times a day about an upload (swagger stare): 48 requests in the
# first day, then four a day.
_STATUS_FIRST = tuple(seconds * SECOND for seconds in (2, 3, 5, 8, 15, 30))
_STATUS_LATER = ((10 * MINUTE, MINUTE), (2 * HOUR, 10 * MINUTE), (24 * HOUR, HOUR))
_STATUS_SLOWEST = 6 * HOUR
# What ANAF accepted is looked for in `info`, which the timer requests anyway.
_SHOWN_FIRST = tuple(seconds * SECOND for seconds in (1, 5, 10, 20, 40))
_SHOWN_LATER = ((10 * MINUTE, MINUTE), (2 * HOUR, 10 * MINUTE))
_SHOWN_SLOWEST = HOUR
# A lost answer is looked for in `info` at these moments, in `lista` at the last two.
LOOK_IN_INFO = tuple(seconds * SECOND for seconds in (1, 15, 60, 180))
LOOK_IN_LIST = (5 * MINUTE, 10 * MINUTE)
GIVE_UP_LOOKING = 10 * MINUTE
# While ANAF does not respond, looking goes on at these intervals.
_LOOK_LATER = 5 * MINUTE
# What could provably not be sent waits so long, then longer.
_RETRY = tuple(seconds * SECOND for seconds in (2, 5, 10, 20, 30, 60))
# Nothing is sent later than this after the stated moment, or the confirmation where that is later.
LATEST = 2 * MINUTE


def next_status(*, since: datetime, now: datetime, tries: int) -> datetime:
    """Return when the status of an upload is requested, after `tries` requests."""
    return _next(_STATUS_FIRST, _STATUS_LATER, _STATUS_SLOWEST, since=since, now=now, tries=tries)


def next_look_for_accepted(*, since: datetime, now: datetime, tries: int) -> datetime:
    """Return when `info` is requested again about what ANAF accepted."""
    return _next(_SHOWN_FIRST, _SHOWN_LATER, _SHOWN_SLOWEST, since=since, now=now, tries=tries)


def _next(
    first: tuple[timedelta, ...],
    later: tuple[tuple[timedelta, timedelta], ...],
    slowest: timedelta,
    *,
    since: datetime,
    now: datetime,
    tries: int,
) -> datetime:
    if tries < len(first):
        return max(since + first[tries], now)
    pause = next((pause for until, pause in later if now - since < until), slowest)
    return now + pause


def next_look(*, since: datetime, now: datetime, tries: int) -> datetime:
    """Return when a lost response is looked for next, after `tries` looks."""
    moments = (*LOOK_IN_INFO, *LOOK_IN_LIST)
    if tries < len(moments):
        return max(since + moments[tries], now)
    return now + _LOOK_LATER


def is_for_list(tries: int) -> bool:
    """Return whether the look after `tries` others is one into `lista`."""
    return tries >= len(LOOK_IN_INFO)


def days_of_list(*, sent_at: datetime, now: datetime) -> int:
    """Return the days for which `lista` is requested, so that it holds an upload of `sent_at`.

    ANAF does not say whether a day is a calendar day or 24 hours: each day in Romania that has
    begun since counts.
    """
    days = (bucharest_day(now) - bucharest_day(sent_at)).days
    return min(max(days, 0) + 1, MOST_DAYS)


def retry_at(*, now: datetime, tries: int) -> datetime:
    """Return when to send again what was provably not sent."""
    return now + _RETRY[min(tries, len(_RETRY) - 1)]


def send_before(*, moment: datetime, confirmed_at: datetime) -> datetime:
    """Return until when the change may be sent as the person stated it."""
    return max(moment, confirmed_at) + LATEST
