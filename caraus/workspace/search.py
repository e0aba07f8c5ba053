"""A typed text as a condition on UITs: any part, without regard to case or diacritics.

`Transport.search_text` holds what is looked through (`caraus/transports/search_text.py`), and a
trigram index over organization and text answers; PostgreSQL's planner chooses between that index
and the order of the list.
"""

import re
from collections.abc import Mapping
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from caraus.core.formatting import folded
from caraus.transports.search_text import Section, fold_code

# A trigram index knows pieces of three characters; shorter ones are looked for at the beginning of
# a word only.
MIN_PIECE_LENGTH = 3
# Longer than any name; a pasted page is no search.
MAX_QUERY_LENGTH = 200
# Look-alikes are folded in what can be a piece of a UIT and hardly anything else.
MIN_CODE_LENGTH = 6


def matching(
    typed: str, section: Section | None = None, *, beside: Mapping[str, Q] | None = None
) -> Q:
    """Return the condition that a UIT holds what was typed, in one section or in any; or that
    something `beside` it does (`search_beside.find_beside`).

    The whole, or word by word („agro nădlac”), or a CUI typed with „RO”. Nothing matches a text
    without a letter and a digit.
    """
    others = beside or {}
    conditions = [
        reduce(and_, [_contains(needle, section) | others.get(needle, Q()) for needle in needles])
        for needles in needle_lists(typed)
    ]
    whole, code = folded(typed[:MAX_QUERY_LENGTH]), fold_code(typed[:MAX_QUERY_LENGTH])
    is_code = len(code) >= MIN_CODE_LENGTH and any(letter.isdigit() for letter in whole)
    if section in {None, Section.CODE} and is_code and code != whole:
        conditions.append(_contains(code, Section.CODE))
    return reduce(or_, conditions, Q(pk__in=[]))


def matching_place(typed: str) -> Q:
    """Return the condition that a UIT starts or ends at a place, or in a county („CJ”)."""
    word = folded(typed)
    if 0 < len(word) < MIN_PIECE_LENGTH:
        return _contains(f" {word} ", Section.PLACES)
    return matching(typed, Section.PLACES)


def needle_lists(typed: str) -> list[list[str]]:
    """Return lists of needles; a UIT matches if it holds all needles of a list."""
    typed = typed[:MAX_QUERY_LENGTH]
    whole = folded(typed)
    words = [word for word in map(folded, typed.split()) if word]
    if not whole:
        return []
    if len(whole) < MIN_PIECE_LENGTH:
        return [[f" {whole}"]]
    if len(words) > 1 and all(len(word) >= MIN_PIECE_LENGTH for word in words):
        return [words]  # what holds the whole holds each word of it
    needles = [[whole]]
    if len(words) > 1 and any(len(word) >= MIN_PIECE_LENGTH for word in words):
        needles.append([word if len(word) >= MIN_PIECE_LENGTH else f" {word}" for word in words])
    # ANAF writes a CUI without the letters that stand on invoices.
    if (number := re.sub(r"^ro(?=[0-9]{4,10}$)", "", whole)) != whole:
        needles.append([number])
    return needles


def _contains(needle: str, section: Section | None) -> Q:
    """Match a needle, in a section, which is a line of the text.

    One condition, which the planner of PostgreSQL estimates by its sample of the texts; the trigram
    index knows its pieces. Needles hold [a-z0-9 ] only.
    """
    if section is None:
        return Q(search_text__contains=needle)
    return Q(search_text__regex=rf"^(?:[^\n]*\n){{{section - 1}}}[^\n]*{needle}")
