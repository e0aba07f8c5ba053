"""What stands beside the rows of the list: how many there are, and what is worth a look above them
(how many are new, lapse, have a problem)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from caraus.accounts.models import Membership
from caraus.core.queries import count_of, scalars
from caraus.fleet import api as fleet
from caraus.transports.models import Transport
from caraus.workspace import columns, listing, pagination, saved_views
from caraus.workspace.filters import Asked
from caraus.workspace.models import SavedView

State = Transport.State
# As `listing` asks for „noi” and „expira”; written out, for it stands on every page of the list.
# OFFSET keeps what was seen lately before what is open, which may be far more.
_NEW = """
SELECT count(*) FROM (
    SELECT FROM (
        SELECT state, first_expired_day FROM transports_transport
        WHERE company_id = ANY(%s::bigint[]) AND first_seen_at > %s OFFSET 0
    ) AS seen
    WHERE state = ANY(%s) AND first_expired_day > %s
    LIMIT %s
) AS new
"""
_LAPSING = """
SELECT count(*) FROM (
    SELECT FROM transports_transport
    WHERE company_id = ANY(%s::bigint[]) AND state = ANY(%s) AND first_expired_day = %s
    LIMIT %s
) AS lapsing
"""
_UNREADABLE = """
SELECT count(*) FROM transports_unreadablerecord
WHERE company_id = ANY(%s::bigint[]) AND resolved_at IS NULL
"""
_PARTLY = """
SELECT count(*) FROM (
    SELECT FROM transports_transport
    WHERE company_id = ANY(%s::bigint[]) AND unreadable_fields <> '{}'
    AND state = ANY(%s) AND first_expired_day > %s LIMIT %s
) AS partly
"""


@dataclass(frozen=True, slots=True)
class Group:
    """A link to the part of the list that it counts."""

    word: str | Promise
    icon: str
    tone: str
    count: listing.Count
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """`groups` are those of the companies that are looked at, whatever else is asked; `unreadable`
    are the records of all companies that the person sees, `partly_unreadable` the open UITs of
    which some field could not be read; `columns`, `saved`: what the person
    chose."""

    count: listing.Count
    groups: tuple[Group, ...]
    # Some UITs expired at the last midnight: not all that the list shows is active.
    just_expired: bool
    columns: frozenset[str]
    saved: list[SavedView]
    unreadable: int
    partly_unreadable: int

    @property
    def has_problems(self) -> bool:
        return self.groups[-1].count.number > 0


def beside(
    asked: Asked,
    membership: Membership,
    companies: Collection[int],
    *,
    of_all: Sequence[int],
    rows: QuerySet[Transport],
    page: pagination.Page,
    today: date,
) -> Beside:
    """All in one round trip. `companies` are those looked at, `of_all` those that the person
    sees."""
    own = listing.to_count(rows, page, sort=asked.sortare)
    keys, most = list(companies), listing.COUNTED + 1
    alive = [state.value for state in listing.OPEN_STATES]
    since, tomorrow = timezone.now() - listing.NEW, today + timedelta(days=1)
    lapsed = [*alive, State.EXPIRED.value]
    shown, views, unreadable, partly, new, lapsing, last_night, troubled, *rest = scalars(
        columns.kept(membership.user_id),
        saved_views.kept(membership),
        (_UNREADABLE, [list(of_all)]),
        (_PARTLY, [list(of_all), alive, today, most]),
        (_NEW, [keys, since, alive, today, most]),
        (_LAPSING, [keys, alive, tomorrow, most]),
        (_LAPSING, [keys, lapsed, today, most]),
        fleet.counted_with_problems(keys, today, most=most),
        *([] if own is None else [count_of(own)]),
    )

    def group(view: Asked, word: str | Promise, look: tuple[str, str], number: int) -> Group:
        return Group(
            word=word,
            icon=look[0],
            tone=look[1],
            count=listing.bounded(number),
            address=view.address(firma=asked.firma),
            is_here=asked.address(firma="") == view.address(),
        )

    over = group(
        Asked(arata="azi-noapte"),
        gettext_lazy("expirate azi-noapte"),
        ("calendar-x", "bad"),
        last_night,
    )
    groups = (
        *([over] if last_night else []),
        group(Asked(arata="noi"), gettext_lazy("noi în 24 h"), ("sparkles", "calm"), new),
        group(
            Asked(arata="expira"), gettext_lazy("expiră în 24 h"), ("alarm-clock", "bad"), lapsing
        ),
        group(
            Asked(probleme=True), gettext_lazy("cu probleme"), ("triangle-alert", "warn"), troubled
        ),
    )
    count = listing.count(page, rest[0] if rest else None)
    return Beside(
        count,
        groups,
        last_night > 0,
        columns.read(shown),
        saved_views.read(views),
        unreadable,
        partly,
    )
