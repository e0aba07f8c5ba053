"""What the previews of all lists share: the columns, the rows that wait, what was posted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from caraus.core.formatting import plural
from caraus.core.queries import parse_keys
from caraus.lists import drafts
from caraus.lists.columns import SKIPPED, ListFormat
from caraus.lists.forms import chosen_roles
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import UnreadableFileError

# Rows shown of each kind in a preview, and sentences about rows that wait.
SHOWN_ROWS = 200
SHOWN_ERRORS = 300


@dataclass(frozen=True, slots=True)
class Unclear:
    """A row that waits for somebody: what is wrong, or what must be confirmed."""

    number: int
    text: str


class Checked(Protocol):
    """A row, or a part of it, of which it is known what would come."""

    @property
    def verdict(self) -> str: ...


def change_draft(
    request: HttpRequest, draft: Draft, form: ListFormat, unclear: set[int]
) -> str | None:
    """Do what was posted about the reading of the list: a sentence where it cannot be done; None
    where nothing of that was posted."""
    posted = request.POST
    if "coloane" in posted:
        drafts.set_roles(draft, form, chosen_roles(posted.dict()))
    elif "desparte" in posted:
        drafts.accept_splits(draft, parse_keys(posted.getlist("rand"), limit=None))
    elif "gresite" in posted:
        try:
            drafts.correct_rows(draft, form, unclear, posted["gresite"])
        except UnreadableFileError as error:
            return str(error)
    else:
        return None
    return ""


def preview_context(
    draft: Draft,
    form: ListFormat,
    *,
    checked: Iterable[Checked],
    verdicts: Sequence[str],
    wrong: list[Unclear],
    unconfirmed: list[Unclear],
    file_error: str,
    text: str | None,
) -> dict[str, object]:
    """Return the context of the templates under `lists/`; `verdicts` are those under which the rows
    are shown."""
    checked = list(checked)
    groups = {
        verdict: [each for each in checked if each.verdict == verdict] for verdict in verdicts
    }
    skipped = drafts.rows_skipped(draft)
    unclear = {row.number for row in [*wrong, *unconfirmed]}
    columns = drafts.columns_of(draft)
    labels = {role.name: str(role.label) for role in form.roles}
    return {
        "draft": draft,
        "groups": groups,
        "shown": {verdict: group[:SHOWN_ROWS] for verdict, group in groups.items()},
        "columns": [column for column in columns if column.heading or column.samples],
        "roles": form.roles,
        "skipped": [(number, SKIPPED[why], shown) for number, why, shown in skipped[:SHOWN_ROWS]],
        "skipped_in_all": len(skipped),
        "wrong": wrong[:SHOWN_ERRORS],
        "wrong_in_all": len(wrong),
        "wrong_untold": max(len(wrong) - SHOWN_ERRORS, 0),
        "unconfirmed": unconfirmed,
        "most": SHOWN_ROWS,
        "file_error": file_error,
        "heads": "; ".join(column.heading or labels.get(column.role, "—") for column in columns),
        "corrected": drafts.rows_as_text(draft, unclear) if text is None else text,
    }


def warn_of_rows_left(request: HttpRequest, number: int) -> None:
    """Say how many rows wait for a correction."""
    left = plural(
        number,
        "rând are încă probleme și nu s-a adăugat",
        "rânduri au încă probleme și nu s-au adăugat",
    )
    messages.warning(request, gettext("%(left)s. Corectează aici.") % {"left": left})
