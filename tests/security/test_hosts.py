"""What a forged Host header can't do: no page, no e-mail, no redirect is made of it."""

import re
import subprocess
import sys

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from caraus.accounts.provision import provision_user
from tests.environment import URL
from tests.mail import delivered

EMAIL = "ana@example.ro"
PASSWORD = "o parolă destul de lungă"
FORGED = ["testserver:1337", "localhost:1337", "evil.ro", "evil.ro:8000", "127.0.0.1:8001"]


@pytest.fixture(autouse=True)
def _no_limits_left(db: None) -> None:
    cache.clear()


@pytest.fixture
def public(settings: LazySettings) -> LazySettings:
    settings.PUBLIC_URL = "https://caraus.example.ro"
    settings.PUBLIC_HTTPS = True
    settings.ALLOWED_HOSTS = ["caraus.example.ro"]
    return settings


@pytest.mark.parametrize("host", [*FORGED, "caraus.example.ro:1337", "localhost", "127.0.0.1"])
def test_another_name_or_port_is_refused(public: LazySettings, host: str) -> None:
    assert Client().get("/cont/login/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["caraus.example.ro", "caraus.example.ro:443"])
def test_the_public_name_is_served(public: LazySettings, host: str) -> None:
    assert Client().get("/cont/login/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "web:8000", "localhost", "[::1]:9"])
def test_machines_beside_the_server_may_ask_by_any_address(public: LazySettings, host: str) -> None:
    """Caddy's and Docker's health checks name the process, not the site."""
    assert Client().get("/healthz", headers={"host": host}).status_code == 200
    assert Client().get("/readyz", headers={"host": host}).status_code in {200, 503}


@pytest.mark.process
@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("https://caraus.example.ro", ["caraus.example.ro"]),
        ("http://127.0.0.1:8000", ["localhost", "127.0.0.1", "[::1]"]),
    ],
)
def test_loopback_names_are_served_on_this_machine_alone(url: str, names: list[str]) -> None:
    program = "from django.conf import settings; print(settings.ALLOWED_HOSTS)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "CARAUS_URL": url,
            "DATABASE_URL": URL,
            "CARAUS_SECRET_KEY": "for-tests",
            "CARAUS_TOKEN_KEYS": "for-tests",
            "DJANGO_SETTINGS_MODULE": "caraus.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(names)


def test_links_in_emails_are_made_of_the_public_address(settings: LazySettings) -> None:
    """Even where a proxy or a setting lets a forged Host through."""
    settings.PUBLIC_URL = "https://caraus.example.ro"
    settings.ALLOWED_HOSTS, settings.SIGNUP = ["*"], "open"
    provision_user(email=EMAIL, password=PASSWORD, name="Ana", organization_name="Trans")
    form = {"name": "Ion", "password1": PASSWORD, "password2": PASSWORD}
    forged = Client(headers={"host": "evil.ro"})
    forged.post("/cont/password/reset/", {"email": EMAIL})
    forged.post("/cont/password/reset/", {"email": "nimeni@example.ro"})
    forged.post("/cont/signup/", form | {"email": "ion@example.ro"})
    forged.post("/cont/signup/", form | {"email": EMAIL})
    emails = delivered()
    assert len(emails) == 4
    links = [link for email in emails for link in re.findall(r"\w+://\S+", str(email.body))]
    assert len(links) == 3
    assert all(link.startswith("https://caraus.example.ro/cont/") for link in links)
    assert not any("evil.ro" in str(email.message()) for email in emails)


@pytest.mark.parametrize(
    "target",
    [
        *("http://localhost/x", "http://127.0.0.1/x", "http://localhost:8000/x", "http://[::1]/x"),
        *("https://evil.ro/", "//evil.ro/x", "http://caraus.example.ro/x"),
    ],
)
def test_sign_in_leads_to_this_site_only(public: LazySettings, target: str) -> None:
    provision_user(email=EMAIL, password=PASSWORD, name="Ana", organization_name="Trans")
    client = Client(headers={"host": "caraus.example.ro"})
    form = {"login": EMAIL, "password": PASSWORD, "next": target}
    response = client.post("/cont/login/", form, secure=True)
    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("target", ["/flota/", "https://caraus.example.ro/flota/"])
def test_sign_in_leads_on_within_this_site(public: LazySettings, target: str) -> None:
    provision_user(email=EMAIL, password=PASSWORD, name="Ana", organization_name="Trans")
    client = Client(headers={"host": "caraus.example.ro"})
    form = {"login": EMAIL, "password": PASSWORD, "next": target}
    response = client.post("/cont/login/", form, secure=True)
    assert (response.status_code, response["Location"]) == (302, target)


def test_a_link_for_a_new_password_lives_a_day_and_says_so(settings: LazySettings) -> None:
    assert settings.PASSWORD_RESET_TIMEOUT == 24 * 3600
    provision_user(email=EMAIL, password=PASSWORD, name="Ana", organization_name="Trans")
    Client().post("/cont/password/reset/", {"email": EMAIL})
    (email,) = delivered()
    assert "24 de ore" in email.body
    link = re.search(r"/cont/password/reset/key/\S+", email.body)
    assert link
    settings.PASSWORD_RESET_TIMEOUT = -1  # a day later
    assert "nu mai este valabil" in Client().get(link[0], follow=True).content.decode()
