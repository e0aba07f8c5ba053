"""The links that open the house: an invitation, and the set-up of a new server."""

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

from caraus.accounts import access, members, people, sessions
from caraus.accounts.adapter import INVITATION_KEY
from caraus.accounts.limits import limited
from caraus.accounts.models import User
from caraus.accounts.views.forms import SetupForm


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("invitation")
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Signed in: take the place. Otherwise: sign in, or make an account for the invited address."""
    found = members.usable_invitation(secret)
    if found is None:
        return render(request, "accounts/invitation_over.html", status=404)
    user = request.user if isinstance(request.user, User) else None
    if request.method == "POST" and user is not None:
        try:
            taken = members.accept(user, found)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            request.session.pop(INVITATION_KEY, None)
            access.choose(request, taken.organization_id)
            messages.success(
                request,
                gettext("Ai intrat în {organization}.").format(organization=taken.organization),
            )
            return redirect("home")
    elif user is None and request.method == "GET":  # a mail scanner's HEAD opens nothing
        request.session[INVITATION_KEY] = secret
    context = {
        "invitation": found,
        "other_account": user is not None and user.email.lower() != found.email.lower(),
        "signup_for_invited": settings.SIGNUP != "closed",
        "has_account": User.objects.filter(email=found.email.lower()).exists(),
    }
    return render(request, "accounts/invitation.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited("setup")
def set_up(request: HttpRequest, secret: str) -> HttpResponse:
    """The first user of a server, from the link that the terminal printed."""
    if not people.is_setup_secret(secret):
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
            user = people.set_up(secret, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            sessions.remember_origin(request)
            messages.success(request, gettext("Contul este gata și ai intrat în el."))
            return redirect("home")
    return render(request, "accounts/set_up.html", {"form": form})
