"""Call limits: so many a minute for everything, so many a day for some services."""

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from anaf_simulator.clock import local

_MINUTE = timedelta(seconds=60)


@dataclass
class Limits:
    """The numbers in force.

    ``per_minute``: OAuth text p. 33. ``lista_per_day`` per user, ``stare_per_day`` per load
    index: swaggers. ``info_per_day``: no document knows one, so None unless set.
    """

    per_minute: int = 1000
    lista_per_day: int = 1000
    stare_per_day: int = 100
    info_per_day: int | None = None


class LimitKeeper:
    """Counts calls by the simulator's clock; days are Romanian calendar days."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._recent: dict[str, deque[datetime]] = {}
        self._daily: Counter[tuple[str, str, str]] = Counter()

    def reset(self) -> None:
        """Go back to the default limits and delete all calls."""
        self.limits = Limits()
        self._recent.clear()
        self._daily.clear()

    def change(self, values: dict[str, int | None]) -> None:
        """Set limits. Raises ValueError for a limit that does not exist."""
        for name, value in values.items():
            if name not in Limits.__dataclass_fields__:
                raise ValueError(f"no limit is called {name}")
            setattr(self.limits, name, value)

    def minute_exceeded(self, user: str, now: datetime) -> bool:
        """Count a call of ``user`` (serial number); True when it is above the limit."""
        recent = self._recent.setdefault(user, deque())
        while recent and not timedelta() <= now - recent[0] < _MINUTE:
            recent.popleft()
        if len(recent) >= self.limits.per_minute:
            return True
        recent.append(now)
        return False

    def day_exceeded(self, service: str, key: str, limit: int | None, now: datetime) -> bool:
        """Count a call to ``service`` under ``key``; True when above ``limit`` for the day."""
        if limit is None:
            return False
        counter = (service, key, local(now).date().isoformat())
        if self._daily[counter] >= limit:
            return True
        self._daily[counter] += 1
        return False
