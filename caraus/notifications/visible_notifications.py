"""What a person may still read: a role, a company or the place in the organization may be lost
between the notification and its e-mail, or before the list is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import (
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)
from django.http import HttpRequest

from caraus.accounts import access
from caraus.accounts.models import Membership
from caraus.notifications.kinds import DIGEST, registered_kinds
from caraus.notifications.models import Notification, NotifiedUit


def visible_to_member(
    rows: QuerySet[Notification], membership: Membership
) -> QuerySet[Notification]:
    """Return those of the member's notifications that the role and the companies still allow."""
    closed = [
        kind.code for kind in registered_kinds() if not access.has_role(membership, kind.role)
    ]
    allowed = access.scope(rows, membership.organization).exclude(kind__in=closed)
    if not access.is_restricted(membership):
        return allowed
    visible = access.visible_companies(membership, archived=True).values("pk")
    some = NotifiedUit.objects.filter(notification=OuterRef("pk"), company__in=visible)
    alone = Q(is_burst=False) & (Q(company=None) | Q(company__in=visible))
    return allowed.filter(alone | (Q(is_burst=True) & Exists(some)))


def own_notifications(request: HttpRequest) -> QuerySet[Notification]:
    """Return the signed-in person's own notifications in all organizations, as far as the roles and
    the companies allow now."""
    own = Notification.objects.filter(user=access.signed_in_user(request)).exclude(kind=DIGEST.code)
    visible = [
        visible_to_member(own, membership) for membership in access.open_memberships(request)
    ]
    return reduce(or_, visible) if visible else own.none()


@dataclass(frozen=True, slots=True)
class RenderedNotification:
    """One notification as it is read. Of a burst: the number of notices and the first of them."""

    row: Notification
    title: str
    number: int = 1
    notified_uits: Sequence[NotifiedUit] = ()

    @property
    def more(self) -> int:
        """Return how many notices are not named."""
        return self.number - len(self.notified_uits) if self.row.is_burst else 0


def render_notifications(
    rows: Sequence[Notification], memberships: Sequence[Membership], *, named: int
) -> list[RenderedNotification]:
    """Render the texts in the language that is active, for a member of these organizations; at most
    `named` notices of each are named."""
    visible = [access.visible(NotifiedUit.objects.all(), membership) for membership in memberships]
    notified_uits = reduce(or_, visible)
    bursts = [row for row in rows if row.is_burst]
    counted = notified_uits.filter(notification__in=bursts).order_by().values_list("notification")
    numbers = dict(counted.annotate(Count("pk"))) if bursts else {}
    prefetch_related_objects(
        bursts,
        "company",
        Prefetch("notified_uits", queryset=notified_uits.order_by("pk")[:named], to_attr="named"),
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
