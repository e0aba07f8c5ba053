"""In which language a page is: the person's choice, the browser's, else Romanian."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from caraus.accounts.models import User
from caraus.web.hosts import MACHINE_PATHS


class LanguageMiddleware:
    """After the user is known, before anything is said."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(MACHINE_PATHS):
            return self.get_response(request)
        with translation.override(_language(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def _language(request: HttpRequest) -> str:
    user = request.user
    chosen = user.language if isinstance(user, User) else ""
    codes = dict(settings.LANGUAGES)
    return chosen if chosen in codes else translation.get_language_from_request(request)
