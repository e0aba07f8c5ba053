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
from django.core.signals import setting_changed
from django.db import connection
from django.test import Client
from django.test.client import ClientHandler
from django.urls import Resolver404, resolve
from django.utils import timezone

from caraus.accounts import access
from caraus.accounts.sessions import SessionStore
from caraus.core import crypto
from caraus.web.organization_address import PERSONAL_ROUTES

# Plain SQL: it goes before every request of a test.
OWN_ORGANIZATIONS = """
    SELECT session.sealed, person.last_organization_id, organization.id, organization.slug
    FROM accounts_session session
    JOIN accounts_user person ON person.id = session.user_id
    JOIN accounts_membership membership ON membership.user_id = person.id
    JOIN accounts_organization organization ON organization.id = membership.organization_id
    WHERE session.key_digest = %s AND session.expires_at > %s
    ORDER BY organization.name, organization.id
"""
_load = ClientHandler.load_middleware
# What loading sets on a handler.
_chain: dict[str, Any] = {}
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
        with connection.cursor() as cursor:
            cursor.execute(OWN_ORGANIZATIONS, [crypto.secret_digest(cookie.value), timezone.now()])
            rows = cursor.fetchall()
    finally:
        connection.force_debug_cursor = counts
    if not rows:
        return ""
    sealed, last, _, first = rows[0]
    last = SessionStore().decode(sealed).get(access.SESSION_KEY, last)
    return next((slug for _, _, pk, slug in rows if pk == last), str(first))


def _load_or_share(handler: ClientHandler, is_async: bool = False) -> None:
    if not _chain:
        before = {*vars(handler)}
        _load(handler, is_async)
        _chain.update({name: vars(handler)[name] for name in {*vars(handler)} - before})
    vars(handler).update(_chain)


def _forget(*, setting: str, **_: Any) -> None:
    """Middleware reads settings when it is built; none reads where ANAF is."""
    if not setting.startswith("ANAF_"):
        _chain.clear()


def install() -> None:
    """Let Django's clients share the chain until a setting changes, and stand in an
    organization."""
    ClientHandler.load_middleware = _load_or_share  # type: ignore[method-assign, assignment]
    Client.request = _request_as_member  # type: ignore[method-assign, assignment]
    setting_changed.connect(_forget)
