"""A list judged line by line beside the fleet, and taken: the good lines go, the others stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from caraus.accounts.models import Company, Membership
from caraus.fleet import changes, plates
from caraus.fleet.import_lines import Line, is_active, kind_of, read_text
from caraus.fleet.models import NOTE_MAX_LENGTH, Draft, Kind, Vehicle
from caraus.fleet.spreadsheets import MAX_ROWS, UnreadableFileError

MAX_LINES = 2 * MAX_ROWS

type Verdict = Literal["new", "change", "same", "repeated", "wrong"]


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line with what would come of it; `message` is what is wrong, or what would change."""

    line: Line
    verdict: Verdict
    plate: str = ""
    kind: Kind = Kind.VEHICLE
    note: str = ""
    active: bool = True
    message: str = ""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many vehicles were added, changed, and how many lines stay for correction."""

    added: int
    changed: int
    left: int


def check_lines(
    lines: Iterable[Line], known: Mapping[str, Vehicle], kind: Kind
) -> list[CheckedLine]:
    """Each line beside the fleet and the lines before it. `kind`: of a line that names none."""
    before: dict[str, CheckedLine] = {}
    checked_lines = []
    for line in lines:
        checked = _check_line(line, known, kind)
        if checked.plate and (first := before.setdefault(checked.plate, checked)) is not checked:
            checked = _repeated(checked, first)
        checked_lines.append(checked)
    return checked_lines


def _check_line(line: Line, known: Mapping[str, Vehicle], default: Kind) -> CheckedLine:
    try:
        plate = plates.clean_plate(line.plate)
        kind = _kind(line.kind)
        active = _active(line.active)
        if len(line.note) > NOTE_MAX_LENGTH:
            raise ValidationError(gettext("Nota are cel mult 200 de caractere."))
    except ValidationError as error:
        return CheckedLine(line, "wrong", note=line.note, message=" ".join(error.messages))
    vehicle = known.get(plate)
    if vehicle is None:
        active = True if active is None else active
        return CheckedLine(line, "new", plate, kind or default, line.note, active)
    # What the list does not say stays as it is.
    checked = CheckedLine(
        line,
        "change",
        plate,
        kind or Kind(vehicle.kind),
        line.note or vehicle.note,
        vehicle.active if active is None else active,
    )
    message = _difference(vehicle, checked)
    if not message:
        return CheckedLine(line, "same", plate, checked.kind, checked.note, checked.active)
    return CheckedLine(line, "change", plate, checked.kind, checked.note, checked.active, message)


def _kind(word: str) -> Kind | None:
    if not word:
        return None
    if (kind := kind_of(word)) is None:
        raise ValidationError(
            gettext("Nu înțelegem felul „%(word)s”: scrie vehicul sau remorcă.")
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


def _difference(vehicle: Vehicle, checked: CheckedLine) -> str:
    changed = []
    if vehicle.kind != checked.kind:
        changed.append(f"{vehicle.get_kind_display()} → {checked.kind.label}")
    if vehicle.active != checked.active:
        changed.append(gettext("din nou în uz") if checked.active else gettext("scos din uz"))
    if vehicle.note != checked.note:
        changed.append(
            f"„{vehicle.note}” → „{checked.note}”" if vehicle.note else f"„{checked.note}”"
        )
    return "; ".join(changed)


def _repeated(checked: CheckedLine, first: CheckedLine) -> CheckedLine:
    where = {"number": first.line.number}
    same = (checked.kind, checked.active) == (first.kind, first.active)
    if same and checked.note in {"", first.note}:
        message = gettext("Este și pe rândul %(number)d: se ia o singură dată.") % where
        return CheckedLine(
            checked.line,
            "repeated",
            checked.plate,
            checked.kind,
            checked.note,
            checked.active,
            message,
        )
    message = gettext("Este și pe rândul %(number)d, altfel. Lasă un singur rând.") % where
    return CheckedLine(checked.line, "wrong", note=checked.line.note, message=message)


def create_draft(
    actor: Membership, company: Company, lines: Sequence[Line], *, kind: Kind, name: str = ""
) -> Draft:
    """Keep what was read, so that it can be looked at and taken. Raises UnreadableFileError."""
    _check_size(lines)
    return Draft.objects.create(
        company=company, user=actor.user, name=name[:200], kind=kind, lines=_as_json(lines)
    )


def _check_size(lines: Sequence[Line]) -> None:
    """A row may name two vehicles; a draft does not grow beyond that by corrections."""
    if len(lines) > MAX_LINES:
        raise UnreadableFileError(
            gettext(
                "Lista ar avea %(many)d de rânduri; cel mult %(most)d pot fi aduse o dată. "
                "Împarte-o în mai multe."
            )
            % {"many": len(lines), "most": MAX_LINES}
        )


def _as_json(lines: Iterable[Line]) -> list[list[object]]:
    return [list(astuple(line)) for line in lines]


def draft_lines(draft: Draft) -> list[Line]:
    return [Line(*packed) for packed in draft.lines]


def checked_lines(draft: Draft) -> list[CheckedLine]:
    known = {vehicle.plate: vehicle for vehicle in Vehicle.objects.filter(company=draft.company)}
    return check_lines(draft_lines(draft), known, Kind(draft.kind))


def import_draft(actor: Membership, draft: Draft, *, changing: bool) -> ImportResult:
    """Bring the good lines into the fleet; with `changing`, those that are there already too.

    Lines that are wrong stay in the draft, which goes when there are none.
    """
    lines = checked_lines(draft)
    wrong = [checked.line for checked in lines if checked.verdict == "wrong"]
    wanted = [
        checked
        for checked in lines
        if checked.verdict == "new" or (changing and checked.verdict == "change")
    ]
    added, changed = changes.save_vehicles(
        actor,
        draft.company,
        [
            changes.Entry(checked.plate, checked.kind, checked.note, checked.active)
            for checked in wanted
        ],
    )
    if wrong:
        draft.lines = _as_json(wrong)
        draft.save(update_fields=["lines"])
    else:
        draft.delete()
    return ImportResult(added, changed, len(wrong))


def correct_draft(draft: Draft, text: str) -> None:
    """The wrong lines as somebody has corrected them; the good ones stay. Raises
    UnreadableFileError."""
    wrong = {checked.line.number for checked in checked_lines(draft) if checked.verdict == "wrong"}
    kept = [line for line in draft_lines(draft) if line.number not in wrong]
    corrected = read_text(text) if text.strip() else []
    numbers = sorted(wrong)
    last = max([0, *wrong, *(line.number for line in kept)])
    numbers += range(last + 1, last + 1 + len(corrected))
    renumbered = [
        Line(number, line.plate, line.kind, line.note, line.active)
        for number, line in zip(numbers, corrected, strict=False)
    ]
    lines = sorted([*kept, *renumbered], key=lambda line: line.number)
    _check_size(lines)
    draft.lines = _as_json(lines)
    draft.save(update_fields=["lines"])


def lines_as_text(wrong: Iterable[CheckedLine]) -> str:
    """Lines as they may be corrected: plate, kind, note, in use, parted by semicolons."""
    cells = [
        (checked.line.plate, checked.line.kind, checked.line.note, checked.line.active)
        for checked in wrong
    ]
    return "\n".join("; ".join(_plain_cell(cell) for cell in line).rstrip("; ") for line in cells)


def _plain_cell(cell: str) -> str:
    return " ".join(cell.replace(";", ",").replace('"', "”").split())
