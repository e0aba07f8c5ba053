"""Filing a vehicle change with ANAF: its document, the three requests, and what responses mean.

Source: the swaggers `upload`, `stare` and `lista` of 07.2024 and the API text of 29.07.2024. The
judges are pure: they take an `Exchange` as it was stored, so that a judgement can be repeated. They
promise two things. REFUSED is ANAF's own verdict, in its own words. ACCEPTED has an index by which
its state can be requested. Everything else that happened after the first byte is UNKNOWN.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from caraus.anaf.fields import Fields
from caraus.anaf.filing_document import (
    MOST_NOTE,
    MOST_REFERENCE,
    InvalidFilingError,
    VehicleChangeDocument,
    build_vehicle_change,
    document_plate,
    key_of,
    new_reference,
    text_token,
)
from caraus.anaf.filing_exchange import (
    LIMIT_WORDS,
    MOST_DAYS,
    Exchange,
    list_filings,
    request_status,
    upload,
)
from caraus.anaf.records import uit_in
from caraus.anaf.responses import error_of_body
from caraus.anaf.values import load_json, normalized_cui, parse_moment, text_of, without_diacritics

__all__ = [
    "MOST_DAYS",
    "MOST_NOTE",
    "MOST_REFERENCE",
    "Exchange",
    "FilingRow",
    "InvalidFilingError",
    "ListResult",
    "StatusResult",
    "UploadOutcome",
    "UploadResult",
    "UploadState",
    "VehicleChangeDocument",
    "build_vehicle_change",
    "document_plate",
    "key_of",
    "list_filings",
    "new_reference",
    "read_list",
    "read_status",
    "read_upload",
    "readable",
    "request_status",
    "text_token",
    "upload",
]

_NO_MESSAGES = "nu exista mesaje"
#: What ANAF may say in `Errors` of itself rather than of the document, folded.
_OF_THE_SERVICE = (
    *LIMIT_WORDS,
    *("eroare tehnica", "indisponibil", "reveniti", "incercati", "intretinere"),
)
_RIGHTS = {"no_rights_any", "no_rights_cui"}


class UploadOutcome(StrEnum):
    """What an upload came to. NOT_SENT: proven that no byte left, so it may be sent again."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


class UploadState(StrEnum):
    """What ANAF says of an upload. REQUEST_FAILED: the request failed, which says nothing of it."""

    OK = "ok"
    REFUSED = "refused"
    NOT_TAKEN = "not_taken"
    PROCESSING = "processing"
    REQUEST_FAILED = "request_failed"


_STATES = {
    "ok": UploadState.OK,
    "nok": UploadState.REFUSED,
    "in prelucrare": UploadState.PROCESSING,
    "xml cu erori nepreluat de sistem": UploadState.NOT_TAKEN,
}


@dataclass(frozen=True, slots=True)
class UploadResult:
    """`index` is "" unless ACCEPTED (for processing: `status` gives the end). `messages` are ANAF's
    own, whole. `error_code` says, by `errors.ERRORS`, why it is UNKNOWN or NOT_SENT, and that a
    right is missing where it is REFUSED for that."""

    outcome: UploadOutcome
    index: str = ""
    uit: str = ""
    reference: str = ""
    trace_id: str = ""
    messages: tuple[str, ...] = ()
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class StatusResult:
    """`messages` are ANAF's own, whole; `error_code` says why a request is REQUEST_FAILED."""

    state: UploadState
    trace_id: str = ""
    messages: tuple[str, ...] = ()
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class FilingRow:
    """One row of `lista`. `kind`: NOT, COR, DEL, CON or MVH. `accepted`: stare OK; False: ERR,
    with ANAF's `messages`; None: neither, as in the swagger of 2022. Moments are UTC, None when
    ANAF gave none that can be read; texts are "" when it gave none. `reference` and the plates are
    the change's own.
    """

    kind: str
    accepted: bool | None
    uit: str
    declared_by: str
    reference: str
    index: str
    source: str
    post_outage: bool
    created_at: datetime | None
    changed_at: datetime | None
    plate: str
    trailer1: str
    trailer2: str
    messages: tuple[str, ...]
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListResult:
    """What `lista` shows, in ANAF's order. Only from a `whole` one follows that a row is missing;
    `messages` and `error_code` say why it is not whole."""

    whole: bool
    rows: tuple[FilingRow, ...] = ()
    messages: tuple[str, ...] = ()
    error_code: str = ""


def read_upload(exchange: Exchange) -> UploadResult:
    """Judge what came of an upload."""
    if not exchange.sent:
        return UploadResult(UploadOutcome.NOT_SENT, error_code=exchange.error_code or "network")
    response = _object(exchange)
    if response is None:
        return UploadResult(UploadOutcome.UNKNOWN, error_code=_code_of(exchange))
    index, messages = _index_of(response.get("index_incarcare")), _errors_of(response)
    trace_id = text_of(response.get("trace_id"))
    if index:
        # Also beside Errors, where `status` by this index will give the truth.
        return UploadResult(
            UploadOutcome.ACCEPTED,
            index,
            text_of(response.get("UIT")),
            text_of(response.get("ref_declarant")),
            trace_id,
            messages,
        )
    if messages and _failed(response) and not any(_is_of_the_service(text) for text in messages):
        code = error_of_body("; ".join(messages)).code
        return UploadResult(
            UploadOutcome.REFUSED,
            trace_id=trace_id,
            messages=messages,
            error_code=code if code in _RIGHTS else "",
        )
    return UploadResult(
        UploadOutcome.UNKNOWN, trace_id=trace_id, messages=messages, error_code=_code_of(exchange)
    )


def read_status(exchange: Exchange) -> StatusResult:
    """Judge a response of `stareMesaj`. `Errors` without `stare` is a request that failed."""
    response = _object(exchange)
    if response is None:
        return StatusResult(UploadState.REQUEST_FAILED, error_code=_code_of(exchange))
    messages, trace_id = _errors_of(response), text_of(response.get("trace_id"))
    state = _STATES.get(
        without_diacritics(text_of(response.get("stare"))), UploadState.REQUEST_FAILED
    )
    if state in {UploadState.OK, UploadState.PROCESSING} and messages:
        state = UploadState.REQUEST_FAILED  # it contradicts itself
    if state is UploadState.REQUEST_FAILED:
        return StatusResult(state, trace_id, messages, _code_of(exchange))
    return StatusResult(state, trace_id, messages)


def read_list(exchange: Exchange) -> ListResult:
    """Judge a response of `lista`, whose „Nu exista mesaje …” is an empty list and no error."""
    response = _object(exchange)
    if response is None:
        return ListResult(whole=False, error_code=_code_of(exchange))
    messages, listed = _errors_of(response), response.get("mesaje")
    items = listed if isinstance(listed, list) else []
    rows = tuple(_row(item) for item in items if isinstance(item, dict))
    if (
        messages
        and all(_NO_MESSAGES in without_diacritics(text) for text in messages)
        and not items
    ):
        return ListResult(whole=True)
    if messages or not isinstance(listed, list) or len(rows) < len(items):
        return ListResult(whole=False, rows=rows, messages=messages, error_code=_code_of(exchange))
    return ListResult(whole=True, rows=rows)


def readable(message: str) -> str:
    """Return the sentence in a message of ANAF's, which wraps those of its validator.

    „tipAssert=…; codEroare=BR-019; localizareEroare=…; textEroare=[BR-019]-Identificatorul …;
    expresieValidata=…” is „Identificatorul …”. Anything else is given as it is.
    """
    _, wrapped, rest = message.partition("textEroare=")
    if not wrapped:
        return message
    text = rest.partition("; expresieValidata=")[0].strip()
    if text.startswith("[") and "]" in text:
        text = text.partition("]")[2].lstrip(" -")
    return text or message


def _object(exchange: Exchange) -> dict[str, Any] | None:
    """Return the JSON object of a good response; None for any other."""
    if not (exchange.complete and exchange.status == 200 and not exchange.error_code):
        return None
    try:
        value = load_json(exchange.text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _code_of(exchange: Exchange) -> str:
    """Return why a response is of no use, by `errors.ERRORS`."""
    if exchange.error_code:
        return exchange.error_code
    return error_of_body(exchange.text).code if exchange.complete else "network"


def _index_of(value: object) -> str:
    """Return the load index: ANAF gives a number (seen in July 2026), its texts show texts too."""
    text = "" if isinstance(value, bool) else text_of(value)
    return text if text.isascii() and text.isdecimal() and int(text) > 0 else ""


def _errors_of(response: dict[str, Any]) -> tuple[str, ...]:
    """Return the texts of `Errors: [{errorMessage}]`, in whatever case the keys are written."""
    texts = []
    for name, items in response.items():
        if name.lower() != "errors":
            continue
        for item in items if isinstance(items, list) else [items]:
            values = item.values() if isinstance(item, dict) else [item]
            # `Errors: false` or a number says nothing: a verdict has words.
            texts += [text_of(value) for value in values if isinstance(value, str)]
    return tuple(text for text in texts if text)


def _failed(response: dict[str, Any]) -> bool:
    """Return whether ExecutionStatus says so, or says nothing."""
    return text_of(response.get("ExecutionStatus")) in {"", "1"}


def _is_of_the_service(message: str) -> bool:
    """Return whether a message speaks of ANAF's service rather than of what was filed."""
    plain = without_diacritics(message)
    return any(part in plain for part in _OF_THE_SERVICE)


def _row(item: dict[str, Any]) -> FilingRow:
    fields = Fields(item)
    listed = item.get("mesaje")
    messages = [
        text_of(message.get("mesaj") if isinstance(message, dict) else message)
        for message in (listed if isinstance(listed, list) else [])
    ]
    return FilingRow(
        kind=fields.text("tip").upper(),
        accepted={"OK": True, "ERR": False}.get(fields.text("stare").upper()),
        uit=uit_in(item),
        declared_by=normalized_cui(fields.text("cod_decl")),
        reference=fields.text("ref_decl"),
        # The swagger pads it with zeros, where the upload gives a number.
        index=fields.text("id_incarcare").lstrip("0"),
        source=fields.text("sursa").upper(),
        post_outage=fields.text("post_avarie").upper() == "D",
        created_at=_moment(item, "data_creare"),
        changed_at=_moment(item, "data_modif_veh"),
        plate=fields.text("nr_veh"),
        trailer1=fields.text("nr_rem1"),
        trailer2=fields.text("nr_rem2"),
        messages=tuple(text for text in messages if text),
        raw=item,
    )


def _moment(item: dict[str, Any], name: str) -> datetime | None:
    try:
        return parse_moment(item.get(name))
    except ValueError:
        return None
