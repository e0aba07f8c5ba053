"""What is worth a look, above the list: how many are new, lapse, have a problem."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from caraus.fleet import api as fleet
from caraus.transports.models import Transport
from caraus.workspace import listing
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
    asked: Asked, rows: QuerySet[Transport], companies: Collection[int], *, today: date
) -> list[Group]:
    """For the companies that are looked at, whatever else is asked."""
    known = (
        ("noi", gettext_lazy("noi în 24 h"), "sparkles", "calm"),
        ("expira", gettext_lazy("expiră în 24 h"), "alarm-clock", "bad"),
    )
    found = [
        Group(
            word=word,
            icon=icon,
            tone=tone,
            count=listing.count_in_state(shown, rows, companies, today=today),
            address=Asked(arata=shown, firma=asked.firma).address(),
            is_here=asked.address(firma="") == Asked(arata=shown).address(),
        )
        for shown, word, icon, tone in known
    ]
    troubled = fleet.count(companies, today, most=listing.COUNTED + 1)
    found.append(
        Group(
            word=gettext_lazy("cu probleme"),
            icon="triangle-alert",
            tone="warn",
            count=listing.Count(min(troubled, listing.COUNTED), troubled > listing.COUNTED),
            address=Asked(probleme=True, firma=asked.firma).address(),
            is_here=asked.address(firma="") == Asked(probleme=True).address(),
        )
    )
    return found
