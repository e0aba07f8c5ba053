"""Store what came back of a request about a filing, byte for byte, before anybody judges it; what
is new in it goes into the ledger too."""

from hashlib import sha256

from caraus.anaf import filings as anaf
from caraus.anaf.filings import Exchange, key_of
from caraus.filings.models import FilingAttempt, FilingResponse, VehicleChange
from caraus.ledger.entries import NewEntry, Request, recording
from caraus.ledger.models import LedgerEntry


def store(attempt: FilingAttempt, kind: str, exchange: Exchange) -> FilingResponse:
    """Store a response, and add it to the ledger unless it says what the last of its kind said."""
    change = attempt.change
    response = FilingResponse.of(attempt, kind, exchange)
    with recording(change.company.organization_id) as entries:
        before = FilingResponse.objects.filter(attempt=attempt, kind=kind).last()
        response.save()
        if before is None or _statement(before) != _statement(response):
            entries.append(_response_entry(change, attempt, response))
    return response


def _statement(response: FilingResponse) -> object:
    """Return what a response says of its attempt, without what differs in each."""
    exchange = response.exchange()
    if response.kind == FilingResponse.Kind.STATUS:
        status = anaf.read_status(exchange)
        return status.state, status.messages, status.error_code
    if response.kind == FilingResponse.Kind.LIST:
        listed = anaf.read_list(exchange)
        key = key_of(response.attempt.reference)
        own = [row.raw for row in listed.rows if key_of(row.reference) == key]
        return own, listed.whole, listed.error_code
    return exchange


def filing_entry(change: VehicleChange, attempt: FilingAttempt) -> NewEntry:
    """Return the entry of an upload about to be sent: its bytes as they will leave."""
    content = {
        "reference": attempt.reference,
        "environment": attempt.environment,
        "xml": bytes(attempt.xml).decode(),
        "xml_sha256": attempt.sha256,
    }
    request = Request(attempt.sent_at)
    return NewEntry(LedgerEntry.Kind.FILING, content, change.company.cui, change.uit, request)


def _response_entry(
    change: VehicleChange, attempt: FilingAttempt, response: FilingResponse
) -> NewEntry:
    exchange = response.exchange()
    content = {
        "reference": attempt.reference,
        "request": str(response.kind),
        "sent": exchange.sent,
        "status": exchange.status,
        "complete": exchange.complete,
        "error_code": exchange.error_code,
        "body": exchange.text,
        "body_sha256": sha256(exchange.body).hexdigest(),
    }
    request = Request(exchange.began_at, exchange.ended_at, exchange.server_date, exchange.trace_id)
    return NewEntry(
        LedgerEntry.Kind.FILING_RESPONSE, content, change.company.cui, change.uit, request
    )
