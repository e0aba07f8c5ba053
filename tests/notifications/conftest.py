from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from caraus.accounts.models import User
from caraus.notifications.push_keys import save_subscription
from tests.mail import MailServer
from tests.notifications.push_service import PushService, Subscriber


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
