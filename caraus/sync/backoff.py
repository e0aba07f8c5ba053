"""Companies whose question came to nothing that could be written down: each rests ever longer.

What goes wrong at ANAF or in our own code is kept with the company, which is then asked about ever
later. When even that can't be written (a full disk), nothing in the database holds it back, so the
poller remembers it in its own memory.
"""

from time import monotonic

FIRST_REST = 5.0
LONGEST_REST = 1800.0


class Rests:
    """One poller's memory. Seconds."""

    def __init__(self) -> None:
        self._failures: dict[int, int] = {}
        self._until: dict[int, float] = {}

    def put_off(self, company_id: int) -> float:
        """One more failure in a row; return for how long the company rests."""
        failures = self._failures[company_id] = self._failures.get(company_id, 0) + 1
        seconds: float = min(FIRST_REST * 2 ** min(failures - 1, 20), LONGEST_REST)
        self._until[company_id] = monotonic() + seconds
        return seconds

    def end(self, company_id: int) -> None:
        """Something was written down about the company."""
        self._failures.pop(company_id, None)
        self._until.pop(company_id, None)

    def resting(self) -> list[int]:
        now = monotonic()
        return [company_id for company_id, until in self._until.items() if until > now]
