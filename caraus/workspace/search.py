"""What a person types, as a condition on the UITs: any part, without regard to case or diacritics.

Speaks with the functions, the trigger and the index of migrations 0002_search and
0008_beside_words.
"""

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache, reduce
from operator import and_, or_
from time import monotonic

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.lookups import Contains

from caraus.words import folded
from caraus.workspace.models import SearchWords

PIECE = 3
# Longer than any name; a pasted page is no search.
LONGEST = 200
# Sections of a UIT's words (`caraus_words`), as `split_part` counts them.
VEHICLE, DECLARANT, PLACES = 2, 3, 5
# So many are put in order by themselves; a word of more UITs is found by walking the list.
FEW = 3000
SAMPLE = 200
KEPT_SECONDS = 60
# Of a company in the pieces: among so many.
MARKS = 64
# The index is asked for so many pieces of a word, the rarest; the words themselves decide.
MOST_PIECES = 4
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


def needles(typed: str) -> list[list[str]]:
    """What to look for: all of one of the inner lists, in the string of a UIT's words.

    The whole, or word by word („agro nădlac”). One or two characters are looked for at the
    beginnings only („CT”). Empty when what was typed holds no letter and no digit.
    """
    typed = typed[:LONGEST]
    whole = folded(typed)
    words = [word for word in map(folded, typed.split()) if word]
    if not whole:
        return []
    if len(whole) < PIECE:
        return [[f" {whole}"]]
    ways = [[whole]]
    if len(words) > 1 and any(len(word) >= PIECE for word in words):
        ways.append([word if len(word) >= PIECE else f" {word}" for word in words])
    if (number := _without_ro(whole)) != whole:
        ways.append([number])
    return ways


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


def by_index(
    wanted: Sequence[tuple[str, Field]], companies: Collection[int]
) -> QuerySet[SearchWords] | None:
    """The words of the UITs of these companies that match all that was typed, each in its fields;
    None when the index would find too many.

    An index of arrays finds all or none: a word that many UITs have is known by a sample.
    """
    if not companies or not all(needles(typed) for typed, _ in wanted):
        return SearchWords.objects.none()
    sample = _sample(min(companies))
    pieces = Func(
        *(F("company_id"), F("words")),
        function="caraus_marked_pieces",
        output_field=ArrayField(TextField()),
    )
    found = SearchWords.objects.alias(pieces=pieces).filter(company__in=companies)
    marks = sorted({f"{pk % MARKS:x}" for pk in companies})
    alike = [_alike(typed, sample, marks) for typed, _ in wanted]
    if not any(alike):
        return None
    for (typed, field), way in zip(wanted, alike, strict=True):
        found = found.filter(
            way or Q(), _any_all(typed, "words__contains"), field("transport__", "words")
        )
    return found


def _alike(typed: str, sample: Sequence[str], marks: Sequence[str]) -> Q | None:
    """What the index is asked for; None for a common word, and for one character, which has no
    piece and is in every list anyway."""
    wanted = [
        _rarest({piece for needle in way for piece in _pieces(needle)}, sample)
        for way in needles(typed)
    ]
    if not all(wanted) or _is_common(typed, sample):
        return None

    def marked(piece: str) -> Q:
        return Q(pieces__overlap=[piece + mark for mark in marks])

    return reduce(or_, [reduce(and_, map(marked, some)) for some in wanted])


def _sample(company: int) -> list[str]:
    """The words of a company's newest UITs, as they were within the last minute: what is common
    among them does not change sooner."""
    return _sampled(company, int(monotonic() / KEPT_SECONDS))


@lru_cache(maxsize=64)
def _sampled(company: int, _minute: int) -> list[str]:
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


def in_section(typed: str, section: int) -> Field:
    """This section of a UIT's words (VEHICLE, DECLARANT, PLACES) holds it."""

    def field(_uit: str, words: str) -> Q:
        part = Func(
            F(words), Value(";"), Value(section), function="split_part", output_field=TextField()
        )
        ways = [
            reduce(and_, [Q(Contains(part, Value(each))) for each in way]) for way in needles(typed)
        ]
        return reduce(or_, ways, Q(pk__in=[]))

    return field


def in_places(typed: str) -> Field:
    """The UIT leaves from or goes to a place, or a county by its letters („CJ”)."""
    word = folded(typed)
    if len(word) >= PIECE:
        return in_section(typed, PLACES)

    def field(uit: str, _words: str) -> Q:
        start, end = f"{uit}start__county__iexact", f"{uit}end__county__iexact"
        return Q(**{start: word}) | Q(**{end: word})

    return field
