"""Django's test clients, as visitors have it: one chain of middleware for all of a process, and a
member's addresses within the organization.

Django's client builds its own chain with the first request, for which WhiteNoise reads the head of
every static file: longer than most pages take.

A member stands in an organization: `client.get("/firme/")` requests `/o/<slug>/firme/` of the one
used last, and what the response says of addresses there is read the same way. `PlainClient` does
nothing of this; tests/web/test_organization_address.py holds what the addresses are.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.signals import setting_changed
from django.db import connection
from django.test import Client
from django.test.client import ClientHandler
from django.urls import Resolver404, resolve

from caraus.accounts import access
from caraus.accounts.models import User
from caraus.web.organization_address import PERSONAL_ROUTES

CHAIN = (
    *("_view_middleware", "_template_response_middleware", "_exception_middleware"),
    "_middleware_chain",
)
_load = ClientHandler.load_middleware
_built: ClientHandler | None = None
_request = Client.request


class PlainClient(Client):
    """Requests the addresses as they are written, like a browser."""

    def request(self, **environment: Any) -> Any:
        return _request(self, **environment)


def _request_as_member(client: Client, **environment: Any) -> Any:
    path = str(environment.get("PATH_INFO", "/"))
    slug = _slug_of_member(client) if _is_of_organization(path) else ""
    if not slug:
        return _request(client, **environment)
    response: Any = _request(client, **environment | {"PATH_INFO": f"/o/{slug}{path}"})
    response.request = environment
    response.resolver_match = response.wsgi_request.resolver_match
    prefix = f"/o/{slug}/"
    for header in ("Location", "HX-Push-Url"):
        if response.headers.get(header, "").startswith(prefix):
            response.headers[header] = response.headers[header].removeprefix(prefix[:-1])
    if not response.streaming and prefix.encode() in response.content:
        response.content = response.content.replace(prefix.encode(), b"/")
    return response


def _is_of_organization(path: str) -> bool:
    try:
        return not resolve(path).route.startswith(PERSONAL_ROUTES)
    except Resolver404:
        return False


def _slug_of_member(client: Client) -> str:
    """Return the slug that an address without one would lead to; tests that count queries count
    those of the page."""
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    if cookie is None or not cookie.value:
        return ""
    counts, connection.force_debug_cursor = connection.force_debug_cursor, False
    try:
        user = User.objects.filter(pk=client.session.get(SESSION_KEY, 0)).first()
        if user is None:
            return ""
        own = {each.pk: each.slug for each in access.organizations_of(user)}
        last = client.session.get(access.SESSION_KEY, user.last_organization_id)
        return own.get(last) or next(iter(own.values()), "")
    finally:
        connection.force_debug_cursor = counts


def _load_or_share(handler: ClientHandler, is_async: bool = False) -> None:
    global _built
    if _built is None:
        _load(handler, is_async)
        _built = handler
    for name in CHAIN:
        setattr(handler, name, getattr(_built, name))


def _forget(*, setting: str, **_: Any) -> None:
    """Middleware reads settings when it is built; none reads where ANAF is."""
    global _built
    if not setting.startswith("ANAF_"):
        _built = None


def install() -> None:
    """Let Django's clients share the chain until a setting changes, and stand in an
    organization."""
    ClientHandler.load_middleware = _load_or_share  # type: ignore[method-assign, assignment]
    Client.request = _request_as_member  # type: ignore[method-assign, assignment]
    setting_changed.connect(_forget)
