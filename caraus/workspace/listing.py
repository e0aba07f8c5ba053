"""From what was asked to the UITs: whose, in which state, when, and what they hold."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.utils import timezone

from caraus.fleet import queries as fleet
from caraus.transports.models import Transport
from caraus.transports.search_text import Section
from caraus.workspace import pagination, search
from caraus.workspace.filters import Asked

State = Transport.State
OPEN_STATES = (State.ACTIVE, State.MISSING)
OPEN = Q(state__in=OPEN_STATES)
# For so long a UIT is „nou”.
NEW = timedelta(days=1)
# Beyond this „peste 1.000”: counting a large past would cost more than showing it.
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    is_more: bool


def filtered(
    asked: Asked, rows: QuerySet[Transport], companies: Collection[int] | None, *, today: date
) -> QuerySet[Transport]:
    """Those of `rows` (what the person may see) that match, in these companies or (None) in all.

    A list of all companies would only mislead the planner, so that it does not walk the
    organization's index.
    """
    rows = rows.filter(_in_state(asked.arata, today))
    if companies is not None:
        rows = rows.filter(company__in=companies)
    if asked.de_la:
        rows = rows.filter(transport_date__gte=asked.de_la)
    if asked.pana_la:
        rows = rows.filter(transport_date__lte=asked.pana_la)
    if asked.modificate:
        # Its appearance is a change too: what is meant is one after it.
        rows = rows.filter(last_changed_at__gt=F("first_seen_at"))
    if asked.probleme:
        rows = rows.filter(fleet.has_issues(today))
    if asked.q:
        rows = rows.filter(search.matching(asked.q))
    if asked.declarant:
        rows = rows.filter(search.matching(asked.declarant, Section.DECLARANT))
    if asked.vehicul:
        rows = rows.filter(search.matching(asked.vehicul, Section.VEHICLES))
    if asked.loc:
        rows = rows.filter(search.matching_place(asked.loc))
    return rows


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


def partly_unreadable(companies: Collection[int], day: date) -> QuerySet[Transport]:
    """The UITs of these companies, open on a day, of which some field could not be read."""
    return Transport.objects.filter(_alive(day) & ~Q(unreadable_fields={}), company__in=companies)


def _in_state(shown: str, today: date) -> Q:
    return _STATES.get(shown, _current)(today)


def _uit_is_valid() -> Q:
    """`caraus.anaf.info.uit_is_valid`, asked of the database."""
    return Q(Func(F("uit"), function="caraus_uit_is_valid", output_field=BooleanField()))


def shown(
    asked: Asked, rows: QuerySet[Transport], companies: Collection[int] | None, *, today: date
) -> tuple[QuerySet[Transport], pagination.Page]:
    """The rows that match, and the page of them that is asked for."""
    rows = filtered(asked, rows, companies, today=today)
    page = pagination.page(rows, sort=asked.sortare, after=asked.dupa, before=asked.inainte)
    return rows, page


def to_count(
    rows: QuerySet[Transport], page: pagination.Page, *, sort: str
) -> QuerySet[Transport, Any] | None:
    """What has to be counted to tell how many there are; None where the page tells it itself.

    In the list's order, so that the planner may walk its index and stop: a word that all rows hold
    is then not looked for in all of them.
    """
    if not (page.previous or page.next):
        return None
    in_order = rows.order_by(*pagination.ORDERS[sort].by(backwards=False))
    return in_order.values("pk")[: COUNTED + 1]


def count(page: pagination.Page, number: int | None) -> Count:
    """How many there are, counted no further than worth it."""
    return bounded(len(page.rows) if number is None else number)


def bounded(number: int) -> Count:
    return Count(min(number, COUNTED), number > COUNTED)
