"""Who hears of an authorization: those who can act on it."""

from django.db.models import Q

from caraus.accounts.models import Role, User
from caraus.connections.models import Connection


def who_can_act(connection: Connection) -> list[User]:
    """Owners and administrators, and whoever authorized or sent the link, while still a member who
    may authorize."""
    organization = Q(memberships__organization=connection.organization_id)
    steering = Q(memberships__role__in=[Role.OWNER, Role.ADMIN])
    sender = connection.link.created_by_id if connection.link else None
    own = Q(pk__in=[one for one in (connection.authorized_by_id, sender) if one])
    authorizing = Q(memberships__role__in=[Role.OWNER, Role.ADMIN, Role.DISPATCHER])
    people = User.objects.filter(organization & (steering | (own & authorizing)), is_active=True)
    return list(people.distinct().order_by("pk"))
