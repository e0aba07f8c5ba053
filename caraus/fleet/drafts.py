"""A list judged row by row beside the fleet, and taken: the good rows go, the others stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from caraus.accounts.models import Company, Membership
from caraus.core.fields import PERSON_NAME_LENGTH
from caraus.fleet import changes, plates
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.import_lines import ImportLine, ReadRow, is_active, kind_of, read_vehicle_row
from caraus.fleet.models import NOTE_MAX_LENGTH, PHONE_MAX_LENGTH, Vehicle, VehicleKind
from caraus.lists import drafts
from caraus.lists.models import Draft

# Between the parts of a note that was added to by a list.
_NOTES = "; "

type Verdict = Literal["new", "change", "same", "repeated"]


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line with what would come of it; `message` is what would change, `beside` are the other
    plates of its row."""

    line: ImportLine
    verdict: Verdict
    entry: VehicleEntry
    message: str = ""
    beside: tuple[VehicleEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedVehicleRow:
    """A row of the list: its lines, or what is wrong (`error`), or what must be confirmed."""

    number: int
    lines: tuple[CheckedLine, ...] = ()
    error: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class FleetImportResult:
    """How many vehicles were added, changed, and how many rows stay for correction."""

    added: int
    changed: int
    left: int


def check_vehicle_rows(
    rows: Iterable[ReadRow],
    known: Mapping[str, Vehicle],
    kind: VehicleKind,
    split: Sequence[int] = (),
) -> list[CheckedVehicleRow]:
    """Check each row against the fleet and the rows before it. `kind`: of a line that names none;
    `split`: the rows whose proposal was accepted."""
    before: dict[str, CheckedLine] = {}
    checked_vehicle_rows = []
    for row in rows:
        if row.question and row.number not in split:
            checked_vehicle_rows.append(CheckedVehicleRow(row.number, question=row.question))
            continue
        try:
            if row.error:
                raise ValidationError(row.error)
            lines = _check_lines(row.lines, known, before, kind)
        except ValidationError as error:
            checked_vehicle_rows.append(
                CheckedVehicleRow(row.number, error=" ".join(error.messages))
            )
        else:
            before |= {line.entry.plate: line for line in lines if line.verdict != "repeated"}
            checked_vehicle_rows.append(CheckedVehicleRow(row.number, lines))
    return checked_vehicle_rows


def _check_lines(
    lines: Iterable[ImportLine],
    known: Mapping[str, Vehicle],
    before: Mapping[str, CheckedLine],
    kind: VehicleKind,
) -> tuple[CheckedLine, ...]:
    """Raise ValidationError where one of them is wrong: the row is then taken as a whole."""
    checked: dict[str, CheckedLine] = {}
    for line in lines:
        plate = plates.clean_plate(line.plate)
        if plate in checked:
            raise ValidationError(
                gettext("%(plate)s este de două ori pe același rând.") % {"plate": plate}
            )
        line_checked = _check_line(line, plate, known.get(plate), kind)
        if (first := before.get(plate)) is not None:
            line_checked = _repeated(line_checked, first)
        checked[plate] = line_checked
    entries = [each.entry for each in checked.values()]
    return tuple(
        replace(each, beside=tuple(entry for entry in entries if entry is not each.entry))
        for each in checked.values()
    )


def _check_line(
    line: ImportLine, plate: str, vehicle: Vehicle | None, default: VehicleKind
) -> CheckedLine:
    kind, active = _kind(line.kind), _active(line.active)
    _check_lengths(line)
    if vehicle is None:
        active = True if active is None else active
        entry = VehicleEntry(plate, kind or default, line.note, active, line.driver, line.phone)
        return CheckedLine(line, "new", entry)
    # What the list does not say stays as it is, and its note is added to the one that is there.
    entry = VehicleEntry(
        plate,
        kind or VehicleKind(vehicle.kind),
        _joined_note(vehicle.note, line.note),
        vehicle.active if active is None else active,
        line.driver or vehicle.driver,
        line.phone or vehicle.phone,
    )
    message = _difference(changes.as_entry(vehicle), entry)
    return CheckedLine(line, "change" if message else "same", entry, message)


def _check_lengths(line: ImportLine) -> None:
    if len(line.note) > NOTE_MAX_LENGTH:
        raise ValidationError(gettext("Nota are cel mult 200 de caractere."))
    if len(line.driver) > PERSON_NAME_LENGTH:
        raise ValidationError(gettext("Numele șoferului are cel mult 150 de caractere."))
    if len(line.phone) > PHONE_MAX_LENGTH:
        raise ValidationError(gettext("Telefonul are cel mult 40 de caractere."))


def _joined_note(own: str, listed: str) -> str:
    """Return the vehicle's note with the list's after it, where it does not say that already."""
    if not listed or listed == own or listed in own.split(_NOTES):
        return own
    joined = _NOTES.join(filter(None, (own, listed)))
    if len(joined) > NOTE_MAX_LENGTH:
        raise ValidationError(
            gettext("Nota din flotă împreună cu cea din listă ar avea peste 200 de caractere.")
        )
    return joined


def _kind(word: str) -> VehicleKind | None:
    if not word:
        return None
    if (kind := kind_of(word)) is None:
        raise ValidationError(
            gettext("Nu înțelegem tipul „%(word)s”: scrie vehicul sau remorcă.")
            % {"word": word[:40]}
        )
    return kind


def _active(word: str) -> bool | None:
    if not word:
        return None
    if (active := is_active(word)) is None:
        raise ValidationError(
            gettext("Nu înțelegem starea „%(word)s”: scrie da (în uz) sau nu (scos din uz).")
            % {"word": word[:40]}
        )
    return active


def _difference(before: VehicleEntry, after: VehicleEntry) -> str:
    changed = []
    if before.kind != after.kind:
        changed.append(f"{before.kind.label} → {after.kind.label}")
    if before.active != after.active:
        changed.append(gettext("din nou în uz") if after.active else gettext("scos din uz"))
    for old, new in (
        (before.note, after.note),
        (before.driver, after.driver),
        (before.phone, after.phone),
    ):
        if old != new:
            changed.append(f"„{old}” → „{new}”" if old else f"„{new}”")
    if before.driver not in {"", after.driver} and before.phone == after.phone != "":
        changed.append(gettext("telefonul rămâne „%(phone)s”") % {"phone": after.phone})
    return "; ".join(changed)


def _repeated(checked: CheckedLine, first: CheckedLine) -> CheckedLine:
    """Raise ValidationError where the row before says something else of the same plate."""
    where = {"plate": checked.entry.plate, "number": first.line.number}
    line, entry, before = checked.line, checked.entry, first.entry
    same = (entry.kind, entry.active) == (before.kind, before.active)
    same &= line.note in {"", first.line.note, before.note}
    same &= line.driver in {"", before.driver} and line.phone in {"", before.phone}
    if not same:
        raise ValidationError(
            gettext("%(plate)s este și pe rândul %(number)d, altfel. Lasă un singur rând.") % where
        )
    message = gettext("Este și pe rândul %(number)d: se ia o singură dată.") % where
    return CheckedLine(line, "repeated", entry, message)


# -- of a draft ----------------------------------------------------------------------------------


def company_of(draft: Draft) -> Company:
    """Return the company whose fleet the list is."""
    if draft.company is None:
        raise ValueError("the draft is a list of companies")
    return draft.company


def checked_vehicle_rows(draft: Draft) -> list[CheckedVehicleRow]:
    """Check the rows of the draft against the company's fleet."""
    layout = drafts.draft_layout(draft)
    known = {vehicle.plate: vehicle for vehicle in Vehicle.objects.filter(company=draft.company)}
    rows = [read_vehicle_row(row, layout) for row in drafts.rows_to_read(draft)]
    return check_vehicle_rows(
        rows, known, VehicleKind(draft.default_kind or VehicleKind.VEHICLE), draft.split
    )


def unclear_numbers(rows: Iterable[CheckedVehicleRow]) -> set[int]:
    """Return the rows that are wrong or to be confirmed."""
    return {row.number for row in rows if row.error or row.question}


@transaction.atomic
def import_vehicles(actor: Membership, draft: Draft, *, changing: bool) -> FleetImportResult:
    """Bring the good rows into the fleet; with `changing`, those that are there already too.

    Rows that are wrong or to be confirmed stay in the draft.
    """
    company = company_of(draft)
    draft.refresh_from_db(from_queryset=Draft.objects.select_for_update())
    rows = checked_vehicle_rows(draft)
    wanted = {"new", "change"} if changing else {"new"}
    entries = [line.entry for row in rows for line in row.lines if line.verdict in wanted]
    added, changed = changes.save_vehicles(actor, company, entries)
    unclear = unclear_numbers(rows)
    drafts.take(
        draft,
        added=[[vehicle.pk, asdict(changes.as_entry(vehicle))] for vehicle in added],
        unclear=unclear,
    )
    return FleetImportResult(len(added), len(changed), len(unclear))


@transaction.atomic
def undo_fleet_import(actor: Membership, draft: Draft) -> tuple[int, int]:
    """Take out of the fleet what the list added and nobody has changed since: how many went, and
    how many stay."""
    company = company_of(draft)
    draft.refresh_from_db(from_queryset=Draft.objects.select_for_update())
    added = {
        pk: VehicleEntry(**(fields | {"kind": VehicleKind(fields["kind"])}))
        for pk, fields in draft.added
    }
    deleted = changes.undo_additions(actor, company, added)
    drafts.forget_additions(draft)
    return deleted, len(added) - deleted
