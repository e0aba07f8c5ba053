"""The signed-in person's sessions."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from caraus.accounts import access, sessions
from caraus.accounts.models import User
from caraus.accounts.signals import other_sessions_ended


@require_http_methods(["GET", "POST"])
def session_list(request: HttpRequest) -> HttpResponse:
    """Show from where the person is signed in; POST ends all but this session."""
    user = access.signed_in_user(request)
    if request.method == "POST":
        with transaction.atomic():
            sessions.end_sessions(user, but=request.session.session_key)
            other_sessions_ended.send(sender=User, request=request, user=user)
        messages.success(request, gettext("Celelalte sesiuni au fost închise."))
        return redirect("sessions")
    listed = sessions.sessions_of(user, current=request.session.session_key)
    return render(request, "accounts/sessions.html", {"sessions": listed})
