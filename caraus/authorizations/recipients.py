"""Who is notified of an authorization: those who can act on it."""

from django.db.models import Q

from caraus.accounts import access
from caraus.accounts.models import Role, User
from caraus.authorizations.models import Authorization


def recipients_of(authorization: Authorization) -> list[User]:
    """Return owners and administrators, and whoever authorized or sent the link, while still a
    member who may authorize."""
    organization = Q(memberships__organization=authorization.organization_id)
    managing = Q(memberships__role__in=access.roles_at_least(Role.ADMIN))
    sender = authorization.link.created_by_id if authorization.link else None
    own = Q(pk__in=[pk for pk in (authorization.authorized_by_id, sender) if pk])
    authorizing = Q(memberships__role__in=access.roles_at_least(Role.DISPATCHER))
    people = User.objects.filter(organization & (managing | (own & authorizing)), is_active=True)
    return list(people.distinct().order_by("pk"))
