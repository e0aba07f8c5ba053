"""E-mail addresses pasted from a spreadsheet beside their companies: which row is of which."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import folded
from caraus.lists.spreadsheets import Row, UnreadableFileError, read_text

_ADDRESS = re.compile(r"[^\s<>;,|()\"']+@[^\s<>;,|()\"']+")
_NUMBER = re.compile(r"(?<!\w)(?:RO ?)?\d{2,10}(?!\w)", re.IGNORECASE)
# What people leave out of a name, or write in their own way.
_COMPANY_FORM = re.compile(
    r"\b(?:s\.?c\.?|s\.?r\.?l\.?(?:-d)?|s\.?a\.?|p\.?f\.?a\.?|[i\u00ee]\.?[if]\.?)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PastedAddresses:
    """The address of each company (by key), and the rows whose company is none of the chosen."""

    addresses: Mapping[int, str]
    unmatched: Sequence[str]


def read_addresses(text: str, companies: Sequence[Company]) -> PastedAddresses:
    """Find each row's company by its CUI, else by its name. Rows without an address (heads, titles)
    are skipped. Raises UnreadableFileError where there is no address at all."""
    by_cui = {company.cui: company for company in companies}
    names = Counter(_folded_name(company.name) for company in companies)
    by_name = {
        name: company
        for company in companies
        if (name := _folded_name(company.name)) and names[name] == 1
    }
    addresses: dict[int, str] = {}
    unmatched = []
    for _, row in read_text(text).numbered():
        address = _ADDRESS.search(" ".join(row))
        if address is None:
            continue
        cells = [_ADDRESS.sub(" ", cell) for cell in row]
        company = _company_of(cells, by_cui, by_name)
        email = address[0].rstrip(".")
        if company is None or addresses.get(company.pk, email) != email:
            unmatched.append(" · ".join(filter(None, row)))
        else:
            addresses[company.pk] = email
    if not addresses and not unmatched:
        raise UnreadableFileError(gettext("În listă nu este nicio adresă de e-mail."))
    return PastedAddresses(addresses, unmatched)


def _company_of(
    cells: Row, by_cui: Mapping[str, Company], by_name: Mapping[str, Company]
) -> Company | None:
    numbers = [number for cell in cells for number in [cell, *_NUMBER.findall(cell)]]
    cuis = [folded(number).removeprefix("ro").lstrip("0") for number in numbers]
    # The longest first: a short one may be the row's own number.
    for cui in sorted(cuis, key=len, reverse=True):
        if cui in by_cui:
            return by_cui[cui]
    named = (by_name.get(_folded_name(cell)) for cell in cells)
    return next((company for company in named if company is not None), None)


def _folded_name(name: str) -> str:
    return folded(_COMPANY_FORM.sub(" ", name)) or folded(name)
