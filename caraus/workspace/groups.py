"""What is worth a look, above the list: how many are new, lapse, have a problem."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from caraus.fleet import api as fleet
from caraus.queries import at_most, counted
from caraus.transports.models import Transport
from caraus.workspace import keyset, listing
from caraus.workspace.asked import Asked


@dataclass(frozen=True, slots=True)
class Group:
    """A link to the part of the list that it counts."""

    word: str | Promise
    icon: str
    tone: str
    count: listing.Count
    address: str
    is_here: bool


def groups(
    asked: Asked,
    rows: QuerySet[Transport],
    companies: Collection[int],
    *,
    found: listing.Found,
    page: keyset.Page,
    today: date,
) -> tuple[listing.Count, list[Group]]:
    """How many the list has; and the groups of the companies that are looked at, whatever else is
    asked. One round trip counts them all."""
    known = (
        ("noi", gettext_lazy("noi în 24 h"), "sparkles", "calm"),
        ("expira", gettext_lazy("expiră în 24 h"), "alarm-clock", "bad"),
    )
    own = listing.to_count(found, page)
    *numbers, troubled = counted(
        *([] if own is None else [own]),
        *(listing.in_state(shown, rows, companies, today=today) for shown, *_ in known),
        at_most(fleet.with_problems(companies, today), listing.COUNTED + 1),
    )
    count = listing.count(page, None if own is None else numbers.pop(0))
    made = [
        Group(
            word=word,
            icon=icon,
            tone=tone,
            count=listing.bounded(number),
            address=Asked(arata=shown, firma=asked.firma).address(),
            is_here=asked.address(firma="") == Asked(arata=shown).address(),
        )
        for (shown, word, icon, tone), number in zip(known, numbers, strict=True)
    ]
    made.append(
        Group(
            word=gettext_lazy("cu probleme"),
            icon="triangle-alert",
            tone="warn",
            count=listing.bounded(troubled),
            address=Asked(probleme=True, firma=asked.firma).address(),
            is_here=asked.address(firma="") == Asked(probleme=True).address(),
        )
    )
    return count, made
