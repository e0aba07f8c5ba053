"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from caraus.accounts import access
from caraus.accounts.models import Role, User


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Provide the organizations of the signed-in user, the one in use, and where in the menu we
    are."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"signup_open": settings.SIGNUP == "open", "page_organization": None}
    current = access.selected_membership(request)
    return {
        "organizations": [membership.organization for membership in access.memberships(request)],
        "organization": current.organization if current else None,
        # The organization of the page's forms and parts (`organization_check.py`).
        "page_organization": current.organization_id if current else None,
        "section": request.path.split("/")[1],
        "manages": current is not None and access.has_role(current, Role.ADMIN),
    }
