"""A list judged line by line beside the fleet, and taken: the good lines go, the others stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from caraus.accounts.models import Company, Membership
from caraus.fleet import changes, plates
from caraus.fleet.models import LONGEST_NOTE, Draft, Kind, Vehicle
from caraus.fleet.reading import Line, is_active, kind_of, read_text
from caraus.fleet.sheets import MOST_ROWS, UnreadableFileError

MOST_LINES = 2 * MOST_ROWS

type Verdict = Literal["new", "change", "same", "repeated", "wrong"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with what would come of it; `said` is what is wrong, or what would change."""

    line: Line
    verdict: Verdict
    plate: str = ""
    kind: Kind = Kind.VEHICLE
    note: str = ""
    active: bool = True
    said: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """How many vehicles were added, changed, and how many lines stay for correction."""

    added: int
    changed: int
    left: int


def judge(lines: Iterable[Line], known: Mapping[str, Vehicle], kind: Kind) -> list[Judged]:
    """Each line beside the fleet and the lines before it. `kind`: of a line that names none."""
    before: dict[str, Judged] = {}
    judged = []
    for line in lines:
        one = _judge(line, known, kind)
        if one.plate and (first := before.setdefault(one.plate, one)) is not one:
            one = _repeated(one, first)
        judged.append(one)
    return judged


def _judge(line: Line, known: Mapping[str, Vehicle], default: Kind) -> Judged:
    try:
        plate = plates.read(line.plate)
        kind = _kind(line.kind)
        active = _active(line.active)
        if len(line.note) > LONGEST_NOTE:
            raise ValidationError(gettext("Nota are cel mult 200 de caractere."))
    except ValidationError as error:
        return Judged(line, "wrong", note=line.note, said=" ".join(error.messages))
    vehicle = known.get(plate)
    if vehicle is None:
        active = True if active is None else active
        return Judged(line, "new", plate, kind or default, line.note, active)
    # What the list does not say stays as it is.
    one = Judged(
        line,
        "change",
        plate,
        kind or Kind(vehicle.kind),
        line.note or vehicle.note,
        vehicle.active if active is None else active,
    )
    said = _difference(vehicle, one)
    if not said:
        return Judged(line, "same", plate, one.kind, one.note, one.active)
    return Judged(line, "change", plate, one.kind, one.note, one.active, said)


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


def _difference(vehicle: Vehicle, one: Judged) -> str:
    changed = []
    if vehicle.kind != one.kind:
        changed.append(f"{vehicle.get_kind_display()} → {one.kind.label}")
    if vehicle.active != one.active:
        changed.append(gettext("din nou în uz") if one.active else gettext("scos din uz"))
    if vehicle.note != one.note:
        changed.append(f"„{vehicle.note}” → „{one.note}”" if vehicle.note else f"„{one.note}”")
    return "; ".join(changed)


def _repeated(one: Judged, first: Judged) -> Judged:
    where = {"number": first.line.number}
    same = (one.kind, one.active) == (first.kind, first.active)
    if same and one.note in {"", first.note}:
        said = gettext("Este și pe rândul %(number)d: se ia o singură dată.") % where
        return Judged(one.line, "repeated", one.plate, one.kind, one.note, one.active, said)
    said = gettext("Este și pe rândul %(number)d, altfel. Lasă un singur rând.") % where
    return Judged(one.line, "wrong", note=one.line.note, said=said)


def create(
    actor: Membership, company: Company, lines: Sequence[Line], *, kind: Kind, name: str = ""
) -> Draft:
    """Keep what was read, so that it can be looked at and taken. Raises UnreadableFileError."""
    _check_size(lines)
    return Draft.objects.create(
        company=company, user=actor.user, name=name[:200], kind=kind, lines=_packed(lines)
    )


def _check_size(lines: Sequence[Line]) -> None:
    """A row may name two vehicles; a draft does not grow beyond that by corrections."""
    if len(lines) > MOST_LINES:
        raise UnreadableFileError(
            gettext(
                "Lista ar avea %(many)d de rânduri; cel mult %(most)d pot fi aduse o dată. "
                "Împarte-o în mai multe."
            )
            % {"many": len(lines), "most": MOST_LINES}
        )


def _packed(lines: Iterable[Line]) -> list[list[object]]:
    return [list(astuple(line)) for line in lines]


def lines_of(draft: Draft) -> list[Line]:
    return [Line(*packed) for packed in draft.lines]


def judged(draft: Draft) -> list[Judged]:
    known = {one.plate: one for one in Vehicle.objects.filter(company=draft.company)}
    return judge(lines_of(draft), known, Kind(draft.kind))


def take(actor: Membership, draft: Draft, *, changing: bool) -> Taken:
    """Bring the good lines into the fleet; with `changing`, those that are there already too.

    Lines that are wrong stay in the draft, which goes when there are none.
    """
    lines = judged(draft)
    wrong = [one.line for one in lines if one.verdict == "wrong"]
    wanted = [
        one for one in lines if one.verdict == "new" or (changing and one.verdict == "change")
    ]
    added, changed = changes.put(
        actor,
        draft.company,
        [changes.Entry(one.plate, one.kind, one.note, one.active) for one in wanted],
    )
    if wrong:
        draft.lines = _packed(wrong)
        draft.save(update_fields=["lines"])
    else:
        draft.delete()
    return Taken(added, changed, len(wrong))


def correct(draft: Draft, text: str) -> None:
    """The wrong lines as somebody has corrected them; the good ones stay. Raises
    UnreadableFileError."""
    wrong = {one.line.number for one in judged(draft) if one.verdict == "wrong"}
    kept = [line for line in lines_of(draft) if line.number not in wrong]
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
    draft.lines = _packed(lines)
    draft.save(update_fields=["lines"])


def as_text(wrong: Iterable[Judged]) -> str:
    """Lines as they may be corrected: plate, kind, note, in use, parted by semicolons."""
    cells = [(one.line.plate, one.line.kind, one.line.note, one.line.active) for one in wrong]
    return "\n".join("; ".join(_plain(cell) for cell in line).rstrip("; ") for line in cells)


def _plain(cell: str) -> str:
    return " ".join(cell.replace(";", ",").replace('"', "”").split())
