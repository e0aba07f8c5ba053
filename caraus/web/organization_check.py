"""The organization that a page was made for. The session keeps the one in use, for all tabs: what a
form, a part of a page or a link of an e-mail was made for is compared with it.

A form carries it in a hidden field (`{% csrf_token %}` writes it), a part that htmx requests in the
header X-Organization, a link of an e-mail as `?o=`.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from caraus.accounts import access
from caraus.web.templatetags.frame import ORGANIZATION_FIELD
from caraus.web.views.organization_switch import (
    SWITCH_FIELD,
    other_organization,
    refused_form,
)

HEADER = "X-Organization"
LINK_FIELD = "o"
# These are of a person or of a link, whatever organization is in use.
WITHOUT_ORGANIZATION = (
    "cont/",
    "limba/",
    "autorizare/",
    "invitatie/",
    "inceput/",
    "organizatie/noua/",
)
SWITCHING = "organizatie/"


class OrganizationMiddleware:
    """Refuse what was made for another organization than the one in use: nothing is done, nothing
    that was typed is lost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        route = request.resolver_match.route if request.resolver_match else ""
        if isinstance(request.user, AnonymousUser) or route.startswith(WITHOUT_ORGANIZATION):
            return None
        is_part = HEADER in request.headers
        if is_part:
            made_for = request.headers[HEADER]
        elif request.method == "POST" and route != SWITCHING:
            made_for = request.POST.get(ORGANIZATION_FIELD, "")
        else:
            made_for = request.GET.get(LINK_FIELD, "")
        if not made_for:
            return None
        current = access.selected_membership(request)
        if current is not None and str(current.organization_id) == made_for:
            return None
        own = [membership.organization for membership in access.memberships(request)]
        target = next(
            (organization for organization in own if str(organization.pk) == made_for), None
        )
        if is_part:
            return HttpResponse(status=409)
        if request.method != "POST":
            return other_organization(request, target) if target else None
        if target is not None and SWITCH_FIELD in request.POST:
            access.select_organization(request, target.pk)
            return None
        return refused_form(request, target)
