"""What stands beside the rows of the list: how many there are, and what is worth a look above them
(how many are new, lapse, have a problem)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from caraus.core.formatting import today
from caraus.core.queries import count_each
from caraus.fleet import queries as fleet
from caraus.transports.models import Transport, UnreadableRecord
from caraus.workspace import listing, pagination
from caraus.workspace.company_scope import Chosen
from caraus.workspace.filters import Asked


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
    """`groups` are those of the companies that are looked at, whatever else is asked;
    `unreadable` are the records of all companies that the person sees, `partly_unreadable` the
    open UITs of which some field could not be read."""

    count: listing.Count
    groups: tuple[Group, ...]
    # Some UITs expired at the last midnight: not all that the list shows is active.
    just_expired: bool
    unreadable: int
    partly_unreadable: int

    @property
    def has_problems(self) -> bool:
        return self.groups[-1].count.number > 0


def beside(
    choice: Chosen, visible: QuerySet[Transport], rows: QuerySet[Transport], page: pagination.Page
) -> Beside:
    """Count all in one round trip. `visible` is what the person may see, `rows` what the list
    shows of it, page by page."""
    asked, day = choice.asked, today()
    own = listing.to_count(rows, page, sort=asked.sortare)
    all_companies = [company.pk for company in choice.companies]
    last_night, new, expiring, troubled, unreadable, partly, *rest = count_each(
        *(
            _bounded(listing.filtered(view, visible, choice.narrowing, today=day))
            for view in (Asked(arata="azi-noapte"), Asked(arata="noi"), Asked(arata="expira"))
        ),
        _bounded(fleet.transports_with_issues(choice.keys, day)),
        UnreadableRecord.objects.filter(company__in=all_companies, resolved_at=None).order_by(),
        _bounded(listing.partly_unreadable(all_companies, day)),
        *([] if own is None else [own]),
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
            Asked(arata="expira"), gettext_lazy("expiră în 24 h"), ("alarm-clock", "bad"), expiring
        ),
        group(
            Asked(probleme=True), gettext_lazy("cu probleme"), ("triangle-alert", "warn"), troubled
        ),
    )
    count = listing.count(page, rest[0] if rest else None)
    return Beside(count, groups, last_night > 0, unreadable, partly)


def _bounded(rows: QuerySet[Transport]) -> QuerySet[Transport, Any]:
    """No further than the page says."""
    return rows.order_by().values("pk")[: listing.COUNTED + 1]
