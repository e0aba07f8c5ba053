"""`documente` of an `info` record, in whichever shape ANAF sends it.

The swagger shows a text, ANAF's text promises a list, and of what is nowhere said. An object is
read by the names of the XSD (tipDocument, numarDocument, dataDocument), written in either style.
"""

import re
from dataclasses import dataclass
from typing import Any

from caraus.anaf.values import BUCHAREST, canonical, moment_of, text_of

#: schema_ETR_v2, TipDocumentType.
_TYPES = {"10": "CMR", "20": "Factură", "30": "Aviz de însoțire a mărfii", "9999": "Alt document"}


@dataclass(frozen=True, slots=True)
class Document:
    """A transport document as ANAF gave it (`raw`) and as a person reads it (`text`)."""

    text: str
    raw: Any


def read_documents(value: object) -> tuple[Document, ...]:
    """The documents of a text, a list of texts or objects, or one object; empty ones left out."""
    items = value if isinstance(value, list) else [value]
    documents = (Document(_text(item), item) for item in items)
    return tuple(document for document in documents if document.text)


def _text(item: object) -> str:
    if isinstance(item, dict):
        return _text_of_object(item)
    return canonical(item) if isinstance(item, list) and item else text_of(item)


def _text_of_object(item: dict[str, Any]) -> str:
    """„CMR 123 din 24.06.2024”, then whatever else it holds, in ANAF's order."""
    fields = {_plain(key): text_of(value) for key, value in item.items()}
    kind, number, day = (fields.pop(name, "") for name in ("tip", "numar", "data"))
    parts = [_TYPES.get(kind, kind), number, f"din {_day(day)}" if day else "", *fields.values()]
    return " ".join(part for part in parts if part)


def _plain(key: str) -> str:
    """`tipDocument`, `tip_document`, `tip_doc` and `tip` are one name; `nr` is `numar`."""
    name = re.sub(r"_?(document|doc)$", "", key, flags=re.IGNORECASE).lower()
    return "numar" if name == "nr" else name


def _day(text: str) -> str:
    try:
        return moment_of(text).astimezone(BUCHAREST).strftime("%d.%m.%Y")
    except ValueError:
        return text
