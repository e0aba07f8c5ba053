"""One record of `info`: ANAF's field names turned into ours, with nothing dropped.

Source: ANAF's e-Transport API text of 29.07.2024, INFO TRANSPORTATORI, and the `info` swagger of
07.2024 (the swagger shows `documente` as a text, the text promises a list: both are read).
"""

import contextlib
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from caraus.anaf.documents import MOST_DOCUMENTS, Document, read_documents
from caraus.anaf.fields import Fields, cut, is_cut
from caraus.anaf.values import (
    canonical,
    is_placeholder,
    letters_and_digits,
    load_json,
    normalized_cui,
    parse_day,
    parse_moment,
    text_of,
)

_UIT = re.compile(r"[0-9ACDEFHJKLMNPQRTUVWXY]{14}[0-9]{2}")
_UIT_LENGTH = 64
#: ANAF's names of the fields that are stored and compared, and ours.
FIELD_NAMES = {
    "cod_decl": "declarant_cui",
    "den_decl": "declarant_name",
    "ref_decl": "declarant_ref",
    "data_transp": "transport_date",
    "data_exp_uit": "first_expired_day",
    "tr_cod": "carrier_cui",
    "tr_den": "carrier_name",
    "nr_veh": "plate",
    "nr_rem1": "trailer1",
    "nr_rem2": "trailer2",
    "modif_veh": "vehicle_changes",
    "loc_start": "start",
    "loc_final": "end",
    "documente": "documents",
}
_KNOWN_FIELDS = frozenset({"id", "uit", *FIELD_NAMES})
#: Why a record is unreadable.
UNREADABLE_REASONS = ("not_an_object", "uit_not_text", "uit_missing", "uit_too_long")
MOST_CHANGES = 200
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def uit_is_valid(uit: str) -> bool:
    """Return whether a UIT has the form and check digits of the XSD (schema_ETR_v2, UitType).

    The last two digits are those of the sum of the ASCII codes of the characters before them.
    """
    return bool(_UIT.fullmatch(uit)) and sum(map(ord, uit[:-2])) % 100 == int(uit[-2:])


@dataclass(frozen=True, slots=True)
class RoutePoint:
    """Where a transport starts or ends. `kind`: ADR address, PTF border crossing, BV customs.

    `county` is the car code (AB … B). Texts are "" when ANAF gave none; for PTF and BV only
    `full_address` and `county` are promised.
    """

    kind: str = ""
    full_address: str = ""
    county: str = ""
    locality: str = ""
    street: str = ""
    number: str = ""
    other: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the fields by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DeclaredVehicle:
    """A tractor's plate and its trailers', "" where there is none."""

    plate: str
    trailer1: str
    trailer2: str


@dataclass(frozen=True, slots=True)
class RecordedVehicleChange:
    """One vehicle change. `at` (since when it drives) and `declared_at`: UTC, None if unreadable.

    `declared_by` is the fiscal code of who declared it: the first declarant or the carrier.
    """

    at: datetime | None
    plate: str
    trailer1: str
    trailer2: str
    note: str
    declared_by: str
    reference: str
    declared_at: datetime | None
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CarrierRecord:
    """One active UIT in which a company is the carrier.

    `transport_date` and `first_expired_day` are Romanian calendar days, None when ANAF gave none
    that can be read; the last valid day is the one before `first_expired_day`. `plate`, `trailer1`
    and `trailer2` are those first declared. `raw` is ANAF's record whole, `extra` its unknown keys.
    `unread` lists, by ANAF's names, the fields that could not be understood or were cut, with the
    beginning of what stood there ("" where nothing did): ours hold what was understood of them.
    """

    uit: str
    anaf_id: str
    declarant_cui: str
    declarant_name: str
    declarant_ref: str
    transport_date: date | None
    first_expired_day: date | None
    carrier_cui: str
    carrier_name: str
    plate: str
    trailer1: str
    trailer2: str
    vehicle_changes: tuple[RecordedVehicleChange, ...]
    start: RoutePoint
    end: RoutePoint
    documents: tuple[Document, ...]
    raw: dict[str, Any] = field(repr=False)
    extra: dict[str, Any]
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def current_vehicle(self) -> DeclaredVehicle:
        """The vehicle of the latest change by `data_modif_veh`, else the one first declared."""
        if not self.vehicle_changes:
            return DeclaredVehicle(self.plate, self.trailer1, self.trailer2)
        last = self.vehicle_changes[-1]
        return DeclaredVehicle(last.plate or self.plate, last.trailer1, last.trailer2)


def read_record(item: object) -> CarrierRecord:
    """Read one record; raises ValueError with one of `UNREADABLE_REASONS`: it shows no usable UIT.

    Every other field that can't be understood stands in `unread`, and the rest is kept. A wrong
    check digit of a UIT or another carrier than the one requested is no reason to refuse a record.
    """
    record = _object_of(item)
    uit, fields = _uit_of(record.get("uit")), Fields(record)
    plate = _plate(fields, "nr_veh")
    trailer1, trailer2 = _trailers(fields, plate)
    return CarrierRecord(
        uit=uit,
        anaf_id=fields.text("id"),
        declarant_cui=normalized_cui(fields.text("cod_decl")),
        declarant_name=fields.text("den_decl"),
        declarant_ref=fields.text("ref_decl"),
        transport_date=_day(fields, "data_transp", is_needed=True),
        first_expired_day=_day(fields, "data_exp_uit"),
        carrier_cui=normalized_cui(fields.text("tr_cod")),
        carrier_name=fields.text("tr_den"),
        plate=plate,
        trailer1=trailer1,
        trailer2=trailer2,
        vehicle_changes=_vehicle_changes(fields, plate),
        start=_place(fields, "loc_start"),
        end=_place(fields, "loc_final"),
        documents=_documents(fields),
        raw=record,
        extra={key: _extra(fields, key) for key in record if key not in _KNOWN_FIELDS},
        unread=fields.unread,
    )


def _object_of(item: object) -> dict[str, Any]:
    """Return a record as an object, also when it is JSON written into a text."""
    if isinstance(item, str) and item.lstrip().startswith("{"):
        with contextlib.suppress(ValueError, RecursionError):
            item = load_json(item)
    if not isinstance(item, dict):
        raise ValueError("not_an_object")  # noqa: TRY004
    return item


def first_expired_day(value: object) -> date | None:
    """Return the first day on which the UIT is expired, from `data_exp_uit`; None when missing.

    ANAF: „data incepand cu care UIT-ul este considerat expirat”, so the bound is exclusive. With an
    hour other than midnight the UIT ends during that day, and the whole day counts as expired: a
    warning a few hours early costs nothing, a UIT used past its validity costs 20.000 lei.
    Raises ValueError when it can't be read.
    """
    if value is None or text_of(value) == "":
        return None
    try:
        return parse_day(value)
    except ValueError as error:
        raise ValueError(f"data_exp_uit: {error}") from None


def uit_in(item: object) -> str:
    """Return the UIT of a record, "" when it shows none that is usable."""
    try:
        return _uit_of(_object_of(item).get("uit"))
    except ValueError:
        return ""


def _uit_of(value: object) -> str:
    if isinstance(value, bool | dict | list):
        raise ValueError("uit_not_text")  # noqa: TRY004
    uit = text_of(value)
    if not letters_and_digits(uit) or uit.casefold() in {"null", "none", "undefined"}:
        raise ValueError("uit_missing")
    if len(uit) > _UIT_LENGTH:
        raise ValueError("uit_too_long")
    # Written in groups or in small letters it is the same UIT: its check digits say so.
    plain = "".join(uit.split()).upper()
    return plain if uit_is_valid(plain) else uit


def _day(fields: Fields, name: str, *, is_needed: bool = False) -> date | None:
    value = fields.get(name)
    if value is None or text_of(value) == "":
        if is_needed:
            fields.note(name)
        return None
    try:
        return parse_day(value)
    except ValueError:
        fields.note(name)
        return None


def _plate(fields: Fields, name: str) -> str:
    """Read a plate, "" for what only says that there is none."""
    plate = fields.text(name)
    return "" if is_placeholder(plate) else plate


def _trailers(fields: Fields, *others: str) -> tuple[str, str]:
    """Read both trailers, apart from placeholders and from what repeats the vehicle or one
    another."""
    seen = {letters_and_digits(plate) for plate in others}
    trailers = []
    for name in ("nr_rem1", "nr_rem2"):
        plate = _plate(fields, name)
        is_new = letters_and_digits(plate) not in seen
        trailers.append(plate if is_new else "")
        seen.add(letters_and_digits(plate))
    return trailers[0], trailers[1]


def _place(fields: Fields, name: str) -> RoutePoint:
    value = fields.get(name)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with contextlib.suppress(ValueError, RecursionError):
            value = load_json(value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, str):
        return RoutePoint(full_address=cut(text_of(value), lambda: fields.note(name)))
    if not isinstance(value, dict):
        fields.note(name)
        return RoutePoint()
    within = Fields(value, unread=fields.unread, prefix=f"{name}.")
    return RoutePoint(
        kind=within.text("tip_loc"),
        full_address=within.text("adresa_completa"),
        county=within.text("judet"),
        locality=within.text("localitate"),
        street=within.text("strada"),
        number=within.text("numar"),
        other=within.text("alte_info"),
    )


def _documents(fields: Fields) -> tuple[Document, ...]:
    documents = read_documents(fields.get("documente"))
    if len(documents) > MOST_DOCUMENTS or any(is_cut(document.text) for document in documents):
        fields.note("documente")
    return documents[:MOST_DOCUMENTS]


def _extra(fields: Fields, name: str) -> Any:
    """Keep a field that ANAF's documents do not name, as it came; a long one as the beginning of
    its text, for the record is kept whole beside it."""
    value = fields.get(name)
    text = value if isinstance(value, str) else canonical(value)
    shown = cut(text, lambda: None)
    return value if shown == text else shown


def _vehicle_changes(fields: Fields, plate: str) -> tuple[RecordedVehicleChange, ...]:
    """Read the changes, sorted by moment, those without one first: ANAF promises no order of its
    own."""
    value = fields.get("modif_veh")
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        with contextlib.suppress(ValueError, RecursionError):
            value = load_json(value)
    items = value if isinstance(value, list) else [value]
    items = [item for item in items if item is not None and item != "" and item != {}]
    changes = [item for item in items if isinstance(item, dict)]
    if len(changes) < len(items) or len(changes) > MOST_CHANGES:
        fields.note("modif_veh")
    read = [
        _vehicle_change(Fields(item, unread=fields.unread, prefix="modif_veh."), plate)
        for item in changes
    ]
    return tuple(sorted(read, key=_when)[-MOST_CHANGES:])


def _when(change: RecordedVehicleChange) -> tuple[datetime, datetime]:
    return change.at or _LONG_AGO, change.declared_at or _LONG_AGO


def _vehicle_change(fields: Fields, declared: str) -> RecordedVehicleChange:
    plate = _plate(fields, "nr_veh")
    trailer1, trailer2 = _trailers(fields, plate or declared)
    return RecordedVehicleChange(
        at=_moment(fields.get("data_modif_veh")),
        plate=plate,
        trailer1=trailer1,
        trailer2=trailer2,
        note=fields.text("obs"),
        declared_by=normalized_cui(fields.text("cod_decl")),
        reference=fields.text("ref_decl"),
        declared_at=_moment(fields.get("data_decl")),
        raw=fields.item,
    )


def _moment(value: object) -> datetime | None:
    """Read a moment; a change keeps its plates even when its date can't be read; the raw record has
    the date."""
    try:
        return parse_moment(value)
    except ValueError:
        return None
