"""Store a good response: rows, events and unreadable records, in the caller's transaction, and
collect what it adds to the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.dispatch import Signal
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.anaf.documents import Document
from caraus.anaf.info import PARSER_VERSION, InfoResponse, UnreadableItem
from caraus.anaf.records import FIELD_NAMES, CarrierRecord, RecordedVehicleChange, RoutePoint
from caraus.core.formatting import bucharest_day, plural
from caraus.ledger.entries import NewEntry, Request
from caraus.transports import company_names, marks
from caraus.transports.ledger_entries import (
    entries_of_absent,
    entries_of_records,
    record_entry,
    unreadable_entry,
)
from caraus.transports.models import Transport, TransportEvent, UnreadableRecord
from caraus.transports.reconcile import KnownUit, Reconciled, reconcile, reconcile_late

# Guide 2025, p. 11: 5 calendar days from the declared date; 15 for some operations, which `info`
# does not name. Where ANAF gave no end, the shorter one is shown, marked as computed.
SHORTEST_VALIDITY = timedelta(days=5)

# The fields that are compared and stored, each a column of `Transport`.
FIELDS = (*FIELD_NAMES.values(), "expiry_computed", "extra", "unreadable_fields")

#: Sent once for a response that changed UITs, in its transaction: `company`, `transports` (the
#: rows), `events` (the reconciliation's, in order), `at` (when the response came, UTC), `first` (it
#: is the first about the company). A receiver writes in an `atomic` of its own.
transports_stored = Signal()


@dataclass(frozen=True, slots=True)
class ResponseCounts:
    """The counts of one good response. `missing` are open UITs that it did not list;
    `mass_missing` are those of a suspicious mass disappearance that begins with it, `all_missing`
    those of which none is left from it on; `unreadable` are records without a usable UIT,
    `partly_unreadable` UITs of which some field could not be read."""

    seen: int = 0
    new: int = 0
    changed: int = 0
    missing: int = 0
    unreadable: int = 0
    mass_missing: int = 0
    all_missing: int = 0
    partly_unreadable: int = 0

    def format_message(self) -> str:
        """Return the counts as a sentence for people."""
        parts = [plural(self.seen, "transport activ", "transporturi active")]
        if self.new:
            parts.append(plural(self.new, "nou", "noi"))
        if self.changed:
            parts.append(plural(self.changed, "modificat", "modificate"))
        if self.missing:
            parts.append(gettext("{number} lipsă la ANAF").format(number=self.missing))
        if self.unreadable:
            parts.append(plural(self.unreadable, "înregistrare necitită", "înregistrări necitite"))
        if self.partly_unreadable:
            parts.append(
                gettext("{number} cu câmpuri necitite").format(number=self.partly_unreadable)
            )
        return gettext("ANAF a răspuns: {parts}.").format(parts=", ".join(parts))


def store_response(
    *,
    company: Company,
    response: InfoResponse,
    last_good_at: datetime | None,
    entries: list[NewEntry],
    requested_at: datetime | None = None,
    announce: bool = True,
) -> ResponseCounts:
    """Reconcile a good response and store the result; with `announce`, send `transports_stored`.

    The caller holds the company's sync state locked, so that two workers store one after the other.
    A response older than the last stored one (`last_good_at`, UTC) only adds UITs. The ledger's
    `entries` are for the caller to append; `requested_at` (UTC) stands in them.
    """
    request = Request(requested_at, response.received_at, response.server_date, response.trace_id)
    if last_good_at and response.received_at < last_good_at:
        return store_late_records(
            company,
            response.records,
            response.received_at,
            newest=last_good_at,
            entries=entries,
            request=request,
        )
    at = response.received_at
    records = {record.uit: record for record in response.records}
    rows = {row.uit: row for row in _rows_of_interest(company, [*records])}
    raw_before = {uit: row.raw for uit, row in rows.items()}
    known = {uit: known_uit(row) for uit, row in rows.items()}
    result = reconcile(
        known=known,
        response={uit: observed_fields(record, known.get(uit)) for uit, record in records.items()},
        unread=frozenset({""} if response.unreadable else ()),
        at=at,
        today=bucharest_day(at),
        hold=timedelta(hours=settings.DELIST_ALL_AFTER_HOURS),
    )
    seen_before = last_good_at or at
    seen_at = {uit: at if uit in records else seen_before for uit in result.states}
    first = last_good_at is None
    company_names.update_company_name(company, response.records)
    _write_changes(
        company, rows, result, records, at=at, seen_at=seen_at, first=first, announce=announce
    )
    _refresh_raw(rows, [record for record in response.records if record.uit not in result.states])
    entries += entries_of_records(company, records, raw_before, result, request)
    entries += entries_of_absent(company, rows, result, request)
    entries += [
        unreadable_entry(company, item, request)
        for item in _store_unreadable(company, response.unreadable, at)
    ]
    missing = sum(row.state == Transport.State.MISSING for row in rows.values())
    return _counts(response, result, missing=missing)


def store_late_records(
    company: Company,
    late: Sequence[CarrierRecord],
    at: datetime,
    *,
    newest: datetime,
    entries: list[NewEntry],
    request: Request,
) -> ResponseCounts:
    """Store the UITs that only a response of `at` has shown, after a newer one was stored."""
    records = {record.uit: record for record in late}
    transports = Transport.objects.filter(company=company, uit__in=records)
    rows = {row.uit: row for row in transports}
    known = {uit: known_uit(row) for uit, row in rows.items()}
    result = reconcile_late(
        known=known,
        response={uit: observed_fields(record, known.get(uit)) for uit, record in records.items()},
        at=at,
        newest=newest,
    )
    _write_changes(company, rows, result, records, at=at, seen_at=dict.fromkeys(result.states, at))
    entries += [record_entry(company, records[uit], request) for uit in result.states]
    return ResponseCounts(seen=len(records), new=result.count("appeared"))


def _write_changes(
    company: Company,
    rows: dict[str, Transport],
    result: Reconciled,
    records: Mapping[str, CarrierRecord],
    *,
    at: datetime,
    seen_at: Mapping[str, datetime],
    first: bool = False,
    announce: bool = True,
) -> None:
    """Write the new states and their events; new rows come into `rows`. `first`: the first response
    about the company."""
    # Those seen first together are written in the order of their days: the list's „newest”.
    in_order = sorted(result.states.items(), key=_day_of_transport)
    for uit, new in in_order:
        rows[uit] = _write(company, uit, rows.get(uit), new, records.get(uit), at, seen_at[uit])
    changed_at = {event.uit for event in result.events}
    Transport.objects.filter(pk__in=[rows[uit].pk for uit in changed_at]).update(last_changed_at=at)
    TransportEvent.objects.bulk_create(
        TransportEvent(transport=rows[event.uit], at=at, kind=event.kind, changes=event.changes)
        for event in result.events
    )
    renewed = {event.uit for event in result.events if event.kind in marks.RENEWING_EVENTS}
    marks.renew_transports([rows[uit] for uit in renewed], at)
    if result.states and announce:
        # A listener that fails is logged (django.dispatch); the response is kept all the same.
        transports_stored.send_robust(
            sender=Transport,
            company=company,
            transports=[rows[uit] for uit in result.states],
            events=result.events,
            at=at,
            first=first,
        )


def _day_of_transport(item: tuple[str, KnownUit]) -> str:
    return item[1].fields["transport_date"] or ""


def _rows_of_interest(company: Company, uits: Sequence[str]) -> list[Transport]:
    """Return the open UITs and those in the response; the closed past is not read."""
    transports = Transport.objects.filter(company=company)
    is_open = Q(state__in=Transport.OPEN_STATES)
    return list(transports.filter(is_open | Q(uit__in=uits)))


def observed_fields(record: CarrierRecord, known: KnownUit | None = None) -> dict[str, Any]:
    """Return a record's fields as JSON values, comparable with those of a row.

    Where nothing could be read of a field of a UIT that is known, it stays as it was last read: an
    unreadable value is no change. `unreadable_fields` names it.
    """
    fields = _fields_of(record)
    before = known.fields if known else {}
    read_before = {
        name: value
        for name, value in before.items()
        if name != "first_expired_day" or not before["expiry_computed"]
    }
    for anaf_name, name in FIELD_NAMES.items():
        if anaf_name in record.unread and _is_empty(fields[name]) and name in read_before:
            fields[name] = read_before[name]
    is_computed = fields["first_expired_day"] is None and fields["transport_date"] is not None
    if is_computed:
        starts = date.fromisoformat(fields["transport_date"])
        fields["first_expired_day"] = (starts + SHORTEST_VALIDITY).isoformat()
    return fields | {"expiry_computed": is_computed}


def _is_empty(value: Any) -> bool:
    return not (any(value.values()) if isinstance(value, dict) else value)


def _fields_of(record: CarrierRecord) -> dict[str, Any]:
    """Return the fields of a record as JSON values, by our names."""
    fields = {name: _json_value(getattr(record, name)) for name in FIELD_NAMES.values()}
    return fields | {"extra": record.extra, "unreadable_fields": record.unread}


def _vehicle_change(change: RecordedVehicleChange) -> dict[str, Any]:
    return {
        "at": change.at.isoformat() if change.at else None,
        "plate": change.plate,
        "trailer1": change.trailer1,
        "trailer2": change.trailer2,
        "note": change.note,
        "declared_by": change.declared_by,
        "reference": change.reference,
        "declared_at": change.declared_at.isoformat() if change.declared_at else None,
    }


def known_uit(row: Transport) -> KnownUit:
    """Return a row as `reconcile` takes it."""
    fields = {name: _json_value(getattr(row, name)) for name in FIELDS}
    return KnownUit(
        state=row.state,  # type: ignore[arg-type]
        fields=fields,
        missing_since=row.missing_since,
        missing_again_at=row.missing_again_at,
        delist_not_before=row.delist_not_before,
        seen_at=row.last_seen_at,
    )


def _json_value(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case RoutePoint():
            return value.as_dict()
        case RecordedVehicleChange():
            return _vehicle_change(value)
        case Document():
            return {"text": value.text, "value": value.raw}
        case tuple():
            return [_json_value(each) for each in value]
        case _:
            return value


def _write(
    company: Company,
    uit: str,
    row: Transport | None,
    new: KnownUit,
    record: CarrierRecord | None,
    at: datetime,
    seen_at: datetime,
) -> Transport:
    if row is None:
        row = Transport(company=company, uit=uit, first_seen_at=at, last_changed_at=at)
    for column in Transport._meta.concrete_fields:
        if column.name in FIELDS:
            setattr(row, column.name, column.to_python(new.fields[column.name]))
    if record is not None:
        row.raw = record.raw
    if new.seen_at == at or Transport.State.ACTIVE in {row.state, new.state}:
        row.last_seen_at = seen_at
    row.state, row.missing_since = new.state, new.missing_since
    row.missing_again_at = new.missing_again_at
    row.delist_not_before = new.delist_not_before
    row.save()
    return row


def _refresh_raw(rows: Mapping[str, Transport], unchanged: Sequence[CarrierRecord]) -> None:
    """Store raw records of which something changed that is no event: ANAF's own number, say."""
    for record in unchanged:
        row = rows[record.uit]
        if row.raw != record.raw:
            row.raw = record.raw
            row.save(update_fields=["raw"])


def _store_unreadable(
    company: Company, unreadable: Sequence[UnreadableItem], at: datetime
) -> list[UnreadableItem]:
    """Store the records that could not be understood; return those that are new."""
    new: list[UnreadableItem] = []
    for record in unreadable:
        _, is_new = UnreadableRecord.objects.update_or_create(
            company=company,
            digest=record.digest,
            defaults={
                "reason": record.reason,
                "last_seen_at": at,
                "resolved_at": None,
                "parser_version": PARSER_VERSION,
            },
            create_defaults={
                "raw": record.raw,
                "reason": record.reason,
                "first_seen_at": at,
                "last_seen_at": at,
                "parser_version": PARSER_VERSION,
            },
        )
        if is_new:
            new.append(record)
    unresolved = UnreadableRecord.objects.filter(company=company, resolved_at=None)
    unresolved.exclude(digest__in=[record.digest for record in unreadable]).update(resolved_at=at)
    return new


def _counts(response: InfoResponse, result: Reconciled, *, missing: int) -> ResponseCounts:
    return ResponseCounts(
        seen=len(response.records),
        new=result.count("appeared"),
        changed=result.count("changed", "vehicle_changed", "carrier_changed"),
        missing=missing,
        unreadable=len(response.unreadable),
        partly_unreadable=sum(bool(record.unread) for record in response.records),
        mass_missing=result.mass_missing,
        all_missing=result.all_missing,
    )


def last_listed_at(row: Transport, state: Mapping[int, datetime]) -> datetime:
    """Return when ANAF last had it: for an active UIT, the last good response about its company.

    An unchanged response writes no row of a UIT, so that polling often costs little.
    """
    if row.state == Transport.State.ACTIVE:
        return max(row.last_seen_at, state.get(row.company_id, row.last_seen_at))
    return row.last_seen_at
