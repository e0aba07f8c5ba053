"""A browser gets the messages of who is signed in there, and of nobody who has left it."""

from dataclasses import asdict

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from caraus.accounts.models import Organization, User
from caraus.notifications.models import PushSubscription
from caraus.notifications.push_browsers import COOKIE
from caraus.notifications.push_keys import open_subscription
from tests import factories
from tests.notifications.push_service import PushService, Subscriber

PASSWORD = "o parola destul de lunga 1"


def subscribe(client: Client, phone: Subscriber) -> None:
    assert client.post("/notificari/dispozitiv/", asdict(phone.browser)).status_code == 204


@pytest.fixture
def phone(service: PushService) -> Subscriber:
    return Subscriber(service)


def test_signing_out_forgets_this_browser_and_no_other(
    signed_in: Client, owner: User, service: PushService, phone: Subscriber
) -> None:
    other = Client()
    other.force_login(owner)
    subscribe(signed_in, phone)
    subscribe(other, Subscriber(service, "two"))
    cookie = signed_in.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert phone.browser.endpoint not in cookie.value
    signed_in.post("/cont/logout/")
    (left,) = PushSubscription.objects.all()
    assert open_subscription(left).endpoint.endswith("/two")


def test_a_browser_whose_session_has_ended_is_forgotten_when_another_signs_in(
    client: Client, organization: Organization, owner: User, phone: Subscriber
) -> None:
    client.force_login(owner)
    subscribe(client, phone)
    del client.cookies["sessionid"]
    client.force_login(owner)
    assert PushSubscription.objects.get().user == owner
    del client.cookies["sessionid"]
    colleague = factories.user("coleg@example.ro", password=PASSWORD)
    EmailAddress.objects.create(user=colleague, email=colleague.email, verified=True, primary=True)
    client.post("/cont/login/", {"login": colleague.email, "password": PASSWORD})
    assert not PushSubscription.objects.exists()


def test_ending_all_other_sessions_forgets_all_other_browsers(
    signed_in: Client, owner: User, stranger: User, service: PushService, phone: Subscriber
) -> None:
    clients = [Client(), Client()]
    for number, (client, user) in enumerate(zip(clients, (owner, stranger), strict=True)):
        client.force_login(user)
        subscribe(client, Subscriber(service, f"other{number}"))
    subscribe(signed_in, phone)
    signed_in.post("/cont/sessions/")
    endings = {open_subscription(row).endpoint[-6:] for row in PushSubscription.objects.all()}
    assert endings == {phone.browser.endpoint[-6:], "other1"}
    clients[1].post("/cont/sessions/")
    assert PushSubscription.objects.count() == 2


def test_the_page_goes_on_only_in_the_browser_of_the_person(
    signed_in: Client, client: Client, organization: Organization, owner: User, phone: Subscriber
) -> None:
    address = "/notificari/preferinte/"
    assert "data-known" not in signed_in.get(address).content.decode()
    subscribe(signed_in, phone)
    assert "data-known" in signed_in.get(address).content.decode()
    signed_in.post("/cont/logout/")
    client.force_login(factories.member(organization, "dispatcher"))
    assert "data-known" not in client.get(address).content.decode()


def test_turning_it_off_forgets_the_browser(signed_in: Client, phone: Subscriber) -> None:
    subscribe(signed_in, phone)
    signed_in.post("/notificari/dispozitiv/oprire/", {"endpoint": phone.browser.endpoint})
    assert signed_in.cookies[COOKIE].value == ""
    assert not PushSubscription.objects.exists()


def test_a_new_address_takes_the_place_of_the_old_also_without_a_session(
    service: PushService, signed_in: Client, owner: User, phone: Subscriber
) -> None:
    strict = Client(enforce_csrf_checks=True)
    fresh = Subscriber(service, "fresh")
    address = "/notificari-dispozitiv-nou/"
    assert strict.post(address, asdict(fresh.browser)).status_code == 410
    subscribe(signed_in, phone)
    strict.cookies[COOKIE] = signed_in.cookies[COOKIE].value
    for site in ("cross-site", "same-site", "none"):
        response = strict.post(address, asdict(fresh.browser), headers={"sec-fetch-site": site})
        assert response.status_code == 410
    wrong = asdict(fresh.browser) | {"endpoint": "https://example.ro/x"}
    assert strict.post(address, wrong).status_code == 400
    assert open_subscription(PushSubscription.objects.get()) == phone.browser
    headers = {"sec-fetch-site": "same-origin"}
    assert strict.post(address, asdict(fresh.browser), headers=headers).status_code == 204
    (row,) = PushSubscription.objects.all()
    assert (row.user, open_subscription(row)) == (owner, fresh.browser)
    assert strict.post(address, asdict(phone.browser), headers=headers).status_code == 204
    assert PushSubscription.objects.count() == 1


def test_a_cookie_that_was_changed_names_no_browser(
    signed_in: Client, service: PushService, phone: Subscriber
) -> None:
    subscribe(signed_in, phone)
    digest = PushSubscription.objects.get().endpoint_digest
    forger = Client()
    forger.cookies[COOKIE] = digest
    fields = asdict(Subscriber(service, "forged").browser)
    assert forger.post("/notificari-dispozitiv-nou/", fields).status_code == 410
    assert open_subscription(PushSubscription.objects.get()) == phone.browser
