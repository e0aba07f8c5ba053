"""`info`: every active UIT in which a company is the carrier, as ANAF shows it now.

Source: ANAF's e-Transport API text of 29.07.2024 (INFO TRANSPORTATORI) and the `info` swagger.
A bare JSON array is the only good answer with data; ANAF says everything else, „none” and errors,
in an object, mostly with HTTP 200. So no status is trusted and each body is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from anafpy.auth import MemoryTokenStore, TokenProvider
from anafpy.etransport import ETransportClient

from caraus.anaf.answers import decode, empty_note_of, problem_of_body
from caraus.anaf.calls import good_answer
from caraus.anaf.documents import Document
from caraus.anaf.errors import AnafError, masked
from caraus.anaf.http import API_ORIGIN, AnafSettings
from caraus.anaf.records import (
    CarrierRecord,
    Place,
    Vehicle,
    VehicleChange,
    read_record,
    uit_in,
    uit_is_valid,
)
from caraus.anaf.tokens import is_sendable
from caraus.anaf.values import canonical, cui_of, digest_of, load_json

__all__ = [
    "CarrierRecord",
    "Document",
    "InfoAnswer",
    "Place",
    "UnreadableRecord",
    "Vehicle",
    "VehicleChange",
    "fetch_info",
    "parse_info",
    "uit_is_valid",
]


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record that can't be understood: its JSON text, why (in Romanian), and its sha256.

    `uit` is its code when that much could be read, else "": such a UIT is not absent from ANAF's
    list, and nobody may take it for withdrawn.
    """

    raw: str
    reason: str
    digest: str
    uit: str = ""


@dataclass(frozen=True, slots=True)
class InfoAnswer:
    """What ANAF shows for one carrier at one moment.

    `digest` is the sha256 of the content, the same in whatever order ANAF lists it, and the same
    for an empty list as for the note. `empty_note` is ANAF's „Nu exista informatii …”, else "".
    `received_at` is UTC.
    """

    records: tuple[CarrierRecord, ...]
    unreadable: tuple[UnreadableRecord, ...]
    digest: str
    empty_note: str
    body: bytes = field(repr=False)
    received_at: datetime


def fetch_info(
    settings: AnafSettings, *, access_token: str, carrier_cui: str, now: datetime | None = None
) -> InfoAnswer:
    """Ask ANAF for the active UITs whose carrier is `carrier_cui` (digits, RO accepted).

    One call, nothing retried. `now` (UTC) replaces the clock for `received_at`. Raises AnafError.
    """
    cui = cui_of(carrier_cui)
    if not (cui.isascii() and cui.isdecimal()):
        raise AnafError("bad_cui", detail=cui)
    if not is_sendable(access_token):
        raise AnafError("token_refused", detail="no usable access token")
    answer = good_answer(
        lambda client: ETransportClient(_no_provider(), http=client).info(organizer_cui=cui),
        settings=settings,
        base_url=f"{API_ORIGIN}/{settings.environment}/ETRANSPORT/ws/v1/",
        access_token=access_token,
    )
    try:
        return parse_info(answer.body, content_type=answer.content_type, received_at=now)
    except AnafError as error:
        error.http_status = answer.status
        error.detail = masked(error.detail, secrets=(access_token,))
        raise


def _no_provider() -> TokenProvider:
    """anafpy wants one; ours is empty, for renewing tokens is not this call's business."""
    return TokenProvider(client_id="", client_secret="", store=MemoryTokenStore())


def parse_info(
    body: bytes, *, content_type: str = "", received_at: datetime | None = None
) -> InfoAnswer:
    """Read an `info` body. The content type only names the charset: text/plain may hold JSON.

    A record that can't be understood becomes an UnreadableRecord and its neighbours stay. A UIT
    that stands twice is kept once: with different contents, the one with the greater `id` (both
    being numbers), else the later in the list; `body` has them all.
    Raises AnafError for everything that is neither a list nor ANAF's note that there is none.
    """
    text = decode(body, content_type=content_type)
    when = received_at or datetime.now(UTC)
    try:
        value = load_json(text)
        items = {canonical(item): item for item in value} if isinstance(value, list) else None
    except (ValueError, RecursionError):
        value = items = None
    if items is not None:
        records, unreadable = _sorted_out(items)
        return InfoAnswer(records, unreadable, _digest(items), "", body, when)
    if note := empty_note_of(value):
        return InfoAnswer((), (), _digest(()), note, body, when)
    raise problem_of_body(text)


def _digest(items: Iterable[str]) -> str:
    return digest_of("\n".join(sorted(items)))


def _sorted_out(
    items: dict[str, Any],
) -> tuple[tuple[CarrierRecord, ...], tuple[UnreadableRecord, ...]]:
    records: dict[str, CarrierRecord] = {}
    unreadable: list[UnreadableRecord] = []
    for raw, item in items.items():
        try:
            record = read_record(item)
        except ValueError as error:
            unreadable.append(UnreadableRecord(raw, str(error), digest_of(raw), uit_in(item)))
            continue
        if not _is_older(record, records.get(record.uit)):
            records[record.uit] = record
    return tuple(records.values()), tuple(unreadable)


def _is_older(record: CarrierRecord, other: CarrierRecord | None) -> bool:
    """Whether `record` gives way to `other`, which stands before it in the list."""
    if other is None or not (record.anaf_id.isdecimal() and other.anaf_id.isdecimal()):
        return False
    return int(record.anaf_id) < int(other.anaf_id)
