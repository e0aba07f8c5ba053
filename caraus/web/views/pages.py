"""Panou, and what belongs to no other page."""

import re
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.views.organization import may_create_organization
from caraus.core.organization_paths import personal_path
from caraus.web.dashboard import build_dashboard, has_authorization, has_uits


@require_GET
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Panou; while there is neither an authorization nor a UIT, to Integrări."""
    if not access.memberships(request) and may_create_organization(access.signed_in_user(request)):
        return redirect(personal_path("organization_new"))
    membership = access.current_membership(request)
    is_authorized = has_authorization(membership.organization)
    if not is_authorized and not has_uits(membership):
        messages.info(
            request,
            gettext(
                "Panoul se umple după prima autorizare SPV: UIT-urile vin de la ANAF. Începe aici."
            ),
        )
        return redirect("authorizations:integrations")
    dashboard = build_dashboard(membership, is_authorized=is_authorized)
    return render(request, "dashboard.html", {"dashboard": dashboard})


@login_not_required
@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Send the icon to browsers and bookmarks that request it without reading the page."""
    return redirect(static("caraus.svg"), permanent=True)


# `--surface` of the light style sheet: the head of every page.
SURFACE = "#ffffff"


@login_not_required
@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """Say how the product stands on a home screen (W3C Application Manifest): an iPhone takes
    notifications of sites that stand there alone."""
    icons = [
        {"src": static("caraus.svg"), "type": "image/svg+xml", "sizes": "any"},
        *(
            {"src": static(f"icon-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}"}
            for size in (192, 512)
        ),
        {
            "src": static("icon-maskable.png"),
            "type": "image/png",
            "sizes": "512x512",
            "purpose": "maskable",
        },
    ]
    description = {
        "id": "/",
        "name": "Cărăuș",
        "short_name": "Cărăuș",
        "lang": "ro",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": SURFACE,
        "theme_color": SURFACE,
        "icons": icons,
    }
    return JsonResponse(description, content_type="application/manifest+json")


# The kinds of tokens that have steps.
SCALES = ("text", "space", "radius")


@login_not_required
@require_GET
def style(request: HttpRequest) -> HttpResponse:
    """Show the components and their tokens; in debug mode only (see urls)."""
    sheet = Path(finders.find("caraus.css") or "").read_text()
    tokens = re.findall(r"--([\w-]+):", sheet.partition("@media")[0])
    scales = {kind: [token for token in tokens if token.startswith(f"{kind}-")] for kind in SCALES}
    colours = [token for token in tokens[tokens.index("paper") :] if not token.startswith("shadow")]
    return render(request, "style.html", {"scales": scales, "colours": colours})
