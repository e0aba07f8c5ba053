"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from caraus import __version__
from caraus.accounts import access
from caraus.accounts.models import Role, User


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Provide the organizations of the signed-in user, the one in use, and where in the menu we
    are."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"signup_open": settings.SIGNUP == "open", "organization": None}
    own = access.memberships(request)
    current = access.selected_among(request, own)
    return {
        "organizations": [membership.organization for membership in own],
        "organization": current.organization if current else None,
        "version": __version__,
        # The page of another organization that the head's menu leads to.
        "page_elsewhere": _page_elsewhere(request),
        "section": request.path_info.split("/")[1],
        "manages": current is not None and access.has_role(current, Role.ADMIN),
    }


def _page_elsewhere(request: HttpRequest) -> str:
    """Return the path of the same page in another organization; Panou's where it shows a thing of
    this one, or was no page that can be opened again."""
    match = request.resolver_match
    is_personal = request.path == request.path_info
    if is_personal or match is None or match.kwargs or request.method != "GET":
        return "/"
    return request.path_info
