"""The shell: home and the error pages."""

import re
import sys
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.views.organization import may_create_organization
from caraus.authorizations.replacement import NOT_ENDED
from caraus.web import error_responses
from caraus.web.dashboard import build_dashboard
from caraus.web.organization_check import other_organization


@require_GET
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Panou; before the first authorization, to Integrări."""
    if not access.memberships(request) and may_create_organization(access.signed_in_user(request)):
        return redirect("organization_new")
    membership = access.current_membership(request)
    living = membership.organization.authorizations.filter(status__in=NOT_ENDED)
    if not living.exists():
        return redirect("authorizations:integrations")
    return render(request, "dashboard.html", {"dashboard": build_dashboard(membership)})


@login_not_required
@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """For browsers and bookmarks that ask for it without reading the page."""
    return redirect(static("caraus.svg"), permanent=True)


# The kinds of tokens that have steps.
SCALES = ("text", "space", "radius")


@login_not_required
@require_GET
def style(request: HttpRequest) -> HttpResponse:
    """The components and their tokens; in debug mode only (see urls)."""
    sheet = Path(finders.find("caraus.css") or "").read_text()
    tokens = re.findall(r"--([\w-]+):", sheet.partition("@media")[0])
    scales = {kind: [token for token in tokens if token.startswith(f"{kind}-")] for kind in SCALES}
    colours = [token for token in tokens[tokens.index("paper") :] if not token.startswith("shadow")]
    return render(request, "style.html", {"scales": scales, "colours": colours})


def _error(request: HttpRequest, *, status: int, title: str, sentence: str) -> HttpResponse:
    context = {"status": status, "title": title, "sentence": sentence}
    return render(request, "error.html", context, status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_large = error_responses.oversize_message(exception)
    return error_responses.plain_error_page(
        status=400,
        title=gettext("Cererea nu a fost înțeleasă"),
        sentence=too_large
        or gettext("Adresa sau datele trimise nu sunt complete. Întoarce-te și încearcă din nou."),
    )


@login_not_required
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, access.TwoFactorsRequiredError):
        messages.warning(request, str(exception))
        return redirect("mfa_index")
    sentence = str(exception) or gettext("Rolul tău nu permite această acțiune.")
    return _error(request, status=403, title=gettext("Nu ai acest drept"), sentence=sentence)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """In the exception's own words where it has some: a sentence, and perhaps a title. What is in
    another organization of one's own is offered there."""
    if isinstance(exception, access.OtherOrganizationError):
        return other_organization(request, exception.organization, status=404)
    own_words, own_title, *_ = *(text for text in exception.args if isinstance(text, str)), "", ""
    return _error(
        request,
        status=404,
        title=own_title or gettext("Pagina nu există"),
        sentence=own_words or gettext("Adresa este greșită sau pagina a fost mutată."),
    )


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    if known := error_responses.response_to_error(request, sys.exc_info()[1]):
        return known
    return error_responses.plain_error_page(
        status=500,
        title=gettext("Ceva nu a mers la noi"),
        sentence=gettext(
            "Nu este vina ta și nici a ANAF. Datele sunt păstrate; încearcă din nou peste un minut."
        ),
    )
