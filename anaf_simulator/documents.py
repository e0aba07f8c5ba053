"""Transport documents of a notification, in each of the shapes the sources promise.

``documente`` is a string in swagger-info.json and a list ("lista documentelor") in the API text of
29.07.2024. No text says what stands inside the list: strings and objects both occur here.
"""

import random
from datetime import date, timedelta

DOCUMENT_KINDS = {"10": "CMR", "20": "Factura", "30": "Aviz de însoțire a mărfii", "9999": "Altele"}
"""XSD TipDocumentType."""


def document_text(kind: str, number: str | None, day: date) -> str:
    """Write a document in a line: ``CMR 12345 din 24.06.2024``."""
    parts = [DOCUMENT_KINDS[kind], *([number] if number else []), f"din {day:%d.%m.%Y}"]
    return " ".join(parts)


def document_object(
    kind: str, number: str | None, day: date, note: str | None
) -> dict[str, object]:
    """Describe a document as an object; ANAF gives no field names, these follow the XSD's."""
    document: dict[str, object] = {"tip_document": kind, "data_document": day.isoformat()}
    if number:
        document["numar_document"] = number
    if note:
        document["observatii"] = note
    return document


def random_documents(rng: random.Random, transport: date) -> object:
    """Make one to three documents: a string, a list of strings or a list of objects."""
    items = []
    for _ in range(rng.choices((1, 2, 3), (60, 30, 10))[0]):
        kind = rng.choices(list(DOCUMENT_KINDS), (35, 30, 30, 5))[0]
        number = f"{rng.choice(('', 'SB', 'TIM ', 'AV-'))}{rng.randint(1000, 999_999)}"
        note = "packing list" if kind == "9999" else None
        items.append((kind, number, transport - timedelta(days=rng.randint(0, 2)), note))
    texts = [document_text(kind, number, day) for kind, number, day, _ in items]
    objects = [document_object(*item) for item in items]
    return rng.choices(("; ".join(texts), texts, objects), (50, 25, 25))[0]


def as_string(documents: object) -> str:
    """Return ``documente`` as swagger-info.json shows it."""
    if isinstance(documents, list):
        return "; ".join(_one_as_text(item) for item in documents)
    return str(documents)


def as_list(documents: object) -> list[object]:
    """Return ``documente`` as the API text of 29.07.2024 describes it."""
    if isinstance(documents, list):
        return documents
    return list(str(documents).split("; "))


def _one_as_text(item: object) -> str:
    if not isinstance(item, dict):
        return str(item)
    day = date.fromisoformat(str(item["data_document"]))
    number = item.get("numar_document")
    return document_text(str(item["tip_document"]), str(number) if number else None, day)
