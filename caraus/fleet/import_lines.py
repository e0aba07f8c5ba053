"""Rows of a list as lines of a fleet: which column is the plate, the trailer, the driver."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from caraus.accounts.name_fields import single_line
from caraus.core.formatting import folded, gettext_lazy, normalized_plate
from caraus.fleet import plates
from caraus.fleet.models import VehicleKind
from caraus.lists import contents
from caraus.lists.columns import NOTHING, ColumnRole, Layout, ListFormat, NumberedRow, too_long

_TRAILER = re.compile(r"^(semi)?remorc|^(semi)?trailer|^r$|^sr$|^o[1-4]$")
_VEHICLE = re.compile(
    r"^vehic|^autove|^autotr|^autout|^autoca|^autosp|^auto$|^cap|^tractor|^camion|^duba|^dub$|^truck"
    r"|^van$|^v$|^lorry|^[nm][1-3]g?$"
)
# No plate is so short a number.
_COUNTER_DIGITS = 2
_YES = {"da", "d", "yes", "y", "1", "x", "activ", "activa", "active", "inuz", "true", "adevarat"}
_NO = {
    *("nu", "n", "no", "0", "inactiv", "inactiva", "inactive", "retras", "retrasa", "scosdinuz"),
    *("scoasadinuz", "vandut", "vanduta", "radiat", "radiata", "false", "fals"),
}


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A vehicle as somebody wrote it: nothing is judged yet. `number` is the row in the list."""

    number: int
    plate: str
    kind: str = ""
    note: str = ""
    active: str = ""
    driver: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a row says: its lines, or what is wrong; with `question` the lines are a proposal."""

    number: int
    lines: tuple[ImportLine, ...] = ()
    question: str = ""
    error: str = ""


def kind_of(word: str) -> VehicleKind | None:
    """Return the kind that a word or a category of the registration certificate means; None for
    none."""
    word = folded(word)
    if word in {VehicleKind.VEHICLE.value, VehicleKind.TRAILER.value}:
        return VehicleKind(word)
    if _TRAILER.search(word):
        return VehicleKind.TRAILER
    return VehicleKind.VEHICLE if _VEHICLE.search(word) else None


def is_active(word: str) -> bool | None:
    """Return whether a word says that the vehicle is in use; None for neither."""
    word = folded(word)
    return True if word in _YES else False if word in _NO else None


# -- columns -------------------------------------------------------------------------------------


def _has_romanian_plate(cell: str) -> bool:
    return bool(plates.romanian_plates(cell))


def _complete(
    columns: Mapping[int, list[str]], named: Mapping[int, str], delimiter: str
) -> dict[int, str]:
    with_plates = {
        at for at, cells in columns.items() if contents.share(cells, _has_romanian_plate) > 1 / 2
    }
    roles: dict[int, str] = {}
    for at, cells in columns.items():
        role = _believed(named.get(at, NOTHING), cells, others_have_plates=bool(with_plates - {at}))
        if role == NOTHING and cells:
            role = _role_by_content(cells, taken=set(roles.values()))
        roles[at] = role
    if not _KEYS & set(roles.values()):
        likely = {
            at: contents.share(cells, plates.looks_like_plate) for at, cells in columns.items()
        }
        best = max(likely, key=lambda at: (likely[at], bool(columns[at])))
        roles[best] = "plate"
    return _first_is_the_vehicle(roles)


def _believed(role: str, cells: list[str], *, others_have_plates: bool) -> str:
    """Return the role that a head names, where what is in the column does not belie it."""
    if not cells:
        return role
    if role in _KEYS and (contents.is_counter(cells) or _are_few_digits(cells)):
        return NOTHING
    if role in _KEYS and others_have_plates and not any(map(_has_romanian_plate, cells)):
        return NOTHING
    holds = {"kind": kind_of, "active": lambda cell: is_active(cell) is not None}.get(role)
    if holds is not None and contents.share(cells, holds) < 1 / 2:
        return "note"
    if role == "phone" and contents.share(cells, contents.phone) < 1 / 2:
        return "note"
    return role


def _are_few_digits(cells: list[str]) -> bool:
    return all(cell.isdecimal() and len(cell) <= _COUNTER_DIGITS for cell in cells)


def _role_by_content(cells: list[str], *, taken: set[str]) -> str:
    if contents.share(cells, _has_romanian_plate) > 1 / 2:
        return "plate"
    if contents.share(cells, contents.is_phone) > 1 / 2:
        return "phone"
    if contents.is_counter(cells) or all(map(contents.is_number, cells)):
        return NOTHING
    if "kind" not in taken and contents.share(cells, kind_of) > 1 / 2:
        return "kind"
    return "driver" if contents.share(cells, contents.is_person) > 1 / 2 else "note"


def _first_is_the_vehicle(roles: dict[int, str]) -> dict[int, str]:
    """Take the first of several columns with plates as the vehicle's, the others as its
    trailers'."""
    unnamed = [at for at, role in roles.items() if role == "plate"]
    has_kind, has_trailer = "kind" in roles.values(), "trailer" in roles.values()
    if "vehicle" in roles.values():
        return roles | dict.fromkeys(unnamed, "trailer")
    if len(unnamed) > 1 or (has_trailer and not has_kind):
        return roles | dict.fromkeys(unnamed[1:], "trailer") | {unnamed[0]: "vehicle"}
    return roles


def _role(name: str, label: str, heading: str) -> ColumnRole:
    return ColumnRole(name, label, re.compile(heading))


_KEYS = frozenset({"plate", "vehicle", "trailer"})
FLEET = ListFormat(
    # In the order in which heads are tried: „Nr. telefon”, „Nr. remorcă” before „Nr.”.
    roles=(
        _role("phone", gettext_lazy("telefon"), r"^(nr|numar|numarul)?(de)?(tel|mobil|phone|gsm)"
              r"|^telefon|telefonsofer|^contact$"),
        _role("driver", gettext_lazy("șofer"), r"sofer|conducator|driver"),
        _role("kind", gettext_lazy("fel"), r"^(tip|fel|felul|categ|kind|type)"),
        _role("trailer", gettext_lazy("număr de remorcă"), r"remorc|trailer"),
        _role("vehicle", gettext_lazy("număr de vehicul (cap tractor)"),
              r"captractor|^(nr|numar)?(cap|tractor|autotractor|camion|truck)$|^autovehicul"
              r"|^autocamion"),
        _role("plate", gettext_lazy("număr de înmatriculare"),
              r"inmatricul|^nrinm|^placut|^(nr|numar|numarul)(de)?(auto|vehicul|masin)|^vehicul"
              r"|^auto$|^masin|^(nr|numar|numarul)$|plate|^registration|^regno"),
        _role("active", gettext_lazy("în uz"), r"^(activ|activa|stare|inuz|status|active|inuse)$"),
        _role("note", gettext_lazy("notă"),
              r"^(nota|note|notes|obs|observatii|mentiuni|detalii|comentari|comment|marca|model"
              r"|denumire)"),
    ),
    has_key=_has_romanian_plate,
    complete=_complete,
    keys=_KEYS,
    beyond="note",
)  # fmt: skip


# -- rows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cell:
    """The plates in a cell, and what stands beside them."""

    plates: tuple[str, ...]
    rest: str = ""

    @property
    def is_plain(self) -> bool:
        return len(self.plates) == 1 and not self.rest


def read_vehicle_row(numbered: NumberedRow, layout: Layout) -> ReadRow:
    """Read the vehicles of a row, for certain or as a proposal."""
    number, row = numbered
    if complaint := too_long(row):
        return ReadRow(number, error=complaint)
    rest = _besides(number, row, layout)
    lines: list[ImportLine] = []
    unclear: list[str] = []
    for cell, role in zip(row, layout.roles, strict=False):
        if not cell or role not in _KEYS:
            continue
        try:
            value = _read_cell(cell)
        except ValidationError as error:
            return ReadRow(number, error=" ".join(error.messages))
        if not value.is_plain:
            unclear.append(cell)
            rest = _with_rest(rest, value.rest)
        for at, plate in enumerate(value.plates):
            lines.append(ImportLine(number, plate, kind=_kind(role, at, rest)))
    if not lines:
        return ReadRow(number, (rest,))
    # What else the row says is of its vehicle.
    owner = next(
        (at for at, line in enumerate(lines) if kind_of(line.kind) != VehicleKind.TRAILER), 0
    )
    lines[owner] = replace(rest, plate=lines[owner].plate, kind=lines[owner].kind)
    return ReadRow(number, tuple(lines), question=_question(unclear, lines) if unclear else "")


def _kind(role: str, at: int, rest: ImportLine) -> str:
    if role == "trailer" or at > 0:
        return VehicleKind.TRAILER.value
    return VehicleKind.VEHICLE.value if role == "vehicle" else rest.kind


def _besides(number: int, row: list[str], layout: Layout) -> ImportLine:
    """Return what the row says beside its plates."""

    def joined(role: str) -> str:
        return single_line(", ".join(layout.cells(row, role)))

    driver, phone = joined("driver"), joined("phone")
    if driver and not phone and (phone := contents.phone(driver)):
        driver = contents.without_phone(driver)
    return ImportLine(
        number,
        "",
        kind=" ".join(layout.cells(row, "kind")),
        note=joined("note"),
        active=" ".join(layout.cells(row, "active")),
        driver=driver,
        phone=contents.phone(phone) if contents.is_phone(phone) else phone,
    )


def _with_rest(line: ImportLine, text: str) -> ImportLine:
    """Return the line with what stood beside a plate: a phone, a name, else a note."""
    if not line.phone and (phone := contents.phone(text)):
        line, text = replace(line, phone=phone), contents.without_phone(text)
    if text and not line.driver and contents.is_person(text):
        return replace(line, driver=single_line(text))
    return replace(line, note=single_line(", ".join(filter(None, (line.note, text)))))


def _read_cell(cell: str) -> _Cell:
    """Read a plate; raises ValidationError with a sentence where there is none in the cell."""
    romanian = plates.romanian_plates(cell)
    if romanian:
        return _Cell(tuple(romanian), plates.without_plates(cell))
    if plates.is_plausible(cell):
        return _Cell((normalized_plate(cell),))
    plate, rest = plates.leading_plate(cell)
    if plate:
        return _Cell((plate,), rest)
    plates.clean_plate(cell)
    raise ValidationError(
        gettext("„%(typed)s” nu pare un număr de înmatriculare.")
        % {"typed": " ".join(cell.split())[:40]}
    )


def _question(unclear: list[str], lines: list[ImportLine]) -> str:
    """Return what is to be confirmed of a row in whose cells there is more than a plate."""
    proposed = []
    for line in lines:
        kind = kind_of(line.kind)
        what = f"{kind.label} {line.plate}" if kind else line.plate
        parts = [
            what,
            line.driver and gettext("șofer %(name)s") % {"name": line.driver},
            line.phone and gettext("telefon %(phone)s") % {"phone": line.phone},
            line.note and gettext("notă „%(note)s”") % {"note": line.note},
        ]
        proposed.append(", ".join(filter(None, parts)))
    return gettext("„%(cell)s”: %(proposal)s?") % {
        "cell": "”, „".join(" ".join(cell.split()) for cell in unclear),
        "proposal": gettext(" și ").join(proposed),
    }
