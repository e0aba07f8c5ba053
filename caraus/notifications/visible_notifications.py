"""What a person may still read: a role, a company or the place in the organization may be lost
between the notification and its e-mail, or before the list is opened."""

from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet
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


def count_unread(request: HttpRequest) -> int:
    """Count the cards of which something is unread: as many as the list shows."""
    unread = own_notifications(request).filter(read_at=None).order_by()
    return unread.values("card").distinct().count()
