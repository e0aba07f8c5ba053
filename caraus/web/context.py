"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from caraus.accounts import access
from caraus.accounts.models import Role, User


def shell(request: HttpRequest) -> dict[str, Any]:
    """The organizations of the signed-in user, the one in use, and where in the menu we are."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"signup_open": settings.SIGNUP == "open"}
    mine = list(access.organizations(user))
    chosen = request.session.get(access.SESSION_KEY)
    current = next((one for one in mine if one.pk == chosen), mine[0] if mine else None)
    section = request.path.split("/")[1]
    manages = (
        current is not None
        and user.memberships.filter(
            organization=current, role__in=[Role.OWNER, Role.ADMIN]
        ).exists()
    )
    return {
        "organizations": mine,
        "organization": current,
        "section": section,
        "manages": manages,
    }
