"""A list kept while somebody looks at it: its columns chosen, its rows corrected, taken, undone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Company, Membership
from caraus.lists.columns import NOTHING, Layout, ListFormat, NumberedRow, recognize, skipped_rows
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import MAX_LIST_ROWS, Row, Sheet, UnreadableFileError, read_text

MAX_KEPT_ROWS = MAX_LIST_ROWS + 1
DRAFT_RETENTION = timedelta(days=1)
UNDO_WITHIN = timedelta(hours=1)
_SHOWN_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is shown, whose meaning a person chooses: its head, and what is in it."""

    index: int
    heading: str
    samples: tuple[str, ...]
    role: str


def create_list_draft(
    actor: Membership,
    sheet: Sheet,
    form: ListFormat,
    *,
    company: Company | None = None,
    name: str = "",
    default_kind: str = "",
) -> Draft:
    """Keep what was read, so that it can be looked at and taken. Raises UnreadableFileError."""
    rows = sheet.numbered()
    layout = recognize(rows, form, sheet.delimiter)
    head = next((row for number, row in rows if number == layout.head), [])
    return Draft.objects.create(
        organization_id=actor.organization_id,
        company=company,
        user=actor.user,
        name=name[:200],
        default_kind=default_kind,
        rows=rows,
        head=layout.head,
        headings=head,
        roles=list(layout.roles),
        skipped=_skipped(rows, form, layout),
    )


def _skipped(rows: Sequence[NumberedRow], form: ListFormat, layout: Layout) -> dict[str, str]:
    return {str(number): why for number, why in skipped_rows(rows, form, layout).items()}


def draft_layout(draft: Draft) -> Layout:
    """Return the layout that was recognized, or that a person chose, for the draft."""
    return Layout(draft.head, tuple(draft.roles))


def rows_to_read(draft: Draft) -> list[NumberedRow]:
    """Return the rows that are no titles or totals."""
    return [(number, row) for number, row in draft.rows if str(number) not in draft.skipped]


def rows_skipped(draft: Draft) -> list[tuple[int, str, str]]:
    """Return the other rows: number, why, and what stands in the row."""
    return [
        (number, draft.skipped[str(number)], " · ".join(filter(None, row)))
        for number, row in draft.rows
        if str(number) in draft.skipped
    ]


def columns_of(draft: Draft) -> list[Column]:
    """Return the columns as a person may choose what they are."""
    rows = rows_to_read(draft)
    columns = []
    for index, role in enumerate(draft.roles):
        cells = [row[index] for _, row in rows if index < len(row) and row[index]]
        heading = draft.headings[index] if index < len(draft.headings) else ""
        columns.append(Column(index, heading, tuple(cells[:_SHOWN_SAMPLES]), role))
    return columns


def set_roles(draft: Draft, form: ListFormat, chosen: Mapping[int, str]) -> None:
    """Read the columns as somebody says; what is no role of the list changes nothing."""
    roles = {NOTHING, *(role.name for role in form.roles)}
    draft.roles = [
        chosen[index] if chosen.get(index) in roles else role
        for index, role in enumerate(draft.roles)
    ]
    draft.split = []
    if draft.taken_at is None:
        draft.skipped = _skipped(draft.rows, form, draft_layout(draft))
    draft.save(update_fields=["roles", "split", "skipped"])


def accept_splits(draft: Draft, numbers: Iterable[int]) -> None:
    """Let the cells of these rows be parted as proposed."""
    existing = {number for number, _ in draft.rows}
    draft.split = sorted({*draft.split, *(existing & {*numbers})})
    draft.save(update_fields=["split"])


def correct_rows(draft: Draft, form: ListFormat, unclear: Collection[int], text: str) -> None:
    """Replace the unclear rows by how somebody has corrected them, in the list's own columns; the
    others stay. Raises UnreadableFileError."""
    corrected: list[Row] = []
    if text.strip():
        delimiter = "\t" if "\t" in text and ";" not in text else ";"
        corrected = [row for _, row in read_text(text, delimiter=delimiter).numbered()]
        if not corrected:
            raise UnreadableFileError(gettext("Lista este goală: nu are niciun rând cu text."))
    clear = [(number, row) for number, row in draft.rows if number not in unclear]
    last = max([0, *(number for number, _ in draft.rows)])
    numbers = [*sorted(unclear), *range(last + 1, last + 1 + len(corrected))]
    rows = sorted([*clear, *zip(numbers, corrected, strict=False)])
    if len(rows) > MAX_KEPT_ROWS:
        raise UnreadableFileError(
            gettext(
                "Lista ar avea %(many)d de rânduri; cel mult %(most)d pot fi aduse o dată. "
                "Împarte-o în mai multe."
            )
            % {"many": len(rows), "most": MAX_KEPT_ROWS}
        )
    draft.rows = rows
    draft.split = [number for number in draft.split if number not in unclear]
    width = max([0, *map(len, corrected)])
    draft.roles += [form.beyond] * (width - len(draft.roles))
    draft.save(update_fields=["rows", "split", "roles"])


def rows_as_text(draft: Draft, unclear: Collection[int]) -> str:
    """Return rows as they may be corrected: the list's own columns, parted by semicolons."""
    return "\n".join(
        "; ".join(_plain_cell(cell) for cell in row).rstrip("; ")
        for number, row in draft.rows
        if number in unclear
    )


def _plain_cell(cell: str) -> str:
    return " ".join(cell.replace(";", ",").replace('"', "”").split())


def take(draft: Draft, *, added: Sequence[object], unclear: Collection[int]) -> None:
    """Note what was added; the unclear rows stay. With neither the draft goes."""
    draft.rows = [(number, row) for number, row in draft.rows if number in unclear]
    draft.added = [*draft.added, *added]
    draft.skipped = {}
    draft.taken_at = timezone.now()
    if draft.rows or draft.added:
        draft.save()
    else:
        draft.delete()


def drop_rows(draft: Draft) -> None:
    """Throw away what nobody has taken; what was added can still be undone."""
    draft.rows = []
    if draft.added:
        draft.save(update_fields=["rows"])
    else:
        draft.delete()


def forget_additions(draft: Draft) -> None:
    """Delete the additions after they were undone: the rows that nobody has taken stay."""
    draft.added, draft.taken_at = [], None
    if draft.rows:
        draft.save(update_fields=["added", "taken_at"])
    else:
        draft.delete()


def waiting(drafts: QuerySet[Draft]) -> QuerySet[Draft]:
    """Return the drafts with rows that nobody has taken."""
    return drafts.exclude(rows=[])


def can_be_undone(drafts: QuerySet[Draft]) -> QuerySet[Draft]:
    """Return the drafts of the last hour that have added something, the newest first."""
    since = timezone.now() - UNDO_WITHIN
    return drafts.filter(taken_at__gt=since).exclude(added=[]).order_by("-taken_at", "-pk")


def delete_outdated_drafts() -> None:
    """Drop the lists that nobody took in a day, and those that can be undone no longer."""
    now = timezone.now()
    old = Draft.objects.filter(created_at__lt=now - DRAFT_RETENTION)
    old.exclude(taken_at__gt=now - UNDO_WITHIN).delete()
