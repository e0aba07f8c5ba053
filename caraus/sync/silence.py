"""The periods in which ANAF did not respond, for the ledger: of a company, and of the whole
host."""

from datetime import UTC, datetime

from caraus.accounts.models import Company
from caraus.anaf.errors import ERRORS, AnafError, Outcome
from caraus.ledger.entries import NewEntry, Request
from caraus.ledger.models import LedgerEntry
from caraus.sync.limiter.rules import LimiterState
from caraus.sync.models import SyncState

# Not ANAF's silence: mistakes of ours, and what was never sent.
_OWN_CODES = frozenset(
    {"unexpected", "missing_configuration", "foreign_host", "bad_cui", "bad_request"}
)


def is_silence(code: str) -> bool:
    """Return whether an error means that ANAF gave no list and no reason that is the carrier's."""
    return (
        code in ERRORS
        and code not in _OWN_CODES
        and ERRORS[code].outcome in {Outcome.UNAVAILABLE, Outcome.BAD_RESPONSE}
    )


def entries_of_failure(
    company: Company, before: SyncState, error: AnafError, started_at: datetime, *, is_new: bool
) -> list[NewEntry]:
    """Return what a failed request adds: the beginning of a silence, or its end by an error that
    is a response. `before` is the state until now; `is_new`: this error is another than its
    last."""
    if not is_silence(error.code):
        return entries_of_response(company, before, Request(started_at))
    if not is_new:
        return []
    content = {"code": error.code, "http_status": error.http_status}
    request = Request(started_at, server_date=error.server_date)
    return [NewEntry(LedgerEntry.Kind.NO_RESPONSE, content, company.cui, "", request)]


def entries_of_response(company: Company, before: SyncState, request: Request) -> list[NewEntry]:
    """Return the end of the silence that lasted until now, if one did."""
    if before.error_since is None or not is_silence(before.last_code):
        return []
    content = {"since": _utc(before.error_since), "code": before.last_code}
    return [NewEntry(LedgerEntry.Kind.RESPONDING_AGAIN, content, company.cui, "", request)]


def entries_of_outage(host: str, before: LimiterState, after: LimiterState) -> list[NewEntry]:
    """Return that the circuit breaker found the whole host silent, or responding again."""
    if before.open_since is None and after.open_since is not None:
        content = {"host": host, "since": _utc(after.open_since), "code": after.last_code}
        return [NewEntry(LedgerEntry.Kind.OUTAGE, content)]
    if before.open_since is not None and after.open_since is None:
        content = {"host": host, "since": _utc(before.open_since), "until": _utc(after.closed_at)}
        return [NewEntry(LedgerEntry.Kind.OUTAGE_OVER, content)]
    return []


def _utc(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""
