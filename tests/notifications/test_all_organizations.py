"""A person of several organizations: the bell counts, and the list shows, what is new in each."""

import pytest
from django.test import Client

from caraus.accounts.models import Membership, Organization, User
from caraus.notifications.models import Notification
from tests import factories
from tests.notifications.test_views import notify_user


@pytest.fixture
def other(owner: User) -> Organization:
    """Another organization of the owner's."""
    other = factories.organization("Zet Trans")
    Membership.objects.create(user=owner, organization=other, role="owner")
    return other


def bell_count(client: Client) -> int:
    text = client.get("/notificari/clopotel/").content.decode()
    return int(text.partition("bell-count")[2].partition(">")[2].partition("<")[0] or 0)


def test_the_bell_counts_and_the_list_shows_those_of_all(
    signed_in: Client, organization: Organization, other: Organization, owner: User
) -> None:
    here = notify_user(organization, owner, "here", title="Aici")
    there = notify_user(other, owner, "there", title="Acolo")
    assert bell_count(signed_in) == 2
    page = signed_in.get("/notificari/").content.decode()
    cards = {
        pk: page.partition(f"/notificari/{pk}/")[2].partition("</li")[0] for pk in (here, there)
    }
    assert "Zet Trans" in cards[there]
    assert organization.name not in cards[here]  # the head says it
    signed_in.post("/notificari/citite/")
    assert not Notification.objects.filter(read_at=None).exists()


def test_one_of_another_organization_opens_there(
    signed_in: Client, organization: Organization, other: Organization, owner: User
) -> None:
    pk = notify_user(other, owner)
    response = signed_in.post(f"/notificari/{pk}/")
    assert response["Location"] == f"/o/{other.slug}/integrari/#autorizeaza"
    assert signed_in.get(response["Location"]).context["organization"] == other


def test_each_organization_shows_what_the_membership_in_it_allows(
    signed_in: Client, organization: Organization, other: Organization, owner: User
) -> None:
    notify_user(other, owner, "there")
    notify_user(organization, owner, "here")
    membership = Membership.objects.get(user=owner, organization=other)
    membership.role = "viewer"  # that an authorization is needed is notified to dispatchers
    membership.save()
    assert bell_count(signed_in) == 1
    membership.delete()
    assert bell_count(signed_in) == 1


def test_what_demands_a_second_factor_stays_closed(
    signed_in: Client, organization: Organization, other: Organization, owner: User
) -> None:
    pk = notify_user(other, owner, title="Numai în doi pași")
    other.require_two_factors = True
    other.save()
    assert bell_count(signed_in) == 0
    assert "Numai în doi pași" not in signed_in.get("/notificari/").content.decode()
    assert signed_in.post(f"/notificari/{pk}/").status_code == 404
