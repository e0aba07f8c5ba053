"""One record of `info`: ANAF's field names turned into ours, with nothing dropped.

Source: ANAF's e-Transport API text of 29.07.2024, INFO TRANSPORTATORI, and the `info` swagger of
07.2024 (the swagger shows `documente` as a text, the text promises a list: both are read).
"""

import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from caraus.anaf.documents import Document, read_documents
from caraus.anaf.problems import gettext_noop as _
from caraus.anaf.values import cui_of, day_of, moment_of, text_of

_UIT = re.compile(r"[0-9ACDEFHJKLMNPQRTUVWXY]{14}[0-9]{2}")
_UIT_LENGTH = 64
_KNOWN = frozenset(
    (
        *("id", "uit", "cod_decl", "den_decl", "ref_decl", "data_transp", "data_exp_uit"),
        *("tr_cod", "tr_den", "nr_veh", "nr_rem1", "nr_rem2", "modif_veh"),
        *("loc_start", "loc_final", "documente"),
    )
)
MISSING_DATE = {
    "data_transp": _("lipsește data (data_transp)"),
    "data_exp_uit": _("lipsește data (data_exp_uit)"),
}
NO_PLACE = {
    "loc_start": _("loc_start nu este un loc"),
    "loc_final": _("loc_final nu este un loc"),
}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def uit_is_valid(uit: str) -> bool:
    """Whether a UIT has the form and check digits of the XSD (schema_ETR_v2, UitType).

    The last two digits are those of the sum of the ASCII codes of the characters before them.
    """
    return bool(_UIT.fullmatch(uit)) and sum(map(ord, uit[:-2])) % 100 == int(uit[-2:])


@dataclass(frozen=True, slots=True)
class Place:
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
        """The fields by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A tractor's plate and its trailers', "" where there is none."""

    plate: str
    trailer1: str
    trailer2: str


@dataclass(frozen=True, slots=True)
class VehicleChange:
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

    `transport_date` and `first_expired_day` are Romanian calendar days; the last valid day is the
    one before `first_expired_day` (None when ANAF gave no `data_exp_uit`). `plate`, `trailer1` and
    `trailer2` are those first declared. `raw` is ANAF's record whole, `extra` its unknown keys.
    """

    uit: str
    anaf_id: str
    declarant_cui: str
    declarant_name: str
    declarant_ref: str
    transport_date: date
    first_expired_day: date | None
    carrier_cui: str
    carrier_name: str
    plate: str
    trailer1: str
    trailer2: str
    vehicle_changes: tuple[VehicleChange, ...]
    start: Place
    end: Place
    documents: tuple[Document, ...]
    raw: dict[str, Any] = field(repr=False)
    extra: dict[str, Any]

    @property
    def uit_valid(self) -> bool:
        """Whether the UIT has the XSD's form and check digits."""
        return uit_is_valid(self.uit)

    @property
    def current_vehicle(self) -> Vehicle:
        """The vehicle of the latest change by `data_modif_veh`, else the one first declared."""
        if not self.vehicle_changes:
            return Vehicle(self.plate, self.trailer1, self.trailer2)
        last = self.vehicle_changes[-1]
        return Vehicle(last.plate or self.plate, last.trailer1, last.trailer2)


def read_record(item: object) -> CarrierRecord:
    """Read one record; raises ValueError with the reason in Romanian when it can't be understood.

    Needed: an object with a UIT, a `data_transp`, and readable dates and structures. A wrong UIT
    check digit or another carrier than the one asked for is no reason to refuse a record.
    """
    if not isinstance(item, dict):
        raise ValueError(_("înregistrarea nu este un obiect"))  # noqa: TRY004
    return CarrierRecord(
        uit=_uit_of(item.get("uit")),
        anaf_id=text_of(item.get("id")),
        declarant_cui=cui_of(item.get("cod_decl")),
        declarant_name=text_of(item.get("den_decl")),
        declarant_ref=text_of(item.get("ref_decl")),
        transport_date=_day("data_transp", item),
        first_expired_day=first_expired_day(item.get("data_exp_uit")),
        carrier_cui=cui_of(item.get("tr_cod")),
        carrier_name=text_of(item.get("tr_den")),
        plate=text_of(item.get("nr_veh")),
        trailer1=text_of(item.get("nr_rem1")),
        trailer2=text_of(item.get("nr_rem2")),
        vehicle_changes=_vehicle_changes(item.get("modif_veh")),
        start=_place("loc_start", item),
        end=_place("loc_final", item),
        documents=read_documents(item.get("documente")),
        raw=item,
        extra={key: value for key, value in item.items() if key not in _KNOWN},
    )


def first_expired_day(value: object) -> date | None:
    """The first day on which the UIT is expired, from `data_exp_uit`; None when missing.

    ANAF: „data incepand cu care UIT-ul este considerat expirat”, so the bound is exclusive. With an
    hour other than midnight the UIT ends during that day, and the whole day counts as expired: a
    warning a few hours early costs nothing, a UIT used past its validity costs 20.000 lei.
    Raises ValueError when it can't be read.
    """
    return _day("data_exp_uit", {"data_exp_uit": value}) if text_of(value) else None


def uit_in(item: object) -> str:
    """The UIT of a record that may be unreadable otherwise, "" when there is none."""
    try:
        return _uit_of(item.get("uit")) if isinstance(item, dict) else ""
    except ValueError:
        return ""


def _uit_of(value: object) -> str:
    if isinstance(value, bool | dict | list):
        raise ValueError(_("codul UIT nu este un text"))  # noqa: TRY004
    uit = text_of(value)
    if not uit:
        raise ValueError(_("lipsește codul UIT"))
    if len(uit) > _UIT_LENGTH:
        raise ValueError(_("codul UIT este prea lung"))
    return uit


def _day(name: str, item: dict[str, Any]) -> date:
    if not text_of(item.get(name)):
        raise ValueError(MISSING_DATE[name])
    try:
        return day_of(item.get(name))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _place(name: str, item: dict[str, Any]) -> Place:
    value = item.get(name)
    if value is None or isinstance(value, str):
        return Place(full_address=text_of(value))
    if not isinstance(value, dict):
        raise ValueError(NO_PLACE[name])  # noqa: TRY004
    return Place(
        kind=text_of(value.get("tip_loc")),
        full_address=text_of(value.get("adresa_completa")),
        county=text_of(value.get("judet")),
        locality=text_of(value.get("localitate")),
        street=text_of(value.get("strada")),
        number=text_of(value.get("numar")),
        other=text_of(value.get("alte_info")),
    )


def _vehicle_changes(value: object) -> tuple[VehicleChange, ...]:
    """Sorted by moment, those without one first: ANAF promises no order of its own."""
    items = value if isinstance(value, list) else [] if value in (None, "") else [value]
    return tuple(sorted(map(_vehicle_change, items), key=_when))


def _when(change: VehicleChange) -> tuple[datetime, datetime]:
    return change.at or _LONG_AGO, change.declared_at or _LONG_AGO


def _vehicle_change(item: object) -> VehicleChange:
    if not isinstance(item, dict):
        raise ValueError(_("modif_veh nu este o listă de modificări de vehicul"))  # noqa: TRY004
    return VehicleChange(
        at=_moment(item.get("data_modif_veh")),
        plate=text_of(item.get("nr_veh")),
        trailer1=text_of(item.get("nr_rem1")),
        trailer2=text_of(item.get("nr_rem2")),
        note=text_of(item.get("obs")),
        declared_by=cui_of(item.get("cod_decl")),
        reference=text_of(item.get("ref_decl")),
        declared_at=_moment(item.get("data_decl")),
        raw=item,
    )


def _moment(value: object) -> datetime | None:
    """A change keeps its plates even when its date can't be read; the raw record has the date."""
    try:
        return moment_of(value)
    except ValueError:
        return None
