"""The choice of the language, at the end of each page."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from caraus.accounts.models import User


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Kept for the person, and in a cookie for this browser before the next sign-in.

    The way back is the Referer's: addresses of pages may hold secrets, which forms must not carry.
    """
    language = request.POST.get("language", "")
    if isinstance(request.user, User) and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_language(request)
