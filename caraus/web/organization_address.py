"""The organization is in the address (`/o/<slug>/…`): what a page shows and what its forms change
is of the organization that its address names, whatever other tabs show."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import set_script_prefix
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Membership
from caraus.core.organization_paths import path_in, reversing_in, split_path, without_organization

# These are of a person, of a link or of the server, and have no organization in their address.
PERSONAL_ROUTES = (
    *("cont/", "limba/", "autorizare/", "invitatie/", "inceput/", "organizatie/noua/"),
    *("anaf/", "integrari/drepturi/", "metrics", "favicon.ico", "healthz", "readyz", "stil"),
    *("notificari.js", "notificari-dispozitiv-nou/", "manifest.webmanifest"),
)


class OrganizationMiddleware:
    """Resolve the path within the organization, and let in only its members."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug, request.path_info = split_path(request.path_info)
        with reversing_in(slug):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        names_organization = request.path != request.path_info
        route = request.resolver_match.route if request.resolver_match else ""
        if route.startswith(PERSONAL_ROUTES):
            if not names_organization:
                return None
            address = without_organization(request.get_full_path())
            return HttpResponseRedirect(address, preserve_request=True)
        if isinstance(request.user, AnonymousUser):
            return None  # SignInRequiredMiddleware has let through what all may see
        if not names_organization:
            return _without_organization(request)
        own = access.memberships(request)
        membership = access.selected_among(request, own)
        if membership is None:
            raise Http404(gettext("Nu există sau nu este al organizației tale."))
        is_part = request.htmx  # type: ignore[attr-defined] # they refresh themselves in every tab
        if len(own) > 1 and not is_part:
            access.remember_organization(request, membership)
        return None


def _without_organization(request: HttpRequest) -> HttpResponse | None:
    """Lead to the organization used last. A form is taken only where one alone can be meant."""
    memberships = access.memberships(request)
    membership = access.selected_among(request, memberships)
    if membership is None:
        return None  # of no organization, as the page will say
    if request.method in {"GET", "HEAD"}:
        slug = membership.organization.slug
        return HttpResponseRedirect(path_in(slug, request.get_full_path()))
    if len(memberships) > 1:
        return _choose_organization(request, memberships)
    set_script_prefix(path_in(membership.organization.slug, "/"))
    return None


def _choose_organization(request: HttpRequest, memberships: list[Membership]) -> HttpResponse:
    """Do nothing, and offer to send the form to one of the organizations. Files cannot be kept."""
    address = request.get_full_path()
    context = {
        "choices": [
            (membership.organization, path_in(membership.organization.slug, address))
            for membership in memberships
        ],
        "fields": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name != "csrfmiddlewaretoken"
        ],
        "has_files": bool(request.FILES),
    }
    return render(request, "choose_organization.html", context, status=409)
