"""Delay companies whose result could not be recorded, longer after each failure in a row.

Errors of ANAF or of our own code are recorded with the company, and its next sync is delayed there.
When even that cannot be written (a full disk), the poller keeps the delay in its own memory.
"""

from time import monotonic

FIRST_BACKOFF_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 1800.0


class Backoff:
    """The delayed companies of one poller."""

    def __init__(self) -> None:
        self._failures: dict[int, int] = {}
        self._until: dict[int, float] = {}

    def delay(self, company_id: int) -> float:
        """Count one more failure in a row; return the delay in seconds."""
        failures = self._failures[company_id] = self._failures.get(company_id, 0) + 1
        seconds: float = min(
            FIRST_BACKOFF_SECONDS * 2 ** min(failures - 1, 20), LONGEST_BACKOFF_SECONDS
        )
        self._until[company_id] = monotonic() + seconds
        return seconds

    def reset(self, company_id: int) -> None:
        """Clear the company's failures: a result was recorded."""
        self._failures.pop(company_id, None)
        self._until.pop(company_id, None)

    def delayed_company_ids(self) -> list[int]:
        """Return the companies that wait for their next attempt now."""
        now = monotonic()
        return [company_id for company_id, until in self._until.items() if until > now]
