"""The bell, the list, reading, and preferences: each person's own."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains

from caraus.accounts.models import Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.notifications.models import ChannelPreference, Notification, NotificationEmail
from caraus.notifications.notify import notify
from tests import factories
from tests.notifications.plain import plain, plain_facts
from tests.squeezed import squeezed


def notify_user(
    organization: Organization, user: User, key: str = "fact", title: str = "Titlul"
) -> int:
    (notification,) = notify(
        organization=organization,
        users=[user],
        kind=AUTHORIZATION_NEEDED,
        key=key,
        message=plain,
        facts=plain_facts(title, "Întâi.\n\nApoi.", "Autorizează din nou"),
        address="/integrari/#autorizeaza",
    )
    return notification.pk


def test_the_bell_stands_on_every_page_and_counts_what_is_unread(
    signed_in: Client, organization: Organization, owner: User
) -> None:
    assert "bell-count" not in signed_in.get("/firme/").content.decode()
    for key in ("one", "two"):
        notify_user(organization, owner, key)
    for page in ("/firme/", "/notificari/clopotel/"):
        assertContains(
            signed_in.get(page), '<span class="bell-count" aria-hidden="true">2</span>', html=True
        )
    assert "Notificări: 2 necitite" in signed_in.get("/notificari/clopotel/").content.decode()


def test_opening_one_reads_it_shows_it_whole_and_leads_on(
    signed_in: Client, organization: Organization, owner: User
) -> None:
    pk = notify_user(organization, owner)
    page = signed_in.get("/notificari/").content.decode()
    assert "Titlul" in page
    assert "Întâi." in page
    assert f'href="/notificari/{pk}/"' in page
    page = squeezed(signed_in.get(f"/notificari/{pk}/").content.decode())
    assert "<p>Apoi.</p>" in page
    assert 'href="/integrari/#autorizeaza">Autorizează din nou</a>' in page
    response = signed_in.post(f"/notificari/{pk}/")
    assert response["Location"] == "/integrari/#autorizeaza"
    assert Notification.objects.get().read_at
    assert "Ești la zi" in signed_in.get("/notificari/").content.decode()


def test_one_may_be_marked_as_read_and_so_may_all(
    signed_in: Client, organization: Organization, owner: User
) -> None:
    first = notify_user(organization, owner, "one")
    notify_user(organization, owner, "two")
    notify_user(organization, owner, "three")
    signed_in.post(f"/notificari/{first}/", {"ramai": "1"})
    assert Notification.objects.filter(read_at=None).count() == 2
    signed_in.post("/notificari/citite/")
    assert not Notification.objects.filter(read_at=None).exists()


def test_a_colleagues_notifications_are_nobody_elses(
    signed_in: Client, organization: Organization
) -> None:
    colleague = factories.member(organization, "owner")
    pk = notify_user(organization, colleague, title="Numai pentru coleg")
    assert "Numai pentru coleg" not in signed_in.get("/notificari/").content.decode()
    assert signed_in.post(f"/notificari/{pk}/").status_code == 404
    signed_in.post("/notificari/citite/")
    assert Notification.objects.get().read_at is None


@pytest.mark.parametrize("address", ["//elsewhere.ro", "https://elsewhere.ro", "/\\elsewhere.ro"])
def test_nobody_is_led_to_another_site(
    signed_in: Client, organization: Organization, owner: User, address: str
) -> None:
    pk = notify_user(organization, owner)
    Notification.objects.update(address=address)
    assert signed_in.post(f"/notificari/{pk}/")["Location"] == "/notificari/"
    assert "elsewhere" not in signed_in.get(f"/notificari/{pk}/").content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
    ],
)
def test_a_link_of_another_site_and_what_is_loaded_ahead_mark_nothing(
    signed_in: Client, organization: Organization, owner: User, name: str, value: str
) -> None:
    pk = notify_user(organization, owner)
    page = squeezed(signed_in.get(f"/notificari/{pk}/", headers={name: value}).content.decode())
    assert Notification.objects.get().read_at is None
    assert "<p>Apoi.</p>" in page
    assert '<form class="buttons" method="post">' in page
    assert signed_in.post(f"/notificari/{pk}/")["Location"] == "/integrari/#autorizeaza"
    assert Notification.objects.get().read_at


def test_preferences_are_kept_and_the_last_reader_is_notified_why_not(
    signed_in: Client, organization: Organization
) -> None:
    hours = {"digest_hour": "7", "first_hours": "33", "day_hours": "16", "last_hours": "8"}
    form = {"external_link-clopotel": "on", "owners-email": "on", "filing-email": "on"} | hours
    response = signed_in.post("/notificari/preferinte/", form, follow=True)
    assert "Ești singura persoană" in response.content.decode()
    stored = dict(ChannelPreference.objects.values_list("kind", "email"))
    assert stored["external_link"] is False
    assert "authorization" not in stored
    form["authorization-email"] = "on"
    response = signed_in.post("/notificari/preferinte/", form, follow=True)
    assert response.content.decode().count("Preferințele au fost salvate.") == 1


def test_nobody_is_offered_what_is_not_meant_for_the_role(
    client: Client, organization: Organization
) -> None:
    client.force_login(factories.member(organization, "viewer"))
    page = client.get("/notificari/preferinte/").content.decode()
    assert 'name="uit_new-email"' in page
    assert 'name="outage-email"' in page
    assert 'name="limits-email"' not in page
    assert 'name="authorization-email"' not in page
    hours = {"digest_hour": "7", "first_hours": "33", "day_hours": "16", "last_hours": "8"}
    response = client.post("/notificari/preferinte/", hours, follow=True)
    assert "Preferințele au fost salvate." in response.content.decode()
    assert not ChannelPreference.objects.filter(kind="authorization").exists()


@pytest.mark.parametrize(
    ("role", "is_visible"), [("owner", True), ("admin", True), ("viewer", False)]
)
def test_administrators_see_that_the_mail_server_fails(
    client: Client, organization: Organization, role: str, is_visible: bool
) -> None:
    pk = notify_user(organization, factories.member(organization, "owner"))
    NotificationEmail.objects.filter(pk=pk).update(error_code="authentication", attempts=3)
    client.force_login(factories.member(organization, role))
    page = client.get("/notificari/").content.decode()
    assert ("nu acceptă utilizatorul sau parola" in page) == is_visible


def test_the_list_has_pages(signed_in: Client, organization: Organization, owner: User) -> None:
    Notification.objects.bulk_create(
        Notification(
            user=owner,
            organization=organization,
            kind="authorization",
            key=str(number),
            message=plain.code,
            facts=plain_facts(f"Numărul {number}.", "x"),
            address="/",
            created_at=timezone.now(),
        )
        for number in range(35)
    )
    assert "Numărul 4." not in signed_in.get("/notificari/").content.decode()
    assert "Numărul 4." in signed_in.get("/notificari/?pagina=2").content.decode()
