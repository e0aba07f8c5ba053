"""What the previews of all lists share: the columns, the rows that wait, what was posted."""

from dataclasses import dataclass

from django.http import HttpRequest

from caraus.lists import drafts
from caraus.lists.columns import SKIPPED, ListFormat
from caraus.lists.forms import chosen_roles, chosen_rows
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import UnreadableFileError

# Rows shown of each kind in a preview, and sentences about rows that wait.
SHOWN_ROWS = 200
SHOWN_ERRORS = 300


@dataclass(frozen=True, slots=True)
class Unclear:
    """A row that waits for somebody: what is wrong, or what is asked."""

    number: int
    text: str


def change_draft(
    request: HttpRequest, draft: Draft, form: ListFormat, unclear: set[int]
) -> str | None:
    """Do what was posted about the reading of the list: a sentence where it cannot be done; None
    where nothing of that was posted."""
    posted = request.POST
    if "coloane" in posted:
        drafts.set_roles(draft, form, chosen_roles(posted.dict()))
    elif "desparte" in posted:
        drafts.accept_splits(draft, chosen_rows(posted.getlist("rand")))
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
    wrong: list[Unclear],
    asked: list[Unclear],
    file_error: str,
    text: str | None,
) -> dict[str, object]:
    """Of the templates under `lists/`."""
    skipped = drafts.rows_skipped(draft)
    unclear = {row.number for row in [*wrong, *asked]}
    columns = drafts.columns_of(draft)
    labels = {role.name: str(role.label) for role in form.roles}
    return {
        "draft": draft,
        "columns": [column for column in columns if column.heading or column.samples],
        "roles": form.roles,
        "skipped": [(number, SKIPPED[why], shown) for number, why, shown in skipped[:SHOWN_ROWS]],
        "skipped_in_all": len(skipped),
        "wrong": wrong[:SHOWN_ERRORS],
        "wrong_in_all": len(wrong),
        "wrong_untold": max(len(wrong) - SHOWN_ERRORS, 0),
        "asked": asked,
        "most": SHOWN_ROWS,
        "file_error": file_error,
        "heads": "; ".join(column.heading or labels.get(column.role, "—") for column in columns),
        "corrected": drafts.rows_as_text(draft, unclear) if text is None else text,
    }
