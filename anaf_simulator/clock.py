"""The simulator's clock: real time plus an offset that control calls move."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BUCHAREST = ZoneInfo("Europe/Bucharest")
"""ANAF's texts name no time zone; its dates are read as Romanian civil time."""


class Clock:
    """A movable clock; every moment it gives is aware and in UTC."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        """Return the simulated moment in UTC."""
        return datetime.now(UTC) + self.offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back by a negative number."""
        self.offset += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Jump to ``moment`` and go on from there; a naive moment is Romanian civil time."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=BUCHAREST)
        self.offset = aware - datetime.now(UTC)

    def reset(self) -> None:
        """Go back to the time of the machine."""
        self.offset = timedelta()


def local(moment: datetime) -> datetime:
    """Return the same moment in Romanian civil time (aware)."""
    return moment.astimezone(BUCHAREST)


def at_local(day: date, seconds: int) -> datetime:
    """Return the moment ``seconds`` of wall clock after local midnight of ``day``, in UTC."""
    naive = datetime.combine(day, time()) + timedelta(seconds=seconds)
    return naive.replace(tzinfo=BUCHAREST).astimezone(UTC)


def iso_day(day: date) -> str:
    """Return a day as ``info`` writes it: ``2024-06-24T00:00:00`` (swagger-info.json)."""
    return f"{day.isoformat()}T00:00:00"


def iso_second(moment: datetime) -> str:
    """Return a moment as ``info`` writes it: Romanian civil time without a zone."""
    return local(moment).strftime("%Y-%m-%dT%H:%M:%S")


def compact_second(moment: datetime) -> str:
    """Return a moment as ``lista`` writes it: ``20221010144008`` (swagger-lista.json)."""
    return local(moment).strftime("%Y%m%d%H%M%S")


def compact_minute(moment: datetime) -> str:
    """Return a moment as ``dateResponse`` writes it: ``202406251616`` (all swaggers)."""
    return local(moment).strftime("%Y%m%d%H%M")
