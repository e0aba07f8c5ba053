"""`documente` of an `info` record, in whichever shape ANAF sends it.

The swagger shows a text, ANAF's text promises a list, and of what is nowhere said. An object is
read by the names of the XSD (tipDocument, numarDocument, dataDocument), written in either style.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from caraus.anaf.fields import MOST_TEXT, cut
from caraus.anaf.values import BUCHAREST, canonical, load_json, parse_moment, text_of

#: More stand on no transport; the record itself is kept whole.
MOST_DOCUMENTS = 100
_MOST_READ = 2 * MOST_DOCUMENTS
_DEEPEST = 4

#: schema_ETR_v2, TipDocumentType.
_TYPES = {"10": "CMR", "20": "Factură", "30": "Aviz de însoțire a mărfii", "9999": "Alt document"}


@dataclass(frozen=True, slots=True)
class Document:
    """A transport document as ANAF gave it (`raw`) and as a person reads it (`text`)."""

    text: str
    raw: Any


def read_documents(value: object) -> tuple[Document, ...]:
    """Read the documents of a text, a list of texts or objects, one object, or any of these written
    as JSON into a text; empty ones left out."""
    documents = (
        Document(_short(_text(item)), _kept(item)) for item in islice(_items(value), _MOST_READ)
    )
    return tuple(document for document in documents if document.text)


def _items(value: object, depth: int = 0) -> Iterator[Any]:
    """Yield the items of lists within lists, and of JSON within texts."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"} and depth < _DEEPEST:
        try:
            opened = load_json(value)
        except (ValueError, RecursionError):
            opened = None
        if isinstance(opened, list | dict):
            yield from _items(opened, depth + 1)
            return
    if isinstance(value, list) and depth < _DEEPEST:
        for item in value:
            yield from _items(item, depth + 1)
        return
    yield value


def _short(text: str) -> str:
    return cut(text, lambda: None)


def _kept(item: Any) -> Any:
    """Return it as ANAF gave it, unless it is long: the record is kept whole beside it."""
    text = canonical(item)
    return item if len(text) <= MOST_TEXT else _short(text)


def _text(item: object) -> str:
    """Format „CMR 123 din 24.06.2024”, then whatever else it holds, in ANAF's order."""
    if not isinstance(item, dict):
        return text_of(item)
    fields = {_plain(key): _flat(value) for key, value in item.items()}
    kind, number, day = (fields.pop(name, "") for name in ("tip", "numar", "data"))
    parts = [_TYPES.get(kind, kind), number, f"din {_day(day)}" if day else "", *fields.values()]
    return " ".join(part for part in parts if part)


def _flat(value: object, depth: int = 0) -> str:
    """Format what a field of an object holds, without brackets."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        texts = [_flat(part, depth + 1) for part in parts] if depth < _DEEPEST else []
        return " ".join(filter(None, texts))
    return text_of(value)


def _plain(key: str) -> str:
    """Fold a field's name: `tipDocument`, `tip_document`, `tip_doc` and `tip` are one; `nr` is
    `numar`."""
    name = re.sub(r"_?(document|doc)$", "", key, flags=re.IGNORECASE).lower()
    return "numar" if name == "nr" else name


def _day(text: str) -> str:
    try:
        return parse_moment(text).astimezone(BUCHAREST).strftime("%d.%m.%Y")
    except ValueError:
        return text
