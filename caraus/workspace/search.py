"""What a person types, as a condition on the UITs: any part, without regard to case or diacritics.

Speaks with the functions, the trigger and the index of migration 0002_search.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Func,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.db.models.lookups import Contains

from caraus.transports.models import Transport
from caraus.workspace.models import SearchWords

PIECE = 3
# Longer than any name; a pasted page is no search.
LONGEST = 200
# Where the fields stand in a UIT's words (`caraus_words`), as `split_part` counts them.
VEHICLE = (3, 4, 5)
DECLARANT = (6, 7)
PLACES = (9, 10, 11, 12, 13, 14)
# So many are put in order by themselves; a word of more UITs is found by walking the list.
FEW = 3000
SAMPLE = 200
# Of more companies the index's entries are not worth asking for.
MOST_OWNERS = 50


def fold(words: str) -> str:
    """Small letters and digits alone: „B-12 ABC” → „b12abc”, „Bărăgan” → „baragan”."""
    plain = unicodedata.normalize("NFKD", words.lower())
    return re.sub(r"[^a-z0-9]+", "", plain)


def needles(typed: str) -> list[list[str]]:
    """What to look for: all of one of the inner lists, in the string of a UIT's words.

    The whole, or word by word („agro nădlac”). One or two characters are looked for at the
    beginnings only („CT”). Empty when what was typed holds no letter and no digit.
    """
    typed = typed[:LONGEST]
    whole = fold(typed)
    words = [fold(word) for word in typed.split()]
    if not whole:
        return []
    if len(whole) < PIECE:
        return [[f" {whole}"]]
    if len(words) > 1 and all(len(word) >= PIECE for word in words):
        return [[whole], words]
    return [[whole]]


def walking(typed: str, field: Q) -> Case:
    """The condition on a UIT for walking the list: it holds what was typed, and in this field.

    Two conditions would look to PostgreSQL as if hardly a row met them, and it would read and sort
    all rows instead of walking an index until a page is full.
    """
    holds = _any_all(typed, "words__words__contains")
    both = ExpressionWrapper(holds & field, output_field=BooleanField())
    return Case(When(words__isnull=False, then=both), default=Value(False))  # noqa: FBT003


def among_all(typed: str, companies: Collection[int]) -> list[int] | None:
    """The keys of the UITs of these companies that match, by the index; None when too many.

    An index of arrays finds all or none: a word that many UITs have is known by a sample.
    """
    if not companies or _is_common(typed, min(companies)):
        return None if companies else []
    pieces = Func(
        F("company_id"), F("words"), function="caraus_pieces", output_field=ArrayField(TextField())
    )
    owners = [f"@{pk}" for pk in companies]
    wanted = [
        sorted({piece for needle in needles_of for piece in _pieces(needle)})
        for needles_of in needles(typed)
    ]
    if not wanted:
        return []
    if not all(wanted):  # one character has no piece: it is in every list anyway
        return None
    alike = reduce(or_, [Q(pieces__contains=some) for some in wanted])
    if len(owners) <= MOST_OWNERS:
        alike &= Q(pieces__overlap=owners)
    found = SearchWords.objects.alias(pieces=pieces).filter(
        alike, _any_all(typed, "words__contains"), company__in=companies
    )
    keys = list(found.values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else None


def _is_common(typed: str, company: int) -> bool:
    """Whether one in ten of a company's newest UITs holds it."""
    newest = Transport.objects.filter(company=company).order_by("-first_seen_at", "-pk")
    sample = newest.values_list("words__words", flat=True)[:SAMPLE]
    ways = needles(typed)
    found = sum(
        any(all(each in words for each in way) for way in ways) for words in sample if words
    )
    return found * 10 >= SAMPLE


def _pieces(needle: str) -> set[str]:
    return {needle[at : at + PIECE] for at in range(len(needle) - PIECE + 1)}


def _any_all(typed: str, lookup: str) -> Q:
    ways = [reduce(and_, [Q(**{lookup: each}) for each in way]) for way in needles(typed)]
    return reduce(or_, ways) if ways else Q(pk__in=[])


def in_fields(typed: str, fields: Sequence[int]) -> Q:
    """Whether one of these fields of a UIT's words (DECLARANT, VEHICLE, PLACES) holds it."""
    return reduce(or_, [_holds(field, typed) for field in fields])


def in_places(typed: str) -> Q:
    """Whether the UIT leaves from or goes to a place, or a county by its letters („CJ”)."""
    word = fold(typed)
    if len(word) < PIECE:
        return Q(start__county__iexact=word) | Q(end__county__iexact=word)
    return in_fields(typed, PLACES)


def in_vehicle_changes(typed: str) -> Q:
    """Whether a vehicle change named the plate. Plates stand there in capitals, words do not."""
    text = Cast("vehicle_changes", TextField())
    return Q(Contains(text, Value(fold(typed).upper())))


def _holds(field: int, typed: str) -> Q:
    part = Func(
        F("words__words"), Value(" "), Value(field), function="split_part", output_field=TextField()
    )
    return Q(Contains(part, Value(fold(typed))))
