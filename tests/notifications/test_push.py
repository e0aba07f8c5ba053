"""Web push: what reaches a browser, over real HTTP, encrypted for it alone and signed."""

import re
from datetime import time, timedelta
from functools import partial

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.db import transaction
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.core.formatting import today
from caraus.fleet.notification_kinds import FLEET_ISSUE
from caraus.notifications import push_delivery
from caraus.notifications.kinds import registered_kinds
from caraus.notifications.models import (
    DeliverySettings,
    Notification,
    NotificationPush,
    PushKey,
    PushSubscription,
)
from caraus.notifications.notify import notify
from caraus.notifications.preferences import Channels, save_channels
from caraus.notifications.push_keys import (
    save_subscription,
    vapid_public_key,
)
from caraus.notifications.tasks import send_due
from caraus.transports.notification_kinds import DELISTED_UIT, LAST_HOURS_OF_UIT
from tests.authorize import at_once
from tests.notifications.plain import plain, plain_facts
from tests.notifications.push_service import PushService, Subscriber, claims_of
from tests.notifications.test_cards import alarm, uit_of_day
from tests.notifications.uit_notices import make_notices, notify_uits
from tests.worker import Worker

UIT = re.compile(r"[0-9A-Z]{4} ?[0-9A-Z]{4} ?[0-9A-Z]{4} ?[0-9A-Z]{4}")


def notify_of_authorization(organization: Organization, user: User, key: str = "fact") -> None:
    notify(
        organization=organization,
        users=[user],
        kind=AUTHORIZATION_NEEDED,
        key=key,
        message=plain,
        facts=plain_facts("Autorizarea trebuie refăcută", "De ce.\n\nAutorizează din nou."),
        address="/integrari/",
    )


def test_the_last_hours_reach_a_browser_with_plate_and_advice_and_without_the_code(
    worker: Worker, phone: Subscriber, company: Company, owner: User
) -> None:
    row = uit_of_day(company, today(), 1)
    alarm(today(), 16)
    worker.drain()
    (message,) = phone.messages()
    assert message["title"].startswith("KLM001 · expiră ")
    assert "cere din timp declarantului un UIT valabil" in message["body"]
    assert not UIT.search(message["title"] + message["body"])
    assert row.uit not in str(message)
    notification = Notification.objects.get(kind=LAST_HOURS_OF_UIT.code)
    assert message["path"] == f"/notificari/{notification.pk}/"
    assert message["lang"] == "ro"
    assert not NotificationPush.objects.exists()
    send_due.func(timestamp=0)
    worker.drain()
    assert len(phone.messages()) == 1


def test_what_is_sent_is_signed_for_the_push_service_alone_and_marked_urgent(
    worker: Worker, phone: Subscriber, organization: Organization, owner: User
) -> None:
    notify_of_authorization(organization, owner)
    worker.drain()
    (received,) = phone.service.received
    claims, key = claims_of(received, phone.service.origin)
    assert key == vapid_public_key()
    assert claims["sub"].startswith("mailto:")
    assert timedelta() < timedelta(seconds=claims["exp"] - timezone.now().timestamp())
    assert claims["exp"] - timezone.now().timestamp() <= 24 * 3600
    assert received.headers["Content-Encoding"] == "aes128gcm"
    assert received.headers["Urgency"] == "high"
    assert int(received.headers["TTL"]) > 0
    assert b"Autorizarea" not in received.body
    (message,) = phone.messages()
    assert (message["title"], message["body"]) == (
        "Autorizarea trebuie refăcută",
        "Autorizează din nou.",
    )


def test_uits_that_end_together_reach_each_browser_once(
    worker: Worker, phone: Subscriber, company: Company, owner: User
) -> None:
    tablet = Subscriber(phone.service, "two", secret=b"fedcba9876543210")
    save_subscription(owner, tablet.browser)
    for number in range(4):
        uit_of_day(company, today(), number)
    alarm(today(), 16)
    worker.drain()
    for browser in (phone, tablet):
        (message,) = browser.messages()
        assert message["title"].startswith("Tot ce expiră azi: 4 UIT-uri")
        assert message["body"] == "KLM000 · KLM001 · KLM002 · KLM003"


def test_only_kinds_with_push_are_pushed_and_only_to_whom_they_may(
    worker: Worker, phone: Subscriber, organization: Organization, company: Company, owner: User
) -> None:
    assert [kind.code for kind in registered_kinds() if kind.push] == [
        *("uit_delisted", "uit_last_hours", "uit_expired", "filing", "authorization")
    ]
    for kind in registered_kinds():
        assert not kind.push or kind.urgent or kind.essential
    notify_uits(FLEET_ISSUE, make_notices(company, "1"))
    everything = Channels(bell=True, email=True, digest=True, push=True)
    save_channels(user=owner, organization=organization, kind=FLEET_ISSUE, channels=everything)
    notify_uits(FLEET_ISSUE, make_notices(company, "2"))
    save_channels(
        user=owner, organization=organization, kind=DELISTED_UIT, channels=Channels(push=False)
    )
    notify_uits(DELISTED_UIT, make_notices(company, "3"))
    assert not NotificationPush.objects.exists()
    notify_uits(LAST_HOURS_OF_UIT, make_notices(company, "4"))
    assert NotificationPush.objects.count() == 1
    Notification.objects.update(read_at=timezone.now())  # opened meanwhile
    worker.drain()
    notify_uits(LAST_HOURS_OF_UIT, make_notices(company, "5"))
    Organization.objects.update(require_two_factors=True)
    worker.drain()
    Organization.objects.update(require_two_factors=False)
    notify_uits(LAST_HOURS_OF_UIT, make_notices(company, "6"))
    owner.memberships.all().delete()
    worker.drain()
    assert phone.service.received == []
    assert not NotificationPush.objects.exists()


def test_a_push_message_does_not_wait_for_the_end_of_the_quiet_hours(
    worker: Worker, phone: Subscriber, organization: Organization, company: Company, owner: User
) -> None:
    DeliverySettings.objects.create(
        user=owner, organization=organization, quiet_from=time(0), quiet_until=time(23, 59, 59)
    )
    notify_uits(DELISTED_UIT, make_notices(company, "1"))
    worker.drain()
    assert len(phone.messages()) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_withdrew_is_forgotten(
    worker: Worker, phone: Subscriber, company: Company, owner: User, status: int
) -> None:
    phone.service.status = status
    notify_uits(DELISTED_UIT, make_notices(company, "1"))
    worker.drain()
    assert len(phone.service.received) == 1
    assert not PushSubscription.objects.exists()
    assert not NotificationPush.objects.exists()


def test_a_worker_with_other_keys_deletes_no_browser_and_is_followed_by_one_with_the_right(
    phone: Subscriber, company: Company, owner: User, settings: LazySettings
) -> None:
    vapid_public_key()
    notify_uits(DELISTED_UIT, make_notices(company, "1"))
    (pk,) = push_delivery.due_pushes()
    keys, now = list(settings.TOKEN_KEYS), timezone.now()
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert not push_delivery.send_push(pk, now=now)
    assert not push_delivery.send_sample(PushSubscription.objects.get().pk)
    settings.TOKEN_KEYS = keys
    sealed = PushKey.objects.get().sealed
    PushKey.objects.update(sealed=Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    now = NotificationPush.objects.get().next_attempt_at
    assert not push_delivery.send_push(pk, now=now)
    assert phone.service.received == []
    PushKey.objects.update(sealed=sealed)
    assert push_delivery.send_push(pk, now=NotificationPush.objects.get().next_attempt_at)
    assert len(phone.messages()) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_push_service_that_fails_is_tried_again_and_given_up_in_the_end(
    phone: Subscriber, company: Company, owner: User, status: int
) -> None:
    phone.service.status = status
    notify_uits(DELISTED_UIT, make_notices(company, "1"))
    now, tries = timezone.now(), 0
    while due := push_delivery.due_pushes(now):
        assert not push_delivery.send_push(due[0], now=now)
        tries += 1
        assert tries < 50
        push = NotificationPush.objects.first()
        now = push.next_attempt_at if push else now + timedelta(days=1)
    assert len(phone.service.received) == tries - 1 > 3  # given up, it was not sent again
    assert PushSubscription.objects.exists()
    phone.service.status = 201
    notify_uits(DELISTED_UIT, make_notices(company, "2"), now=now)
    (due,) = [push_delivery.due_pushes(now)]
    assert push_delivery.send_push(due[0], now=now)


@pytest.mark.parametrize("status", [400, 413])
def test_what_a_push_service_refuses_is_not_sent_again(
    worker: Worker, phone: Subscriber, company: Company, owner: User, status: int
) -> None:
    phone.service.status = status
    notify_uits(DELISTED_UIT, make_notices(company, "1"))
    worker.drain()
    assert not NotificationPush.objects.exists()
    assert PushSubscription.objects.exists()


def test_no_redirect_is_followed(
    worker: Worker, phone: Subscriber, company: Company, owner: User
) -> None:
    with PushService() as elsewhere:
        phone.service.status, phone.service.location = 307, f"{elsewhere.origin}/inside"
        notify_uits(DELISTED_UIT, make_notices(company, "1"))
        worker.drain()
        assert len(phone.service.received) == 1
        assert elsewhere.received == []


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_reach_a_browser_once(
    phone: Subscriber, company: Company, owner: User
) -> None:
    notify_uits(DELISTED_UIT, make_notices(company, "1"))
    (pk,) = push_delivery.due_pushes()
    results = at_once(*[lambda: push_delivery.send_push(pk)] * 3)
    assert sorted(map(str, results)) == ["False", "False", "True"]
    assert len(phone.messages()) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_reach_a_browser_once_for_all_that_is_one_card(
    phone: Subscriber, company: Company, owner: User
) -> None:
    for number in range(4):
        uit_of_day(company, today(), number)
    alarm(today(), 16)
    due = push_delivery.due_pushes()
    assert len(due) == 4
    results = at_once(*[partial(push_delivery.send_push, pk) for pk in due])
    assert sorted(map(str, results)) == ["False", "False", "False", "True"]
    (message,) = phone.messages()
    assert message["title"].startswith("Tot ce expiră azi: 4 UIT-uri")


@pytest.mark.django_db(transaction=True)
def test_a_browser_that_withdraws_meanwhile_undoes_no_notification(
    phone: Subscriber, company: Company, owner: User
) -> None:
    with transaction.atomic():
        notify_uits(DELISTED_UIT, make_notices(company, "1"))
        (gone,) = at_once(lambda: PushSubscription.objects.all().delete())
        assert not isinstance(gone, BaseException)
    assert Notification.objects.count() == 1
    (pk,) = push_delivery.due_pushes()
    assert not push_delivery.send_push(pk)
    assert push_delivery.due_pushes(timezone.now() + timedelta(hours=7)) == []
    assert not NotificationPush.objects.exists()
    assert phone.service.received == []
