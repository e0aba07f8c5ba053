"""What a person may still read: a role, a company or the place in the organization may be lost
between the fact and the letter, or before the list is opened."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import (
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)

from caraus.accounts import access
from caraus.accounts.models import Membership
from caraus.notifications.kinds import DIGEST, registered_kinds
from caraus.notifications.models import Fact, Notification


def visible_to_member(
    rows: QuerySet[Notification], membership: Membership
) -> QuerySet[Notification]:
    """Of these notifications of the member, those that the role and the companies still allow."""
    closed = [
        kind.code for kind in registered_kinds() if not access.has_role(membership, kind.role)
    ]
    found = access.scope(rows, membership.organization).exclude(kind__in=closed)
    if not access.is_restricted(membership):
        return found
    seen = access.visible_companies(membership, archived=True).values("pk")
    some = Fact.objects.filter(notification=OuterRef("pk"), company__in=seen)
    alone = Q(is_burst=False) & (Q(company=None) | Q(company__in=seen))
    return found.filter(alone | (Q(is_burst=True) & Exists(some)))


@dataclass(frozen=True, slots=True)
class RenderedNotification:
    """One notification as it is read. Of many facts as one: their number and the first of them."""

    row: Notification
    title: str
    number: int = 1
    facts: Sequence[Fact] = ()

    @property
    def more(self) -> int:
        """Facts that are not named."""
        return self.number - len(self.facts) if self.row.is_burst else 0


def render_notifications(
    rows: Sequence[Notification], membership: Membership, *, named: int
) -> list[RenderedNotification]:
    """In the language that is active; at most `named` facts of each are named."""
    facts = access.visible(Fact.objects.all(), membership)
    bursts = [row for row in rows if row.is_burst]
    counted = facts.filter(notification__in=bursts).order_by().values_list("notification")
    numbers = dict(counted.annotate(Count("pk"))) if bursts else {}
    prefetch_related_objects(
        bursts, "company", Prefetch("facts", queryset=facts.order_by("pk")[:named], to_attr="named")
    )
    return [
        _burst(row, numbers.get(row.pk, 0))
        if row.is_burst
        else RenderedNotification(row, row.title)
        for row in rows
    ]


def _burst(row: Notification, number: int) -> RenderedNotification:
    title = (row.about or DIGEST).count_label(number)
    if row.company:
        title = f"{row.company}: {title}"
    return RenderedNotification(row, title, number, row.named)  # type: ignore[attr-defined]
