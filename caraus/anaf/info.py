"""`info`: every active UIT in which a company is the carrier, as ANAF shows it now.

Source: ANAF's e-Transport API text of 29.07.2024 (INFO TRANSPORTATORI) and the `info` swagger.
A bare JSON array is the documented response with data; everything else, „none” and errors, comes in
an object, mostly with HTTP 200. So no status is trusted and each body is read. An object that
wraps the list, or is one record itself, is read as the list (`_listed`).
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from caraus.anaf.async_client import AsyncAnafClient
from caraus.anaf.documents import Document
from caraus.anaf.errors import AnafError, masked
from caraus.anaf.http import AnafResponse, AnafSettings
from caraus.anaf.rate_limit import call_context
from caraus.anaf.records import (
    CarrierRecord,
    DeclaredVehicle,
    RecordedVehicleChange,
    RoutePoint,
    read_record,
    uit_in,
    uit_is_valid,
)
from caraus.anaf.responses import (
    empty_note_of,
    error_of_body,
    retry_after_of,
    text_of_body,
    trace_id_of,
)
from caraus.anaf.values import canonical, digest_of, load_json

__all__ = [
    "PARSER_VERSION",
    "CarrierRecord",
    "DeclaredVehicle",
    "Document",
    "InfoResponse",
    "RecordedVehicleChange",
    "RoutePoint",
    "UnreadableItem",
    "body_digest",
    "fetch_info",
    "parse_info",
    "read_response",
    "reread",
    "uit_is_valid",
]

#: Raised with every change of what the parser understands: whatever an older one could not read is
#: tried again, and no response counts as unchanged.
PARSER_VERSION = 2

#: No carrier has so many active UITs; a response with more is not ANAF's list.
MOST_RECORDS = 100_000


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """A record that shows no usable UIT: its JSON text, its sha256, and why
    (`records.UNREADABLE_REASONS`)."""

    raw: str
    reason: str
    digest: str


@dataclass(frozen=True, slots=True)
class InfoResponse:
    """What ANAF shows for one carrier at one moment.

    `digest` is the sha256 of the content, the same in whatever order ANAF lists it, and the same
    for an empty list as for the note. `empty_note` is ANAF's „Nu exista informatii …”, else "".
    `received_at` is UTC. `server_date` is the HTTP header `Date`; `trace_id` stands beside what is
    no bare list. Both are "" where ANAF gave none.
    """

    records: tuple[CarrierRecord, ...]
    unreadable: tuple[UnreadableItem, ...]
    digest: str
    empty_note: str
    body: bytes = field(repr=False)
    received_at: datetime
    server_date: str = ""
    trace_id: str = ""


def fetch_info(
    settings: AnafSettings, *, access_token: str, carrier_cui: str, now: datetime | None = None
) -> InfoResponse:
    """Request the active UITs whose carrier is `carrier_cui` (digits, RO accepted).

    One call, nothing retried. `now` (UTC) replaces the clock for `received_at`. Raises AnafError.
    """
    with call_context(carrier_cui):
        response = fetch_response(settings, access_token=access_token, carrier_cui=carrier_cui)
        return read_response(response, access_token=access_token, now=now)


def fetch_response(settings: AnafSettings, *, access_token: str, carrier_cui: str) -> AnafResponse:
    """Request the list as `fetch_info`, with the good response unread; the caller takes the
    permit."""
    return asyncio.run(_request_once(settings, access_token, carrier_cui))


async def _request_once(
    settings: AnafSettings, access_token: str, carrier_cui: str
) -> AnafResponse:
    async with AsyncAnafClient(settings, connections=1) as client:
        return await client.request_info(access_token=access_token, carrier_cui=carrier_cui)


def read_response(
    response: AnafResponse, *, access_token: str = "", now: datetime | None = None
) -> InfoResponse:
    """Parse a response as `parse_info` does; its error holds the status and hides the token."""
    try:
        read = parse_info(response.body, content_type=response.content_type, received_at=now)
        return replace(read, server_date=response.server_date)
    except AnafError as error:
        error.http_status, error.server_date = response.status, response.server_date
        error.retry_after = retry_after_of(response)
        error.detail = masked(error.detail, secrets=(access_token,))
        raise


def body_digest(body: bytes) -> str:
    """Return what a response is recognized by before it is read: the parser's version and the
    sha256 of its bytes. (A list in another order has another one, and the same
    `InfoResponse.digest`.)"""
    return f"{PARSER_VERSION}:{sha256(body).hexdigest()}"


def reread(raw: str) -> CarrierRecord | None:
    """Read a record once kept as unreadable by today's parser; None: still unreadable."""
    try:
        return read_record(load_json(raw))
    except (ValueError, RecursionError):
        return None


def uit_of_raw(raw: str) -> str:
    """Return the UIT of a record kept as unreadable, "" when it shows none."""
    try:
        return uit_in(load_json(raw))
    except (ValueError, RecursionError):
        return ""


def parse_info(
    body: bytes, *, content_type: str = "", received_at: datetime | None = None
) -> InfoResponse:
    """Read an `info` body. The content type only names the charset: text/plain may hold JSON.

    A record without a usable UIT becomes an UnreadableRecord and its neighbours stay. A UIT
    that stands twice is kept once: with different contents, the one with the greater `id` (both
    being numbers), else the later in the list; `body` has them all.
    Raises AnafError for everything that is neither a list nor ANAF's note that there is none.
    """
    text = text_of_body(body, content_type=content_type)
    when = received_at or datetime.now(UTC)
    try:
        value = load_json(text)
        listed = _listed(value)
        items = None if listed is None else {canonical(item): item for item in listed}
    except (ValueError, RecursionError):
        value = items = None
    if items is not None:
        if len(items) > MOST_RECORDS:
            raise AnafError("too_large", detail=f"{len(items)} records")
        records, unreadable = _read_records(items)
        return InfoResponse(
            records, unreadable, _digest(items), "", body, when, trace_id=trace_id_of(value)
        )
    if note := empty_note_of(value):
        return InfoResponse((), (), _digest(()), note, body, when, trace_id=trace_id_of(value))
    raise error_of_body(text)


def _listed(value: Any) -> list[Any] | None:
    """Return the list that a response holds: itself, the one list of records in an object (or in an
    object within it), or one bare record. None: it holds none, which is not the same as an empty
    one.

    An object that holds more than its list (an error, a count of more records, pages) is no list:
    what it leaves out would be taken for absent.
    """
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    if uit_in(value):
        return [value]
    held = {key: item for key, item in value.items() if isinstance(item, dict | list) and item}
    if len(held) != 1:
        return None
    ((name, item),) = held.items()
    records = _listed(item) if isinstance(item, dict) else item
    if not records or not any(uit_in(each) for each in records):
        return None
    rest = (other for key, other in value.items() if key != name)
    return records if all(_says_nothing(other, len(records)) for other in rest) else None


def _says_nothing(value: Any, number: int) -> bool:
    """Return whether what stands beside a list leaves no doubt that the list is whole."""
    return value in (None, "", True, [], {}) or value == number


def _digest(items: Iterable[str]) -> str:
    return digest_of("\n".join(sorted(items)))


def _read_records(
    items: dict[str, Any],
) -> tuple[tuple[CarrierRecord, ...], tuple[UnreadableItem, ...]]:
    records: dict[str, CarrierRecord] = {}
    unreadable: list[UnreadableItem] = []
    for raw, item in items.items():
        try:
            record = read_record(item)
        except ValueError as error:
            unreadable.append(UnreadableItem(raw, str(error), digest_of(raw)))
            continue
        if not _is_older(record, records.get(record.uit)):
            records[record.uit] = record
    return tuple(records.values()), tuple(unreadable)


def _is_older(record: CarrierRecord, other: CarrierRecord | None) -> bool:
    """Return whether `record` gives way to `other`, which stands before it in the list."""
    if other is None or not (record.anaf_id.isdecimal() and other.anaf_id.isdecimal()):
        return False
    return int(record.anaf_id) < int(other.anaf_id)
