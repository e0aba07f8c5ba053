from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import today
from caraus.notifications.push_keys import save_subscription
from caraus.transports.models import Transport
from tests.mail import MailServer
from tests.notifications.push_service import PushService, Subscriber
from tests.notifications.test_cards import uit_of_day
from tests.notifications.turns import named


@pytest.fixture
def smtp(settings: LazySettings) -> Iterator[MailServer]:
    """Run a real SMTP server, with the product's settings pointing at it."""
    with MailServer() as server:
        settings.MAILERS = server.mailers
        yield server


@pytest.fixture
def service(settings: LazySettings) -> Iterator[PushService]:
    with PushService() as service:
        settings.PUSH_SERVICES = [service.origin]
        yield service


@pytest.fixture
def phone(service: PushService, owner: User) -> Subscriber:
    """Subscribe the owner's browser."""
    phone = Subscriber(service)
    save_subscription(owner, phone.browser)
    return phone


@pytest.fixture
def ana(organization: Organization, owner: User) -> User:
    """Return a dispatcher who may be notified in turn."""
    return named(organization, "Ana")


@pytest.fixture
def dan(organization: Organization) -> User:
    """Return another dispatcher who may be notified in turn."""
    return named(organization, "Dan")


@pytest.fixture
def uit(company: Company) -> Transport:
    """Return a UIT that ends today."""
    return uit_of_day(company, today(), 1)


@pytest.fixture
def plain_page(
    live_server: LiveServer, browser: Browser, client: Client, owner: User, settings: LazySettings
) -> Iterator[Page]:
    """Return a page of the owner's browser, without JavaScript."""
    settings.PUBLIC_URL = live_server.url
    client.force_login(owner)
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="ro-RO"
    )
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()
