"""The error pages."""

import sys

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.core.organization_paths import path_in, personal_path
from caraus.web import error_responses


def _error(request: HttpRequest, *, status: int, title: str, sentence: str) -> HttpResponse:
    context = {"status": status, "title": title, "sentence": sentence}
    return render(request, "error.html", context, status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request was not understood, or what was too large in it (400)."""
    too_large = error_responses.oversize_message(exception)
    return error_responses.plain_error_page(
        status=400,
        title=gettext("Cererea nu a fost înțeleasă"),
        sentence=too_large
        or gettext("Adresa sau datele trimise nu sunt complete. Întoarce-te și încearcă din nou."),
    )


@login_not_required
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say why it is not allowed; send to the second factor who lacks only that (403)."""
    if isinstance(exception, access.TwoFactorsRequiredError):
        messages.warning(request, str(exception))
        return redirect(personal_path("mfa_index"))
    sentence = str(exception) or gettext("Rolul tău nu permite această acțiune.")
    return _error(request, status=403, title=gettext("Nu ai acest drept"), sentence=sentence)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say it in the exception's own words where it has some: a sentence, and perhaps a title (404).
    What is in another organization of one's own is offered there."""
    if isinstance(exception, access.OtherOrganizationError):
        target = exception.organization
        path = request.get_full_path() if request.method == "GET" else "/"
        context = {"target": target, "address": path_in(target.slug, path)}
        return render(request, "switch_organization.html", context, status=404)
    own_sentence, own_title, *_ = (
        *(text for text in exception.args if isinstance(text, str)),
        "",
        "",
    )
    return _error(
        request,
        status=404,
        title=own_title or gettext("Pagina nu există"),
        sentence=own_sentence or gettext("Adresa este greșită sau pagina a fost mutată."),
    )


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault, without asking the database for anything (500)."""
    if response := error_responses.response_to_error(request, sys.exc_info()[1]):
        return response
    return error_responses.plain_error_page(
        status=500,
        title=gettext("Ceva nu a mers la noi"),
        sentence=gettext(
            "Nu este vina ta și nici a ANAF. Datele sunt păstrate; încearcă din nou peste un minut."
        ),
    )
