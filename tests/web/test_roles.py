"""Inside one organization: what each role may not do, and what a member restricted to some
companies does not see. Every address and method has its least role here."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.access import ROLE_ORDER
from caraus.accounts.models import Company, Membership, Organization, Role, User
from caraus.transports.models import Transport
from tests import factories
from tests.web.addresses import (
    EVERY_ROLE,
    MINIMUM_ROLES,
    OBJECT_ROUTES,
    OWN_ROUTES,
    SECRET,
    address,
    body_text,
    isolated_client,
    methods_of,
    organization_rows,
    send_request,
)

# Only who wrote it, whatever the role: see tests/workspace/test_notes.py.
AUTHOR_ROUTES = {"transporturi/note/<int:pk>/", "transporturi/note/<int:pk>/stergere/"}
# What a member restricted to some companies does too: leaving; links for the own (see
# test_external).
OWN_ACTIONS = {
    ("POST", "organizatie/parasire/"),
    ("POST", "cont/stergere/"),
    ("POST", "integrari/linkuri/"),
}
REFUSALS = [
    (route, role)
    for route, methods in MINIMUM_ROLES.items()
    for role in ROLE_ORDER[1:]
    if any(ROLE_ORDER.index(role) > ROLE_ORDER.index(least) for least in methods.values())
]


def test_every_address_is_placed_by_role() -> None:
    assert {*OBJECT_ROUTES, *OWN_ROUTES} - EVERY_ROLE - AUTHOR_ROUTES - {*MINIMUM_ROLES} == set()
    assert all({*methods} <= {*methods_of(route)} for route, methods in MINIMUM_ROLES.items())


def clients_of_roles(organization: Organization, roles: Iterable[Role]) -> dict[Role, Client]:
    """Sign in a member of each role."""
    clients = {role: Client() for role in roles}
    for role, client in clients.items():
        client.force_login(factories.member(organization, role))
    return clients


def test_a_lower_role_is_refused_and_changes_nothing(
    organization: Organization, ids: dict[str, int], subtests: pytest.Subtests
) -> None:
    clients = clients_of_roles(organization, ROLE_ORDER[1:])
    before = organization_rows(organization)
    for route, role in REFUSALS:
        with subtests.test(f"{role}: {route}"), isolated_client(clients[role]) as visitor:
            for method in methods_of(route):
                response = send_request(visitor, method, address(route, ids), organization)
                least = MINIMUM_ROLES[route].get(method)
                if least and ROLE_ORDER.index(role) > ROLE_ORDER.index(least):
                    assert response.status_code == 403, method
                    assert SECRET not in body_text(response), method
                else:
                    assert response.status_code < 500, method
            assert organization_rows(organization) == before


def test_the_least_role_is_let_in(
    organization: Organization, ids: dict[str, int], subtests: pytest.Subtests
) -> None:
    clients = clients_of_roles(organization, ROLE_ORDER)
    for route, methods in MINIMUM_ROLES.items():
        path = address(route, ids)
        for method, least in methods.items():
            with (
                subtests.test(f"{method} {route}"),
                isolated_client(clients[Role(least)]) as visitor,
            ):
                response = getattr(visitor, method.lower())(
                    path, {"role": "viewer", "loc": "plate"}
                )
                assert response.status_code in {200, 302, 503}
                assert body_text(response) is not None  # a file is read to its end, and so closed


@pytest.fixture
def restricted_member(organization: Organization) -> User:
    """Return a client of the accountant: sees one firm only."""
    own = factories.company(organization, cui=factories.OTHER_CUI, name="Firma Clientului")
    someone = factories.member(organization, "dispatcher")
    membership = Membership.objects.get(user=someone)
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(own)
    return someone


def test_a_member_kept_to_one_company_sees_nothing_of_the_others(
    client: Client,
    organization: Organization,
    ids: dict[str, int],
    restricted_member: User,
    subtests: pytest.Subtests,
) -> None:
    client.force_login(restricted_member)
    before = organization_rows(organization)
    for route in [*OBJECT_ROUTES, *OWN_ROUTES]:
        with subtests.test(route), isolated_client(client) as visitor:
            for method in methods_of(route):
                if (method, route) in OWN_ACTIONS:
                    continue
                response = send_request(visitor, method, address(route, ids), organization)
                assert response.status_code in {200, 204, 302, 400, 403, 404, 405, 410, 503}, method
                if route in OBJECT_ROUTES and not route.startswith("notificari/"):
                    assert response.status_code in {403, 404, 405}, method
                assert SECRET not in body_text(response), method
            assert organization_rows(organization) == before


def test_the_own_company_is_seen(
    client: Client, organization: Organization, restricted_member: User
) -> None:
    company = Company.objects.get(cui=factories.OTHER_CUI)
    now = timezone.now()
    transport = Transport.objects.create(
        company=company,
        uit="1A2B3C4D5E6F7H88",
        transport_date=now.date(),
        first_expired_day=now.date() + timedelta(days=3),
        first_seen_at=now,
        last_seen_at=now,
        last_changed_at=now,
    )
    client.force_login(restricted_member)
    assert transport.uit in client.get("/transporturi/").content.decode()
    assert client.get(f"/transporturi/{transport.pk}/").status_code == 200
    assert "Firma Clientului" in client.get("/firme/").content.decode()


def test_syncing_asks_only_about_the_own_companies(
    client: Client, organization: Organization, ids: dict[str, int], restricted_member: User
) -> None:
    from caraus.sync.models import SyncState

    client.force_login(restricted_member)
    client.post("/transporturi/sincronizare/")
    own = Company.objects.get(cui=factories.OTHER_CUI)
    states = SyncState.objects.exclude(requested_at=None)
    assert set(states.values_list("company_id", flat=True)) == {own.pk}
