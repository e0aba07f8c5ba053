"""Every address of the product × everybody who should not get in, by introspection.

A new address that is not placed in a table of `addresses.py` fails the first test.
"""

import re

import pytest
from django.test import Client

from caraus.accounts.models import Organization, User
from tests import factories
from tests.web import route_counts
from tests.web.addresses import (
    METHODS,
    OBJECT_ROUTES,
    OWN_ROUTES,
    PUBLIC_ROUTES,
    SECRET,
    SECRET_ROUTES,
    SIGN_IN_ROUTES,
    address,
    body_text,
    isolated_client,
    methods_of,
    organization_rows,
    routes,
    send_request,
)

# What somebody without any organization gets, where it is not 404: only the own account.
HARMLESS = {
    "organizatie/noua/": {403},
    "anaf/callback": {200},
    "cont/date/": {200},
    "cont/date/export/": {200},
    "cont/stergere/": {200, 302},
    "notificari/clopotel/": {200},
}


def test_every_address_has_its_place_in_a_table() -> None:
    assert sorted(routes()) == sorted(
        [*OBJECT_ROUTES, *OWN_ROUTES, *PUBLIC_ROUTES, *SECRET_ROUTES, *SIGN_IN_ROUTES]
    )


def test_the_counts_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    route_counts.main()
    assert f"{len(list(routes()))} addresses, all placed" in capsys.readouterr().out


def test_the_anonymous_are_sent_to_sign_in(
    client: Client, organization: Organization, ids: dict[str, int], subtests: pytest.Subtests
) -> None:
    before = organization_rows(organization)
    for route in [*OBJECT_ROUTES, *OWN_ROUTES]:
        with subtests.test(route), isolated_client(client) as visitor:
            for method in METHODS:
                response = send_request(visitor, method, address(route, ids), organization)
                assert response.status_code == 302, method
                assert response["Location"].startswith("/cont/login/"), method
            assert organization_rows(organization) == before


def test_a_stranger_sees_and_changes_nothing_of_others(
    client: Client,
    organization: Organization,
    stranger: User,
    ids: dict[str, int],
    subtests: pytest.Subtests,
) -> None:
    client.force_login(stranger)
    before = organization_rows(organization)
    for route, expected in (OBJECT_ROUTES | OWN_ROUTES).items():
        with subtests.test(route), isolated_client(client) as visitor:
            for method in METHODS:
                response = send_request(visitor, method, address(route, ids), organization)
                assert response.status_code == expected.get(method, 405), method
                assert SECRET not in body_text(response), method
            assert organization_rows(organization) == before


def test_somebody_without_an_organization_gets_nowhere(
    client: Client, organization: Organization, ids: dict[str, int], subtests: pytest.Subtests
) -> None:
    client.force_login(factories.user())
    before = organization_rows(organization)
    for route in [*OBJECT_ROUTES, *OWN_ROUTES]:
        with subtests.test(route), isolated_client(client) as visitor:
            for method in methods_of(route):
                response = send_request(visitor, method, address(route, ids), organization)
                assert response.status_code in {*HARMLESS.get(route, ()), 404}, method
                assert SECRET not in body_text(response), method
            assert organization_rows(organization) == before


def test_ids_of_others_and_of_nothing_look_the_same(
    client: Client, stranger: User, ids: dict[str, int], subtests: pytest.Subtests
) -> None:
    client.force_login(stranger)
    for route, methods in OBJECT_ROUTES.items():
        with subtests.test(route), isolated_client(client) as visitor:
            method = "post" if "GET" not in methods else "get"
            pages = []
            for pk in (ids.get(route, 888_888_888), 999_999_999, 10**30):
                response = getattr(visitor, method)("/" + route.replace("<int:pk>", str(pk)))
                assert response.status_code == 404
                pages.append(re.sub(r"csrf\S+|value=\S+|\d+", "", response.content.decode()))
            assert pages[0] == pages[1]


def test_the_pages_of_sign_in_give_nothing_away_and_never_fall(
    client: Client,
    organization: Organization,
    stranger: User,
    ids: dict[str, int],
    subtests: pytest.Subtests,
) -> None:
    signed_in = Client()
    signed_in.force_login(stranger)
    for route, expected in SIGN_IN_ROUTES.items():
        path = address(route, ids)
        with subtests.test(route), isolated_client(client) as visitor:
            assert visitor.get(path).status_code == expected
            for method in METHODS:
                assert send_request(visitor, method, path, organization).status_code < 500, method
        for method in METHODS:  # each signed in: one of them signs out
            with subtests.test(f"{method} {route}"), isolated_client(signed_in) as visitor:
                response = send_request(visitor, method, path, organization)
                assert response.status_code < 500, method
                assert SECRET not in body_text(response), method


def test_nobody_signs_up_from_the_web(client: Client, db: None) -> None:
    form = {
        "email": "nou@example.ro",
        "password1": "o parola buna 1",
        "password2": "o parola buna 1",
    }
    client.post("/cont/signup/", form)
    assert not User.objects.exists()


def test_health_is_open_and_says_nothing_more(client: Client, db: None) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_the_icon_is_found_where_browsers_look_for_it(client: Client, db: None) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (301, "/static/caraus.svg")


@pytest.mark.parametrize("route", sorted(SECRET_ROUTES))
@pytest.mark.parametrize("method", METHODS)
def test_an_invented_link_opens_nothing(client: Client, db: None, route: str, method: str) -> None:
    path = "/" + route.replace("<str:secret>", "invented-" + "x" * 40)
    response = client.generic(method, path)
    assert response.status_code in {404, 405}
    assert not User.objects.exists()
