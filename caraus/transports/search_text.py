"""The text by which a UIT is found: every searchable field of ANAF's folded, in sections; and the
texts by which the list is put in order. What people wrote is searched where it stands
(`caraus/workspace/search_beside.py`)."""

from enum import IntEnum
from typing import Any, Protocol

from caraus.core.formatting import folded
from caraus.transports.reconcile import PLATE_FIELDS

# Nobody types more of a field than this, and one of ANAF's may hold 100 kB.
LONGEST_FIELD = 2000
LONGEST_SECTION = 6000
LONGEST_KEY = 60
# The UIT alphabet has no O, I, Z, S, G, B, because they look like these digits (ANAF's XSD): what
# is typed with them has one meaning.
_LOOK_ALIKES = str.maketrans("oizsgb", "012568")


class Searchable(Protocol):
    """The fields of a transport that are looked through."""

    uit: str
    plate: str
    trailer1: str
    trailer2: str
    vehicle_changes: Any
    declarant_cui: str
    declarant_name: str
    declarant_ref: str
    start: Any
    end: Any
    documents: Any


class Section(IntEnum):
    """The lines of the text, as PostgreSQL's function SPLIT_PART counts them."""

    CODE = 1
    VEHICLES = 2
    DECLARANT = 3
    REFERENCE = 4
    PLACES = 5
    DOCUMENTS = 6


def fold_code(code: str) -> str:
    """Fold a UIT, letters that look like digits as these digits: „3VOP” → „3v0p”."""
    return folded(code).translate(_LOOK_ALIKES)


def build_search_text(transport: Searchable) -> str:
    """Return one line a section, in each the folded words with a space before and after them."""
    vehicles = [transport.plate, transport.trailer1, transport.trailer2] + [
        change.get(name) for change in _changes(transport) for name in PLATE_FIELDS
    ]
    sections = {
        Section.CODE: [folded(transport.uit), fold_code(transport.uit)],
        Section.VEHICLES: _folded(vehicles),
        Section.DECLARANT: _folded([transport.declarant_cui, transport.declarant_name]),
        Section.REFERENCE: _folded([transport.declarant_ref]),
        Section.PLACES: _folded([*_place(transport.start), *_place(transport.end)]),
        Section.DOCUMENTS: _folded(_document_texts(transport)),
    }
    lines = (" ".join(dict.fromkeys(sections[section])) for section in Section)
    return "\n".join(f" {line[: LONGEST_SECTION - 3]} " for line in lines)


def build_sort_keys(transport: Searchable) -> dict[str, str]:
    """Return the folded text of each column that the list sorts by, by the field that holds it."""
    plates = [change.get("plate") for change in _changes(transport)][-1:]
    start, end = (_place(place)[:2] for place in (transport.start, transport.end))
    texts = {
        "sort_vehicle": [next(filter(None, plates), transport.plate)],
        "sort_declarant": [transport.declarant_name or transport.declarant_cui],
        "sort_route": [*start, *end],
        "sort_reference": [transport.declarant_ref, *_document_texts(transport)],
    }
    return {field: " ".join(_folded(values))[:LONGEST_KEY] for field, values in texts.items()}


def _changes(transport: Searchable) -> list[dict[str, Any]]:
    changes = transport.vehicle_changes
    return (
        [change for change in changes if isinstance(change, dict)]
        if isinstance(changes, list)
        else []
    )


def _document_texts(transport: Searchable) -> list[Any]:
    documents = transport.documents if isinstance(transport.documents, list) else []
    return [document.get("text") for document in documents if isinstance(document, dict)]


def _place(place: Any) -> list[Any]:
    names = ("county", "locality", "full_address")
    return [place.get(name) for name in names] if isinstance(place, dict) else []


def _folded(values: list[Any]) -> list[str]:
    texts = (folded(value[:LONGEST_FIELD]) for value in values if isinstance(value, str))
    return [text for text in texts if text]
