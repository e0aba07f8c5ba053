"""The browsers that a person takes push messages in: which addresses are taken, whose they are."""

import re
from dataclasses import asdict

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client

from caraus.accounts.models import Company, Organization, User
from caraus.commands.keys import rotate_keys
from caraus.notifications.models import (
    PushKey,
    PushSubscription,
)
from caraus.notifications.push_keys import (
    MAX_SUBSCRIPTIONS,
    Browser,
    is_push_service,
    open_subscription,
    save_subscription,
    vapid_public_key,
)
from caraus.transports.notification_kinds import DELISTED_UIT
from tests import factories
from tests.notifications.push_service import PushService, Subscriber
from tests.notifications.uit_notices import make_notices, notify_uits
from tests.worker import Worker

UIT = re.compile(r"[0-9A-Z]{4} ?[0-9A-Z]{4} ?[0-9A-Z]{4} ?[0-9A-Z]{4}")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://postgres/x",
        "https://fcm.googleapis.com.example.ro/x",
        "https://example.ro/fcm.googleapis.com",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://fcm.googleapis.com\\@127.0.0.1/x",
        "https://fcm.googleapis.com:22/x",
        "https://evilpush.apple.com/x",
        "https://push.apple.com.example.ro/x",
        "https://fcm.google\tapis.com/x",
        "https://[fcm.googleapis.com/x",
        "",
        "https://fcm.googleapis.com/" + "x" * 2000,
    ],
)
def test_no_address_but_a_push_services_is_taken(
    signed_in: Client, owner: User, endpoint: str
) -> None:
    with PushService() as service:
        fields = asdict(Subscriber(service).browser) | {"endpoint": endpoint}
    assert not is_push_service(endpoint)
    response = signed_in.post("/notificari/dispozitiv/", fields)
    assert response.status_code == 400
    assert "serviciu de notificări" in response.content.decode()
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc%3d",
        "https://web.push.apple.com/abc",
    ],
)
def test_the_push_services_of_the_common_browsers_are_taken(endpoint: str) -> None:
    assert is_push_service(endpoint)


@pytest.mark.parametrize(("field", "text"), [("p256dh", "AAAA"), ("auth", "AAAA"), ("auth", "")])
def test_keys_with_which_nothing_can_be_encrypted_are_refused(
    signed_in: Client, owner: User, service: PushService, field: str, text: str
) -> None:
    fields = asdict(Subscriber(service).browser) | {field: text}
    assert signed_in.post("/notificari/dispozitiv/", fields).status_code == 400


def test_a_page_subscribes_asks_for_a_sample_and_stops(
    worker: Worker, signed_in: Client, service: PushService, owner: User
) -> None:
    phone = Subscriber(service)
    endpoint = {"endpoint": phone.browser.endpoint}
    assert signed_in.post("/notificari/dispozitiv/proba/", endpoint).status_code == 410
    for _ in range(2):  # a page says it anew at each visit
        fields = asdict(phone.browser)
        assert signed_in.post("/notificari/dispozitiv/", fields).status_code == 204
    (subscription,) = PushSubscription.objects.all()
    assert subscription.user == owner
    page = signed_in.get("/notificari/preferinte/").content.decode()
    assert f'data-key="{vapid_public_key()}"' in page
    assert phone.browser.endpoint not in page
    assert signed_in.post("/notificari/dispozitiv/proba/", endpoint).status_code == 204
    worker.drain()
    (message,) = phone.messages()
    assert message["title"] == "Notificare de probă"
    assert signed_in.post("/notificari/dispozitiv/oprire/", endpoint).status_code == 204
    assert not PushSubscription.objects.exists()


def test_a_browser_is_the_person_s_who_used_it_last_and_nobody_else_stops_it(
    signed_in: Client, client: Client, phone: Subscriber, organization: Organization, owner: User
) -> None:
    other = factories.member(organization, "dispatcher")
    theirs = Client()
    theirs.force_login(other)
    endpoint = {"endpoint": phone.browser.endpoint}
    theirs.post("/notificari/dispozitiv/oprire/", endpoint)
    assert PushSubscription.objects.get().user == owner
    assert theirs.post("/notificari/dispozitiv/proba/", endpoint).status_code == 410
    theirs.post("/notificari/dispozitiv/", asdict(phone.browser))
    assert PushSubscription.objects.get().user == other


def test_the_oldest_of_too_many_browsers_gives_way(owner: User, service: PushService) -> None:
    for number in range(MAX_SUBSCRIPTIONS + 1):
        save_subscription(owner, Subscriber(service, str(number)).browser)
    rows = [open_subscription(row) for row in PushSubscription.objects.all()]
    assert len(rows) == MAX_SUBSCRIPTIONS
    assert not any(browser.endpoint.endswith("/0") for browser in rows)


def test_addresses_and_keys_lie_sealed_and_stay_out_of_the_log(
    worker: Worker,
    phone: Subscriber,
    company: Company,
    owner: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    phone.service.status = 503
    notify_uits(DELISTED_UIT, make_notices(company, "1"))
    worker.drain()
    browser = phone.browser
    stored = str([*PushSubscription.objects.values(), *PushKey.objects.values()])
    for secret in (browser.endpoint, browser.p256dh, browser.auth, "PRIVATE KEY"):
        assert secret not in stored
        assert secret not in caplog.text
    assert "push_not_sent" in caplog.text


def test_new_keys_seal_what_web_push_keeps(
    phone: Subscriber, settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    public, old = vapid_public_key(), list(settings.TOKEN_KEYS)
    settings.TOKEN_KEYS = [Fernet.generate_key().decode(), *old]
    assert rotate_keys() == 0
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]
    assert vapid_public_key() == public
    assert open_subscription(PushSubscription.objects.get()) == phone.browser
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert rotate_keys() == 0
    assert "2 key(s) of web push can't be opened" in capsys.readouterr().out


def test_without_the_key_the_preferences_go_on_without_push(signed_in: Client, owner: User) -> None:
    vapid_public_key()
    PushKey.objects.update(sealed=Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    response = signed_in.get("/notificari/preferinte/")
    assert response.status_code == 200
    assert "data-push" not in response.content.decode()


def test_the_choice_of_push_is_kept(signed_in: Client, organization: Organization) -> None:
    page = signed_in.get("/notificari/preferinte/").content.decode()
    assert 'name="uit_last_hours-push"' in page
    assert 'name="uit_new-push"' not in page
    form = {"digest_hour": "7", "first_hours": "33", "day_hours": "16", "last_hours": "8"}
    form |= {"authorization-email": "on", "filing-email": "on", "owners-email": "on"}
    form |= {"uit_expired-push": "on", "uit_new-push": "on"}
    assert signed_in.post("/notificari/preferinte/", form).status_code == 302
    chosen = dict(organization.channelpreference_set.values_list("kind", "push"))
    assert chosen["uit_expired"] is True
    assert chosen["uit_last_hours"] is False
    assert chosen["uit_new"] is False


def test_the_script_that_shows_messages_stands_at_the_root(client: Client) -> None:
    response = client.get("/notificari.js")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/javascript")
    assert "showNotification" in response.content.decode()
    assert Browser("https://fcm.googleapis.com/x", "", "").origin == "https://fcm.googleapis.com"
