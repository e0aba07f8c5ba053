"""The page that makes the first account of a new server."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from caraus.accounts import server_setup, sessions
from caraus.accounts.organization_forms import SetupForm
from caraus.accounts.rate_limits import rate_limited


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited("setup")
def set_up_page(request: HttpRequest, secret: str) -> HttpResponse:
    """Make the first user of a server, from the link that the terminal printed."""
    if not server_setup.is_setup_secret(secret):
        raise Http404(
            gettext(
                "Linkul de punere în funcțiune a fost deja folosit sau a expirat. "
                "Pornește din nou serverul dacă nu există încă niciun cont."
            ),
            gettext("Linkul nu mai este valabil"),
        )
    form = SetupForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = server_setup.create_first_user(secret, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            sessions.remember_origin(request)
            messages.success(request, gettext("Contul este gata și ai intrat în el."))
            return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/set_up.html", {"form": form})
