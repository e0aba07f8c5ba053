"""Nobody makes the server write to others again and again: neither to one address nor to many."""

import time
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from caraus.accounts import rate_limits
from caraus.accounts.models import User
from caraus.accounts.provision import provision_user
from tests.mail import delivered

EMAIL = "ana@example.ro"
PASSWORD = "o parolă destul de lungă"


@pytest.fixture(autouse=True)
def _no_limits_left(db: None) -> None:
    cache.clear()


def again_and_again(act: Callable[[int], object], *, times: int, pause: int) -> int:
    """Act once in `pause` seconds, by allauth's clock; return how many e-mails came of it."""
    before, begin = len(delivered()), time.time()
    for number in range(times):
        with patch("time.time", return_value=begin + pause * number):
            act(number)
    return len(delivered()) - before


def test_one_address_gets_few_emails_for_a_new_password(client: Client) -> None:
    """Whether it has an account or not: the page does not say, the limit neither."""

    def request_post(_: int) -> None:
        client.post("/cont/password/reset/", {"email": EMAIL})

    assert again_and_again(request_post, times=15, pause=600) == 10


def test_one_visitor_writes_to_few_addresses(client: Client) -> None:
    def request_post(number: int) -> None:
        client.post("/cont/password/reset/", {"email": f"altul{number}@example.ro"})

    assert again_and_again(request_post, times=65, pause=4) == 60


@pytest.mark.parametrize("action", ["signup", "reset_password", "confirm_email", "manage_email"])
def test_what_sends_emails_is_limited_over_a_day(action: str, settings: LazySettings) -> None:
    rates = rate_limits.parse_rates(settings.ACCOUNT_RATE_LIMITS[action])
    assert any(rate.seconds >= 24 * 3600 and rate.most <= 200 for rate in rates)


def test_an_account_not_confirmed_asks_for_few_confirmations(
    client: Client, settings: LazySettings
) -> None:
    settings.SIGNUP = "open"
    form = {"name": "Ana", "email": EMAIL, "password1": PASSWORD, "password2": PASSWORD}
    client.post("/cont/signup/", form)
    assert User.objects.count() == 1

    def sign_in(_: int) -> None:
        Client().post("/cont/login/", {"login": EMAIL, "password": PASSWORD})

    assert 5 < again_and_again(sign_in, times=15, pause=200) <= 10


def test_a_person_has_few_addresses_confirmed_in_a_day(client: Client) -> None:
    provision_user(email=EMAIL, password=PASSWORD, name="Ana", organization_name="Trans")
    client.post("/cont/login/", {"login": EMAIL, "password": PASSWORD})
    client.post("/cont/reauthenticate/", {"password": PASSWORD})

    def add(number: int) -> None:
        form = {"email": f"altul{number}@example.ro", "action_add": "1"}
        client.post("/cont/email/", form)

    assert again_and_again(add, times=35, pause=10) == 30
