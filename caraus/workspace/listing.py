"""From what was asked to the UITs: whose, in which state, when, and what they hold."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils import timezone

from caraus.fleet import api as fleet
from caraus.queries import among, at_most, keys_of
from caraus.transports.models import Transport
from caraus.workspace import keyset, search
from caraus.workspace.asked import Asked

State = Transport.State
OPEN_STATES = (State.ACTIVE, State.MISSING)
OPEN = Q(state__in=OPEN_STATES)
# For so long a UIT is „nou”.
NEW = timedelta(days=1)
# No index knows them, but they are few among few: they are put in order by themselves, for walking
# the list in search of them would be long.
RARE = ("schimbate", "nevalidate")
# Beyond this „peste 1.000”: counting a large past would cost more than showing it.
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Found:
    rows: QuerySet[Any]
    # A search has narrowed them to keys, or they are rare: they are put in order by themselves.
    by_keys: bool
    # A word is too common for that: the list is walked until a page is full.
    walked: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    is_more: bool


def found_by(
    asked: Asked,
    rows: QuerySet[Transport],
    companies: Collection[int],
    *,
    today: date,
    common: bool = False,
) -> Found:
    """Those of `rows` (what the person may see) in these companies that match. `common`: what was
    typed is known to be in too many for the index."""
    rows = rows.filter(_narrowed(asked, today), company__in=companies)
    walked, by_keys = False, asked.arata in RARE
    if asked.probleme:
        troubled = fleet.keys_with_problems(companies, today, most=search.FEW)
        rows = rows.filter(fleet.having_problems(today) if troubled is None else among(troubled))
        by_keys |= troubled is not None
    if wanted := list(_wanted(asked)):
        words = None if common else search.by_index(wanted, companies)
        keys = None if words is None else _few(words)
        if keys is None:
            rows = rows.filter(*(search.walking(typed, field) for typed, field in wanted))
            walked = True
        else:
            rows = rows.filter(among(keys))
            by_keys = True
    return Found(rows, by_keys, walked and not by_keys)


def _few(words: QuerySet[Any]) -> str | None:
    try:
        number, keys = keys_of(words.values("pk")[: search.FEW + 1])
    except EmptyResultSet:
        return "{}"
    return keys if number <= search.FEW else None


def _in_words(asked: Asked, companies: Collection[int], today: date) -> QuerySet[Any] | None:
    """What is searched for, found and narrowed beside the words alone; None where they do not
    know enough. Raises TooManyError where the index would find too many."""
    wanted = list(_wanted(asked))
    if not wanted or asked.probleme or asked.arata in RARE:
        return None
    words = search.by_index(wanted, companies)
    if words is None:
        raise keyset.TooManyError
    return words.filter(_narrowed(asked, today))


def _narrowed(asked: Asked, today: date) -> Q:
    """By fields that stand with a UIT and, but for the states that are rare, beside its words."""
    narrowed = _in_state(asked.arata, today)
    if asked.de_la:
        narrowed &= Q(transport_date__gte=asked.de_la)
    if asked.pana_la:
        narrowed &= Q(transport_date__lte=asked.pana_la)
    if asked.modificate:
        # Its appearance is a change too: what is meant is one after it.
        narrowed &= Q(last_changed_at__gt=F("first_seen_at"))
    return narrowed


def _wanted(asked: Asked) -> Iterator[tuple[str, search.Field]]:
    """What was typed, and in which fields: the search takes any, these filters their own."""
    if asked.q:
        yield asked.q, search.anywhere
    if asked.declarant:
        yield asked.declarant, search.in_section(asked.declarant, search.DECLARANT)
    if asked.vehicul:
        yield asked.vehicul, search.in_section(asked.vehicul, search.VEHICLE)
    if asked.loc:
        yield asked.loc, search.in_places(asked.loc)


def _alive(today: date) -> Q:
    return OPEN & Q(first_expired_day__gt=today)


def _last_night(today: date) -> Q:
    """What expired at the last midnight: a lorry may still be on the road with it."""
    return ~Q(state=State.DELISTED) & Q(first_expired_day=today)


def _current(today: date) -> Q:
    """The list as it opens: what is open, and for a day what has just expired."""
    return Q(state__in=[*OPEN_STATES, State.EXPIRED], first_expired_day__gte=today)


_STATES: dict[str, Callable[[date], Q]] = {
    "toate": lambda _: Q(),
    "noi": lambda today: _alive(today) & Q(first_seen_at__gt=timezone.now() - NEW),
    "viitoare": lambda today: _alive(today) & Q(transport_date__gt=today),
    "in-curs": lambda today: _alive(today) & Q(transport_date__lte=today),
    "expira": lambda today: OPEN & Q(first_expired_day=today + timedelta(days=1)),
    "azi-noapte": _last_night,
    "expirate": lambda today: ~Q(state=State.DELISTED) & Q(first_expired_day__lte=today),
    "delistate": lambda _: Q(state=State.DELISTED),
    "neregasite": lambda today: _alive(today) & Q(state=State.MISSING),
    "schimbate": lambda today: (
        _alive(today) & ~Q(carrier_cui="") & ~Q(carrier_cui=F("company__cui"))
    ),
    "nevalidate": lambda today: _alive(today) & ~_uit_is_valid(),
}


def _in_state(shown: str, today: date) -> Q:
    return _STATES.get(shown, _current)(today)


def _uit_is_valid() -> Q:
    """`caraus.anaf.info.uit_is_valid`, asked of the database."""
    return Q(Func(F("uit"), function="caraus_uit_is_valid", output_field=BooleanField()))


def shown(asked: Asked, companies: Collection[int], *, today: date) -> tuple[Found, keyset.Page]:
    """The page of the list that is asked for, and what it is a page of."""
    common = False
    try:
        words = _in_words(asked, companies, today)
        if words is not None:
            found = Found(words, by_keys=True)
            return found, _page(asked, found, companies, most=search.FEW)
    except keyset.TooManyError:
        common = True
    found = found_by(asked, Transport.objects.all(), companies, today=today, common=common)
    return found, _page(asked, found, companies)


def _page(
    asked: Asked, found: Found, companies: Collection[int], *, most: int | None = None
) -> keyset.Page:
    return keyset.page(
        found.rows,
        companies,
        sort=asked.sortare,
        after=asked.dupa,
        before=asked.inainte,
        per_company=not found.by_keys,
        most=most,
    )


def to_count(found: Found, shown: keyset.Page) -> QuerySet[Transport, dict[str, Any]] | None:
    """What has to be counted to tell how many there are; None where the page tells it itself."""
    if found.walked or shown.total is not None or not (shown.previous or shown.next):
        return None
    return at_most(found.rows, COUNTED + 1)


def count(shown: keyset.Page, number: int | None) -> Count:
    """How many there are, counted no further than worth it; of a common word (`number` is None),
    no further than the page."""
    is_more = bool(shown.previous or shown.next)
    number = shown.total if number is None else number
    if number is None:
        return Count(keyset.PAGE_SIZE if is_more else len(shown.rows), is_more)
    return bounded(number)


def bounded(number: int) -> Count:
    return Count(min(number, COUNTED), number > COUNTED)
