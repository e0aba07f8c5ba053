"""What a person types, as a condition on the UITs: any part, without regard to case or diacritics.

Speaks with the functions, the trigger and the index of migration 0002_search.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.db.models.lookups import Contains

from caraus.queries import keys_of
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
# The index is asked for so many pieces of a word, the rarest; the words themselves decide.
MOST_PIECES = 4
NONE = "{}"
_SAMPLE = """
SELECT words FROM (
    SELECT id FROM transports_transport WHERE company_id = %s
    ORDER BY first_seen_at DESC, id DESC LIMIT %s
) AS newest
JOIN workspace_searchwords ON transport_id = newest.id
"""

# The condition that what was typed stands in certain fields. It is asked with the path to the UIT
# ("" or "transport__") and to its words.
type Field = Callable[[str, str], Q]


def anywhere(_uit: str, _words: str) -> Q:
    return Q()


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
    return [[whole], [number]] if (number := _without_ro(whole)) != whole else [[whole]]


def _without_ro(folded: str) -> str:
    """„ro123456” → „123456”: ANAF writes a CUI without the letters that stand on invoices."""
    return re.sub(r"^ro(?=[0-9]{4,10}$)", "", folded)


def walking(typed: str, field: Field) -> Case:
    """The condition on a UIT for walking the list: it holds what was typed, and in this field.

    Two conditions would look to PostgreSQL as if hardly a row met them, and it would read and sort
    all rows instead of walking an index until a page is full.
    """
    holds = _any_all(typed, "words__words__contains")
    both = ExpressionWrapper(holds & field("", "words__words"), output_field=BooleanField())
    return Case(When(words__isnull=False, then=both), default=Value(False))  # noqa: FBT003


def among_all(typed: str, field: Field, companies: Collection[int]) -> str | None:
    """The keys of the UITs of these companies that match, by the index, as an array that
    PostgreSQL wrote; None when too many.

    An index of arrays finds all or none: a word that many UITs have is known by a sample.
    """
    if not companies:
        return NONE
    sample = _sample(min(companies))
    if _is_common(typed, sample):
        return None
    pieces = Func(
        F("company_id"), F("words"), function="caraus_pieces", output_field=ArrayField(TextField())
    )
    owners = [f"@{pk}" for pk in companies]
    wanted = [
        _rarest({piece for needle in needles_of for piece in _pieces(needle)}, sample)
        for needles_of in needles(typed)
    ]
    if not wanted:
        return NONE
    if not all(wanted):  # one character has no piece: it is in every list anyway
        return None
    alike = reduce(or_, [Q(pieces__contains=some) for some in wanted])
    if len(owners) <= MOST_OWNERS:
        alike &= Q(pieces__overlap=owners)
    found = SearchWords.objects.alias(pieces=pieces).filter(
        alike,
        _any_all(typed, "words__contains"),
        field("transport__", "words"),
        company__in=companies,
    )
    number, keys = keys_of(found.values("pk")[: FEW + 1])
    return keys if number <= FEW else None


def _sample(company: int) -> list[str]:
    """The words of a company's newest UITs."""
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, [company, SAMPLE])
        return [words for (words,) in cursor.fetchall()]


def _is_common(typed: str, sample: Sequence[str]) -> bool:
    """Whether one in ten holds it."""
    ways = needles(typed)
    found = sum(any(all(each in words for each in way) for way in ways) for words in sample)
    return found * 10 >= SAMPLE


def _rarest(pieces: Collection[str], sample: Sequence[str]) -> list[str]:
    together = " ".join(sample)
    return sorted(pieces, key=lambda piece: (together.count(piece), piece))[:MOST_PIECES]


def _pieces(needle: str) -> set[str]:
    return {needle[at : at + PIECE] for at in range(len(needle) - PIECE + 1)}


def _any_all(typed: str, lookup: str) -> Q:
    ways = [reduce(and_, [Q(**{lookup: each}) for each in way]) for way in needles(typed)]
    return reduce(or_, ways) if ways else Q(pk__in=[])


def in_fields(typed: str, fields: Sequence[int]) -> Field:
    """One of these fields of a UIT's words (DECLARANT, VEHICLE, PLACES) holds it."""

    def field(_uit: str, words: str) -> Q:
        parts = (_word(words, number) for number in fields)
        wanted = fold(typed) if fields != DECLARANT else _without_ro(fold(typed))
        return reduce(or_, [Q(Contains(part, Value(wanted))) for part in parts])

    return field


def in_places(typed: str) -> Field:
    """The UIT leaves from or goes to a place, or a county by its letters („CJ”)."""
    word = fold(typed)
    if len(word) >= PIECE:
        return in_fields(typed, PLACES)

    def field(uit: str, _words: str) -> Q:
        start, end = f"{uit}start__county__iexact", f"{uit}end__county__iexact"
        return Q(**{start: word}) | Q(**{end: word})

    return field


def in_vehicle(typed: str) -> Field:
    """A plate as declared, or of a vehicle change, holds it."""

    def field(uit: str, words: str) -> Q:
        # Plates stand there in capitals, words do not. From the words, the UIT is looked at only
        # where it was not declared so.
        changes: Cast | Subquery = Cast("vehicle_changes", TextField())
        if uit:
            of_uit = Transport.objects.filter(pk=OuterRef("pk")).order_by()
            changes = Subquery(of_uit.values(text=changes))
        declared = in_fields(typed, VEHICLE)(uit, words)
        return declared | Q(Contains(changes, Value(fold(typed).upper())))

    return field


def _word(words: str, number: int) -> Func:
    return Func(
        F(words), Value(" "), Value(number), function="split_part", output_field=TextField()
    )
