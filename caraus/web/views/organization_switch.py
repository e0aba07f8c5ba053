"""The pages that lead to another organization of the user's own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from caraus.accounts.models import Organization
from caraus.web.templatetags.frame import ORGANIZATION_FIELD

# In a form that is sent again from the page of refusal: switch first.
SWITCH_FIELD = "treci_in_organizatie"


def refused_form(request: HttpRequest, target: Organization | None) -> HttpResponse:
    """Offer the form of another organization itself, to be sent again there. Files cannot be
    kept."""
    own = {"csrfmiddlewaretoken", ORGANIZATION_FIELD, SWITCH_FIELD}
    context = {
        "target": target,
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
    return render(request, "refused_form.html", context, status=409)


def other_organization(
    request: HttpRequest, organization: Organization, *, status: int = 200
) -> HttpResponse:
    """Ask whether to go to the other organization, and there to what was requested. A link never
    switches by itself: other tabs stand in the organization of now."""
    address = request.get_full_path() if request.method == "GET" else ""
    context = {"target": organization, "address": address}
    return render(request, "switch_organization.html", context, status=status)
