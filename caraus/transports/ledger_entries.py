"""What a response of ANAF adds to the ledger: records that are new or changed, and delistings."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from caraus.accounts.models import Company
from caraus.anaf.info import UnreadableItem
from caraus.anaf.records import CarrierRecord
from caraus.anaf.values import load_json
from caraus.ledger.entries import NewEntry, Request
from caraus.ledger.models import LedgerEntry
from caraus.transports.models import Transport
from caraus.transports.reconcile import Reconciled

_CLOSED = {"delisted": LedgerEntry.Kind.DELISTED, "expired": LedgerEntry.Kind.EXPIRED}


def record_entry(company: Company, record: CarrierRecord, request: Request) -> NewEntry:
    """Return the entry of a record as ANAF gave it."""
    return NewEntry(LedgerEntry.Kind.RECORD, record.raw, company.cui, record.uit, request)


def entries_of_records(
    company: Company,
    records: Mapping[str, CarrierRecord],
    raw_before: Mapping[str, Any],
    result: Reconciled,
    request: Request,
) -> list[NewEntry]:
    """Return the entries of the records that are new, changed in anything, or listed again."""
    listed_again = {event.uit for event in result.events if event.kind == "returned"}
    return [
        record_entry(company, record, request)
        for uit, record in records.items()
        if uit not in raw_before or raw_before[uit] != record.raw or uit in listed_again
    ]


def entries_of_absent(
    company: Company, rows: Mapping[str, Transport], result: Reconciled, request: Request
) -> list[NewEntry]:
    """Return the entries of the UITs that are concluded from this response to be delisted or
    expired, with the responses before it that did not list them."""
    return [
        NewEntry(
            _CLOSED[event.kind],
            {
                "last_seen_at": _utc(rows[event.uit].last_seen_at),
                "missing_since": _utc(rows[event.uit].missing_since),
                "first_expired_day": _day(rows[event.uit].first_expired_day),
            },
            company.cui,
            event.uit,
            request,
        )
        for event in result.events
        if event.kind in _CLOSED
    ]


def unreadable_entry(company: Company, item: UnreadableItem, request: Request) -> NewEntry:
    """Return the entry of a record that could not be understood."""
    content = {"record": load_json(item.raw), "reason": item.reason}
    return NewEntry(LedgerEntry.Kind.UNREADABLE, content, company.cui, "", request)


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
