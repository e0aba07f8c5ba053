"""The organization that a page was made for. The session keeps the one in use, for all tabs: what a
form, a part of a page or a link of an e-mail was made for is compared with it.

A form carries it in a hidden field (`{% csrf_token %}` writes it), a part that htmx asks for in the
header X-Organization, a link of an e-mail as `?o=`.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from caraus.accounts import access
from caraus.accounts.models import Organization
from caraus.web.templatetags.frame import ORGANIZATION_FIELD

HEADER = "X-Organization"
LINK_FIELD = "o"
# In a form that is sent again from the page of refusal: switch first.
SWITCH_FIELD = "treci_in_organizatie"
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
        wanted = next(
            (organization for organization in own if str(organization.pk) == made_for), None
        )
        if is_part:
            return HttpResponse(status=409)
        if request.method != "POST":
            return other_organization(request, wanted) if wanted else None
        if wanted is not None and SWITCH_FIELD in request.POST:
            access.select_organization(request, wanted.pk)
            return None
        return _refused(request, wanted)


def _refused(request: HttpRequest, wanted: Organization | None) -> HttpResponse:
    """Offer the form itself, to be sent again where it belongs. Files cannot be kept."""
    own = {"csrfmiddlewaretoken", ORGANIZATION_FIELD, SWITCH_FIELD}
    context = {
        "wanted": wanted,
        "fields": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in own
        ],
        "organization_field": ORGANIZATION_FIELD,
        "switch_field": SWITCH_FIELD,
        "has_files": bool(request.FILES),
    }
    return render(request, "other_organization.html", context, status=409)


def other_organization(
    request: HttpRequest, organization: Organization, *, status: int = 200
) -> HttpResponse:
    """Ask whether to go to the other organization, and there to what was asked for. A link never
    switches by itself: other tabs stand in the organization of now."""
    address = request.get_full_path() if request.method == "GET" else ""
    context = {"there": organization, "address": address}
    return render(request, "elsewhere.html", context, status=status)
