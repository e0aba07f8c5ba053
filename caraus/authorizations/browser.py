"""The browser in which an authorization was begun: a secret in its session, and nowhere else."""

import secrets

from django.http import HttpRequest

_KEY = "authorizing_browser"


def browser_secret(request: HttpRequest) -> str:
    """Return the secret of this browser, made when it first begins an authorization."""
    if not stored_browser_secret(request):
        request.session[_KEY] = secrets.token_urlsafe(32)
    return stored_browser_secret(request)


def stored_browser_secret(request: HttpRequest) -> str:
    """Return the secret; "" when nothing was begun here."""
    secret = request.session.get(_KEY, "")
    return secret if isinstance(secret, str) else ""
