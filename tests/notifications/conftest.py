from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from tests.mail import MailServer


@pytest.fixture
def smtp(settings: LazySettings) -> Iterator[MailServer]:
    """Run a real SMTP server, with the product's settings pointing at it."""
    with MailServer() as server:
        settings.MAILERS = server.mailers
        yield server
