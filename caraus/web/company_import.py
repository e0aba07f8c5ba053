"""A list of companies: which column is the CUI and which the name, judged row by row, taken."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from caraus.accounts import organizations
from caraus.accounts.cui import find_cui, normalize_cui
from caraus.accounts.models import Company, Membership
from caraus.accounts.name_fields import single_line, validate_no_link
from caraus.core.fields import COMPANY_NAME_LENGTH
from caraus.core.formatting import gettext_lazy
from caraus.lists import contents, drafts
from caraus.lists.columns import NOTHING, ColumnRole, Layout, ListFormat, NumberedRow, too_long
from caraus.lists.models import Draft
from caraus.sync.requests import request_sync
from caraus.web.company_deletion import delete_companies_without_uits

type Verdict = Literal["new", "back", "same", "repeated"]

# A shorter number with a fitting check digit is more often a row's number than a company's.
_SURE_DIGITS = 6
_NUMBER = re.compile(r"(?<![\w/.])(?:RO[ ]?)?(\d{2,10})(?![\w/]|\.\d)", re.IGNORECASE)
_SPACED = re.compile(r"(?:RO[ ]?)?\d{1,4}(?:[ .]\d{3})+", re.IGNORECASE)
_SIX_DIGITS = re.compile(r"\d(?:[ .]?\d){5}")
_LABEL = re.compile(
    r"\b(?:C\.?U\.?I\.?|C\.?I\.?F\.?|cod(?:ul)? (?:de identificare )?fiscal\w?)"
    r"\s*[:.]?(?=\s*(?:RO)?\s*\d)",
    re.IGNORECASE,
)
_TRADE_REGISTER = re.compile(r"^[JFC]\s*\d{1,2}\s*[/.]\s*\d+")
_COMPANY_FORM = re.compile(
    r"\b(?:S\.?R\.?L\.?(?:-D)?|S\.?A\.?|P\.?F\.?A\.?|I\.?I\.?|I\.?F\.?|S\.?N\.?C\.?|S\.?C\.?)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CheckedCompanyRow:
    """A row of the list: a company with what would come of it, or what is wrong."""

    number: int
    cui: str = ""
    name: str = ""
    verdict: Verdict | Literal[""] = ""
    message: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class CompanyImportResult:
    """The companies added, how many were there already, the CUIs that the limit did not allow, and
    how many rows stay for correction."""

    added: list[Company]
    known: int
    left_out: list[str]
    left: int


# -- columns -------------------------------------------------------------------------------------


def _sure_cuis(cell: str) -> list[str]:
    """Return the valid CUIs of six digits or more in a cell."""
    match: list[str] = []
    if not _SIX_DIGITS.search(cell):
        return match
    for pattern in (_SPACED, _NUMBER):
        for number in pattern.findall(cell):
            cui = find_cui(number)
            # What starts with 0 is a phone.
            if len(cui) < _SURE_DIGITS or number.startswith("0") or cui in match:
                continue
            match.append(cui)
    return match


def _complete(
    columns: Mapping[int, list[str]], named: Mapping[int, str], delimiter: str
) -> dict[int, str]:
    roles = dict.fromkeys(columns, NOTHING)
    with_cui = max(columns, key=lambda at: _likely_cui(columns[at], named.get(at)))
    roles[with_cui] = "cui"
    texts = [at for at in columns if at != with_cui and _is_text(columns[at])]
    headed = [at for at in texts if named.get(at) == "name"]
    # The next after the CUI, then those before it.
    texts.sort(key=lambda at: (at < with_cui, at))
    unnamed = [at for at in texts if named.get(at, NOTHING) == NOTHING]
    by_form = [at for at in unnamed if contents.share(columns[at], _COMPANY_FORM.search) > 1 / 2]
    no_persons = [at for at in unnamed if contents.share(columns[at], contents.is_person) <= 1 / 2]
    name = next(iter([*headed, *by_form, *no_persons, *unnamed]), None)
    if name is not None:
        roles[name] = "name"
        if delimiter == "," and not named:
            # „14399840, Trans, Ana”: people write commas into names, spreadsheets do not.
            for at in no_persons:
                if at == name + 1 and name + 1 != with_cui:
                    roles[at] = "name"
    return roles


def _likely_cui(cells: list[str], role: str | None) -> tuple[float, bool, float, int]:
    sure = contents.share(cells, _sure_cuis)
    any_cui = 0.0 if contents.is_counter(cells) else contents.share(cells, find_cui)
    return sure, role == "cui", any_cui, len(cells)


def _is_text(cells: list[str]) -> bool:
    plain = [cell for cell in cells if not _TRADE_REGISTER.match(cell)]
    return len(plain) * 2 > len(cells) and not all(map(contents.is_number, plain))


COMPANIES = ListFormat(
    roles=(
        ColumnRole("cui", gettext_lazy("CUI"), re.compile(r"^(cui|cif|codfiscal|codcui|cuicif|vat)"
             r"|^cod(ul)?(deidentificare)?fiscala?$|codunic")),
        ColumnRole("name", gettext_lazy("denumire"), re.compile(
            r"^(denumire|nume|firma|societate|companie|client|name|company|transportator)")),
    ),
    has_key=lambda cell: bool(_sure_cuis(cell)),
    complete=_complete,
    keys=frozenset({"cui"}),
)  # fmt: skip


# -- rows ----------------------------------------------------------------------------------------


def read_company_row(numbered: NumberedRow, layout: Layout) -> CheckedCompanyRow:
    """Read the company of a row, or what is wrong with it."""
    number, row = numbered
    if complaint := too_long(row):
        return CheckedCompanyRow(number, error=complaint)
    cells = layout.cells(row, "cui")
    name = " ".join(layout.cells(row, "name"))
    # In a list in which some write the name first.
    has_number = any(re.search(r"\d{6}", cell) for cell in cells)
    others = [] if has_number else [cell for cell in row if _sure_cuis(cell) and cell not in cells]
    try:
        if others:
            cell = others[0]
            name = " ".join(part for part in [*cells, name] if part and part != cell)
        else:
            cell = " ".join(cells)
        cui, rest = _split_cell(cell)
        name = single_line(name or rest)
        validate_no_link(name)
        if len(name) > COMPANY_NAME_LENGTH:
            raise ValidationError(gettext("Denumirea are cel mult 200 de caractere."))
    except ValidationError as error:
        return CheckedCompanyRow(number, error=" ".join(error.messages))
    return CheckedCompanyRow(number, cui, name)


def _split_cell(cell: str) -> tuple[str, str]:
    """Split the CUI in a cell from what stands beside it: „CIF: RO 14399840 Trans Ana”."""
    text = " ".join(_LABEL.sub(" ", cell).split())
    if cui := find_cui(text):
        return cui, ""
    sure = _sure_cuis(text)
    if len(sure) > 1:
        raise ValidationError(
            gettext("„%(cell)s” are mai multe CUI-uri: scrie câte o firmă pe rând.")
            % {"cell": text[:60]}
        )
    for pattern in (_SPACED, _NUMBER):
        for match in pattern.finditer(text):
            cui = find_cui(match[0])
            at_an_end = match.start() == 0 or match.end() == len(text)
            if cui and (cui in sure or (not sure and at_an_end)):
                return cui, _rest_of_cell(text, match)
    longest = max(_NUMBER.findall(text), key=len, default="")
    normalize_cui(longest if len(longest) >= _SURE_DIGITS else text)
    raise ValidationError(gettext("Scrie CUI-ul firmei, de exemplu RO 14399840."))


def _rest_of_cell(text: str, match: re.Match[str]) -> str:
    before, after = (
        part.strip(" ,;:|-–\t") for part in (text[: match.start()], text[match.end() :])
    )
    # The row's own number.
    before = "" if contents.is_count(before) else before
    return " ".join(filter(None, (before, after)))


def checked_company_rows(draft: Draft) -> list[CheckedCompanyRow]:
    """Check each row against the organization's companies and the rows before it."""
    layout = drafts.draft_layout(draft)
    known = {company.cui: company for company in draft.organization.companies.all()}
    rows = (read_company_row(row, layout) for row in drafts.rows_to_read(draft))
    return check_company_rows(rows, known)


def check_company_rows(
    rows: Iterable[CheckedCompanyRow], known: Mapping[str, Company]
) -> list[CheckedCompanyRow]:
    """Say of each row whether its company is new, known, or repeated, and why it cannot be
    taken."""
    before: dict[str, CheckedCompanyRow] = {}
    checked = []
    for row in rows:
        if row.error:
            checked.append(row)
            continue
        company = known.get(row.cui)
        verdict: Verdict = "new"
        message = ""
        if (first := before.get(row.cui)) is not None:
            verdict = "repeated"
            where = {"number": first.number}
            message = gettext("Este și pe rândul %(number)d: se ia o singură dată.") % where
        elif company is not None:
            verdict = "back" if company.archived_at else "same"
        checked.append(CheckedCompanyRow(row.number, row.cui, row.name, verdict, message))
        before.setdefault(row.cui, checked[-1])
    return checked


# -- taken ---------------------------------------------------------------------------------------


@transaction.atomic
def import_companies(actor: Membership, draft: Draft, *, ask_anaf: bool) -> CompanyImportResult:
    """Add the companies of the good rows; the others stay in the draft."""
    draft.refresh_from_db(from_queryset=Draft.objects.select_for_update())
    rows = checked_company_rows(draft)
    names: dict[str, str] = {}
    for row in rows:
        if row.verdict:
            names[row.cui] = names.get(row.cui) or row.name
    back = {row.cui for row in rows if row.verdict == "back"}
    added, left_out = organizations.add_companies(actor, list(names.items()))
    if ask_anaf:
        request_sync([company.pk for company in added], by_person=False)
    unclear = {row.number for row in rows if row.error or row.cui in left_out}
    drafts.take(
        draft,
        added=[[company.pk, company.name, company.cui in back] for company in added],
        unclear=unclear,
    )
    return CompanyImportResult(
        added, len(names) - len(added) - len(left_out), left_out, len(unclear)
    )


@transaction.atomic
def undo_company_import(actor: Membership, draft: Draft) -> tuple[int, int]:
    """Delete the companies that the list added, where nobody has touched them since and no UIT has
    come; those it took out of the archive go back. How many went, and how many stay."""
    draft.refresh_from_db(from_queryset=Draft.objects.select_for_update())
    new = {pk: name for pk, name, back in draft.added if not back}
    companies = actor.organization.companies.filter(pk__in=new, archived_at=None)
    untouched = [
        company
        for company in companies
        if not company.note and (not company.name_typed or company.name == new[company.pk])
    ]
    deleted = delete_companies_without_uits(actor, untouched, with_fleet=False)
    back = [pk for pk, _, was_archived in draft.added if was_archived]
    taken_back = actor.organization.companies.filter(pk__in=back, archived_at=None)
    deleted += len(organizations.set_companies_archived(actor, list(taken_back), archived=True))
    total = len(draft.added)
    drafts.forget_additions(draft)
    return deleted, total - deleted
