"""Web push in Chromium: what the page says of the browser's permission, and the script that shows
messages. (No push service is reached from here: `test_push.py` has one of its own, and what it
would deliver is handed to the browser by its debugging protocol.)"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import User
from tests.e2e import chromium
from tests.web import page_checks

type InPage = Callable[..., AbstractContextManager[Page]]

SHOWN = """async () => {
    const registration = await navigator.serviceWorker.ready;
    const shown = await registration.getNotifications();
    return shown.map(one => [one.title, one.body, one.tag, one.data.path, one.requireInteraction]);
}"""
# In the script's own world: `next` is kept when the browser has shown a notification.
NOTE_SHOWN = """() => {
    const show = ServiceWorkerRegistration.prototype.showNotification;
    ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
        const done = show.call(this, title, options);
        const { body, tag, data, requireInteraction } = options;
        const row = [title, body, tag, data.path, requireInteraction];
        done.then(() => self.next.resolve(row), self.next.reject);
        return done;
    };
}"""
NEXT_SHOWN = """() => Promise.race([
    self.next.promise,
    new Promise((_, reject) => setTimeout(reject, 20_000, "no notification was shown")),
])"""


@pytest.fixture
def in_page(live_server: LiveServer, client: Client, owner: User, settings: LazySettings) -> InPage:
    """Return what opens a page of a browser, signed in, and closes it."""
    settings.PUBLIC_URL = live_server.url
    client.force_login(owner)
    session = client.cookies["sessionid"].value

    @contextmanager
    def opened(browser: Browser, **options: Any) -> Iterator[Page]:
        context = browser.new_context(base_url=live_server.url, locale="ro-RO", **options)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        yield context.new_page()
        context.close()

    return opened


@pytest.fixture
def page(browser: Browser, in_page: InPage) -> Iterator[Page]:
    with in_page(browser) as page:
        yield page


@pytest.fixture
def page_with_notifications(browser: Browser, in_page: InPage) -> Iterator[Page]:
    """Open a page of a Chromium that keeps the notifications which it was given."""
    path = chromium.find(browser.browser_type, whole=True)
    with (
        browser.browser_type.launch(executable_path=path, args=chromium.FLAGS) as whole,
        in_page(whole) as page,
    ):
        yield page


def open_preferences(page: Page, permission: str = "") -> None:
    """Open the preferences in a browser that has decided so; "": that has no push at all."""
    value = json.dumps({"value": permission})
    script = f"Object.defineProperty(Notification, 'permission', {value})"
    page.add_init_script(script if permission else "delete window.PushManager")
    page.goto("/notificari/preferinte/")


@pytest.mark.parametrize(
    ("permission", "sentence", "buttons"),
    [
        ("", "Acest browser nu poate primi notificări", []),
        ("denied", "Notificările acestui site sunt blocate în browser", []),
        ("default", "După ce apeși, browserul întreabă", ["Pornește notificările"]),
        # Allowed, but not subscribed.
        ("granted", "Sunt oprite", ["Pornește notificările"]),
    ],
)
def test_the_page_says_what_the_browser_allows(
    page: Page, permission: str, sentence: str, buttons: list[str]
) -> None:
    open_preferences(page, permission)
    section = page.get_by_role("region", name="Notificări pe acest dispozitiv")
    expect(section.get_by_text(sentence)).to_be_visible()
    shown = [button.inner_text().strip() for button in section.get_by_role("button").all()]
    assert shown == buttons
    assert page_checks.shifted(page) <= 0.01


def test_an_iphone_is_told_of_the_home_screen(browser: Browser, in_page: InPage) -> None:
    iphone = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
    )
    with in_page(browser, user_agent=iphone) as page:
        open_preferences(page)
        expect(page.get_by_text("„Adaugă pe ecranul principal”")).to_be_visible()
        expect(page.get_by_text("Acest browser nu poate primi")).to_be_hidden()


def test_without_javascript_the_page_says_so(plain_page: Page) -> None:
    plain_page.goto("/notificari/preferinte/")
    text = plain_page.get_by_text("Pentru asta e nevoie de JavaScript")
    expect(text).to_be_visible()


def test_a_message_is_shown_by_the_script_and_one_of_its_tag_replaces_it(
    page_with_notifications: Page, live_server: LiveServer
) -> None:
    page = page_with_notifications
    page.context.grant_permissions(["notifications"], origin=live_server.url)
    page.goto("/notificari/preferinte/")
    with page.context.expect_event("serviceworker") as started:
        page.evaluate("() => navigator.serviceWorker.register('/notificari.js').then(() => null)")
    worker = started.value
    protocol = page.context.new_cdp_session(page)
    registrations: list[str] = []

    def note(event: dict[str, Any]) -> None:
        registrations.extend(row["registrationId"] for row in event["registrations"])

    protocol.on("ServiceWorker.workerRegistrationUpdated", note)
    protocol.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    assert registrations
    worker.evaluate(NOTE_SHOWN)

    def deliver(title: str) -> list[object]:
        """Hand a message to the script; return the notification that the browser has shown."""
        message = {
            "title": title,
            "body": "Cere din timp un UIT valabil.",
            "path": "/notificari/1/",
            "tag": "card",
            "lang": "ro",
        }
        worker.evaluate("() => { self.next = Promise.withResolvers(); }")
        protocol.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": live_server.url,
                "registrationId": registrations[0],
                "data": json.dumps(message),
            },
        )
        shown: list[object] = worker.evaluate(NEXT_SHOWN)
        assert shown == [title, message["body"], "card", "/notificari/1/", True]
        return shown

    first = deliver("KLM621 · expiră luni")
    page.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    assert page.evaluate(SHOWN) == [first]
    second = deliver("KLM621 · expiră luni, la 24:00")
    # The browser swaps them by their tag, and may name none while it does: never both.
    assert page.evaluate(SHOWN) in ([second], [])
