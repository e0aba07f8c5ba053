"""No page is kept by a browser or a proxy: „back” after signing out shows nothing."""

import pytest
from django.test import Client

from caraus.accounts.models import Organization, User
from tests.web.addresses import (
    OBJECT_ROUTES,
    OWN_ROUTES,
    PUBLIC_ROUTES,
    SECRET_ROUTES,
    address,
    isolated_client,
    methods_of,
)

# Beside what `send_request` sees of all addresses, their other methods and other visitors.
REQUESTS = [
    *(
        (method.lower(), route, ("owner",))
        for route in [*OBJECT_ROUTES, *OWN_ROUTES]
        for method in methods_of(route)
    ),
    *(
        (method, route, ("owner", "nobody"))
        for route in [*PUBLIC_ROUTES, *SECRET_ROUTES]
        for method in ("get", "post")
    ),
]


def test_no_address_may_be_kept(
    owner: User, organization: Organization, ids: dict[str, int], subtests: pytest.Subtests
) -> None:
    clients = {"owner": Client(), "nobody": Client()}
    clients["owner"].force_login(owner)
    for method, route, visitors in REQUESTS:
        path = address(route, ids).replace("<str:secret>", "x" * 43).replace("<slug:slug>", "x")
        for name in visitors:
            with subtests.test(f"{method} {path}"), isolated_client(clients[name]) as visitor:
                visitor.raise_request_exception = False
                response = getattr(visitor, method)(path)
                assert "no-store" in response["Cache-Control"]


def test_static_files_may_be_kept(client: Client) -> None:
    response = client.get("/static/caraus.css")
    assert response.status_code == 200
    assert "max-age=60" in response["Cache-Control"]
    assert "no-store" not in response["Cache-Control"]
    for close in response._resource_closers:  # type: ignore[attr-defined]  # the file; `close()` would ask for the database
        close()
