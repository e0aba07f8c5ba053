"""„Starea aplicației”: whether the installation works, for administrators."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.accounts.rate_limits import rate_limited
from caraus.core.health import mail_host
from caraus.web import application_state


@require_GET
@never_cache
def application_state_page(request: HttpRequest) -> HttpResponse:
    """Show the state of the installation."""
    user = access.require_role(request, Role.ADMIN).user
    state = application_state.read_application_state(user)
    return render(request, "application_state.html", {"state": state})


@require_POST
@rate_limited("trial_email")
def trial_email_send(request: HttpRequest) -> HttpResponse:
    """Send an e-mail to the person who presses."""
    user = access.require_role(request, Role.ADMIN).user
    if mail_host():
        application_state.send_trial_email(user)
        sentence = gettext(
            "Trimitem un e-mail de probă la {email}. Dacă nu ajunge în câteva minute, reîncarcă "
            "pagina: scriem aici de ce."
        )
        messages.success(request, sentence.format(email=user.email))
    else:
        messages.error(
            request, gettext("E-mailul nu este configurat pe server: nu am trimis nimic.")
        )
    return redirect("application_state")
