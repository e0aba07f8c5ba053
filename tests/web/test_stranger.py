"""Every address of the product × everybody who should not get in, by introspection.

A new address that is not placed in a table here fails the first test.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.connections.models import Connection
from caraus.notifications.models import Notification
from caraus.transports.models import Transport, UnreadableRecord
from tests import factories

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# Addresses of things: what a member of another organization gets with a real id. The rest is 405.
THINGS = {
    "integrari/<int:pk>/deconectare/": {"POST": 404},
    "transporturi/<int:pk>/": {"GET": 404},
    "transporturi/necitite/<int:pk>/": {"GET": 404},
    "firme/<int:pk>/": {"GET": 404, "POST": 404},
    "notificari/<int:pk>/": {"POST": 404},
}
# Addresses that show or change the visitor's own organization only. The rest is 405.
OWN = {
    "": {"GET": 302},
    "integrari/": {"GET": 200},
    "integrari/autorizare/": {"POST": 302},
    "anaf/callback": {"GET": 200},
    "transporturi/": {"GET": 200},
    "transporturi/sincronizare/": {"POST": 302},
    "firme/": {"GET": 200, "POST": 200},
    "organizatie/": {"POST": 302},
    "notificari/": {"GET": 200},
    "notificari/clopotel/": {"GET": 200},
    "notificari/citite/": {"POST": 302},
    "notificari/preferinte/": {"GET": 200, "POST": 302},
}
OPEN = {"healthz"}
# Sign-in: what anonymous visitors get with GET; 302 leads to the sign-in page.
ACCOUNT = {
    "cont/login/": 200,
    "cont/logout/": 302,
    "cont/inactive/": 200,
    "cont/signup/": 200,
    "cont/reauthenticate/": 302,
    "cont/email/": 302,
    "cont/confirm-email/": 200,
    "cont/password/change/": 302,
    "cont/password/set/": 302,
    "cont/password/reset/": 200,
    "cont/login/code/confirm/": 302,
    "cont/^confirm-email/(?P<key>[-:\\w]+)/$": 200,
    "cont/password/reset/key/done/": 200,
    "cont/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": 200,
    "cont/password/reset/done/": 200,
}
SECRET = "Secretul Organizației"


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from routes(one, prefix + str(one.pattern))
        elif isinstance(one, URLPattern):
            yield prefix + str(one.pattern)


def test_every_address_has_its_place_in_a_table() -> None:
    assert sorted(routes()) == sorted([*THINGS, *OWN, *OPEN, *ACCOUNT])


@pytest.fixture
def ids(organization: Organization, owner: User) -> dict[str, int]:
    """Things of an organization that the visitor does not belong to, by route."""
    company = factories.company(organization, name=SECRET)
    connection = factories.connection(organization, authorized_by=factories.user(name=SECRET))
    now = timezone.now()
    transport = Transport.objects.create(
        company=company,
        uit="1A2B3C4D5E6F7H88",
        declarant_name=SECRET,
        transport_date=now.date(),
        first_expired_day=now.date(),
        first_seen_at=now,
        last_seen_at=now,
        last_changed_at=now,
    )
    unreadable = UnreadableRecord.objects.create(
        company=company,
        digest="d",
        raw=SECRET,
        reason=SECRET,
        first_seen_at=now,
        last_seen_at=now,
    )
    notification = Notification.objects.create(
        user=owner, organization=organization, kind="authorization", title=SECRET, text=SECRET
    )
    return {
        "notificari/<int:pk>/": notification.pk,
        "integrari/<int:pk>/deconectare/": connection.pk,
        "transporturi/<int:pk>/": transport.pk,
        "transporturi/necitite/<int:pk>/": unreadable.pk,
        "firme/<int:pk>/": company.pk,
    }


def address(route: str, ids: dict[str, int]) -> str:
    path = route.replace("<int:pk>", str(ids.get(route, 0)))
    path = path.replace("(?P<key>[-:\\w]+)", "invented:key")
    path = re.sub(r"\(\?P<uidb36>.*?\)-\(\?P<key>.*?\)", "1-invented-key", path)
    return "/" + path.replace("^", "").replace("$", "")


def everything() -> list[Any]:
    """All that an outsider could change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (
            Organization,
            Company,
            Connection,
            Notification,
            Transport,
            UnreadableRecord,
        )
    ]


def ask(client: Client, method: str, path: str, organization: Organization) -> Any:
    form = {"organizatie": str(organization.pk), "firma": factories.CUI, "name": "Preluată"}
    data = {"data": form} if method in {"POST", "GET"} else {}
    return client.generic(method, path) if not data else getattr(client, method.lower())(path, form)


@pytest.mark.parametrize("route", [*THINGS, *OWN])
def test_the_anonymous_are_sent_to_sign_in(
    client: Client, organization: Organization, ids: dict[str, int], route: str
) -> None:
    before = everything()
    for method in METHODS:
        answer = ask(client, method, address(route, ids), organization)
        assert answer.status_code == 302, method
        assert answer["Location"].startswith("/cont/login/"), method
    assert everything() == before


@pytest.mark.parametrize("route", [*THINGS, *OWN])
def test_a_stranger_sees_and_changes_nothing_of_others(
    client: Client, organization: Organization, stranger: User, ids: dict[str, int], route: str
) -> None:
    client.force_login(stranger)
    before = everything()
    expected = (THINGS | OWN)[route]
    for method in METHODS:
        answer = ask(client, method, address(route, ids), organization)
        assert answer.status_code == expected.get(method, 405), method
        assert SECRET not in answer.content.decode(), method
    assert everything() == before


@pytest.mark.parametrize("route", [*THINGS, *OWN])
def test_somebody_without_an_organization_gets_nowhere(
    client: Client, organization: Organization, ids: dict[str, int], route: str
) -> None:
    client.force_login(factories.user())
    before = everything()
    for method in METHODS:
        answer = ask(client, method, address(route, ids), organization)
        harmless = 302 if route == "organizatie/" else 200 if route == "anaf/callback" else 404
        assert answer.status_code in {harmless, 405}, method
        assert SECRET not in answer.content.decode(), method
    assert everything() == before


@pytest.mark.parametrize("route", THINGS)
def test_ids_of_others_and_of_nothing_look_the_same(
    client: Client, stranger: User, ids: dict[str, int], route: str
) -> None:
    client.force_login(stranger)
    method = "post" if "GET" not in THINGS[route] else "get"
    pages = []
    for pk in (ids[route], 999_999_999, 10**30):
        answer = getattr(client, method)("/" + route.replace("<int:pk>", str(pk)))
        assert answer.status_code == 404
        pages.append(re.sub(r"csrf\S+|value=\S+|\d+", "", answer.content.decode()))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("route", ACCOUNT)
def test_the_pages_of_sign_in_give_nothing_away_and_never_fall(
    client: Client, organization: Organization, stranger: User, ids: dict[str, int], route: str
) -> None:
    path = address(route, ids)
    assert client.get(path).status_code == ACCOUNT[route]
    for method in METHODS:
        assert ask(client, method, path, organization).status_code < 500, method
    for method in METHODS:
        client.force_login(stranger)
        answer = ask(client, method, path, organization)
        assert answer.status_code < 500, method
        assert SECRET not in answer.content.decode(), method


def test_nobody_signs_up_from_the_web(client: Client, db: None) -> None:
    form = {
        "email": "nou@example.ro",
        "password1": "o parola buna 1",
        "password2": "o parola buna 1",
    }
    client.post("/cont/signup/", form)
    assert not User.objects.exists()


def test_health_is_open_and_says_nothing_more(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
