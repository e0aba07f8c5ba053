"""„Starea aplicației”: what it says of the installation, and the trial e-mail."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.utils import timezone

from caraus import __version__
from caraus.accounts.models import Organization, Role, User
from caraus.mail.models import OutgoingEmail
from caraus.sync.limiter import permits
from caraus.sync.models import RateLimiter, SyncState
from tests import factories
from tests.mail import MailServer, delivered
from tests.web.addresses import body_text

PAGE = "/organizatie/starea-aplicatiei/"
SEND = "/organizatie/starea-aplicatiei/e-mail-de-proba/"
FOREIGN = "Transporturi Străine SRL"


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def server(settings: LazySettings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.MAILERS = server.mailers
        yield server


def page_text(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return " ".join(body_text(response).split())


def states(client: Client) -> list[str]:
    """Return the words of the states: database, worker, ANAF, e-mail."""
    pills = re.findall(r'<span class="pill [^>]*>(.*?)</span>', page_text(client))
    return [re.sub("<[^>]*>", "", pill).strip() for pill in pills]


def heartbeat(age: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)",
            [age],
        )


def test_it_says_version_database_and_worker(signed_in: Client) -> None:
    heartbeat("3 hours")
    text = page_text(signed_in)
    assert f"Cărăuș {__version__}" in text
    assert re.search(r"PostgreSQL \d+\.\d+, \d+ MB pe disc", text)
    assert "Ultima oară au mers" in text
    assert states(signed_in)[:2] == ["răspunde", "oprite"]
    heartbeat("5 seconds")
    assert states(signed_in)[:2] == ["răspunde", "pornite"]


def test_it_says_that_a_worker_never_ran(signed_in: Client) -> None:
    assert "Nu au pornit niciodată." in page_text(signed_in)


def test_it_says_how_many_jobs_are_late(signed_in: Client) -> None:
    heartbeat("5 seconds")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)"
            " VALUES ('default', 'x', '{}', now() - interval '20 minutes')"
        )
    assert "Așteaptă de peste 15 minute: 1 lucrare." in page_text(signed_in)
    assert states(signed_in)[1] == "în întârziere"


def test_it_says_what_anaf_does(signed_in: Client, organization: Organization) -> None:
    assert "Încă niciun răspuns bun." in page_text(signed_in)
    assert states(signed_in)[2] == "necunoscut"
    permits.acquire_permit()
    RateLimiter.objects.update(open_since=timezone.now() - timedelta(minutes=7))
    assert states(signed_in)[2] == "nu răspunde"
    later = timezone.now() + timedelta(minutes=7)
    RateLimiter.objects.update(open_since=None, paused_until=later)
    assert "A cerut o pauză; continuăm automat" in page_text(signed_in)
    RateLimiter.objects.update(paused_until=timezone.now() - timedelta(minutes=7))
    company = factories.company(organization)
    SyncState.objects.update_or_create(company=company, defaults={"last_good_at": timezone.now()})
    assert states(signed_in)[2] == "răspunde"


def test_without_a_mail_server_it_says_so_and_sends_nothing(signed_in: Client) -> None:
    assert states(signed_in)[3] == "neconfigurat"
    assert "Trimite un e-mail de probă" not in page_text(signed_in)
    assert "E-mailul nu este configurat" in body_text(signed_in.post(SEND, follow=True))
    assert not OutgoingEmail.objects.exists()


def test_the_trial_email_goes_to_who_presses(
    signed_in: Client, owner: User, server: MailServer
) -> None:
    assert "Trimite un e-mail de probă" in page_text(signed_in)
    assert owner.email in body_text(signed_in.post(SEND, {"email": "x@example.ro"}, follow=True))
    delivered()
    (message,) = server.messages
    assert (message["To"], message["Subject"]) == (owner.email, "E-mail de probă de la Cărăuș")
    assert "nu a plecat" not in page_text(signed_in)


def test_a_refused_trial_email_says_why_until_the_next_one(
    signed_in: Client, server: MailServer
) -> None:
    server.refuse_recipients("550 no such mailbox")
    signed_in.post(SEND)
    delivered()
    text = page_text(signed_in)
    assert "E-mailul tău de probă nu a plecat." in text
    assert "nu primește mesaje pentru adresa ta" in text
    assert "no such mailbox" not in text
    server.accept()
    signed_in.post(SEND)
    delivered()
    assert "nu a plecat" not in page_text(signed_in)


def test_failures_of_the_server_are_shown_and_those_of_a_recipient_are_not(
    signed_in: Client, server: MailServer
) -> None:
    def add(error_code: str) -> None:
        OutgoingEmail.objects.create(recipient=FOREIGN, sealed="", error_code=error_code)

    add("recipient")
    assert states(signed_in)[3] == "configurat"
    assert "Ultimul e-mail" not in page_text(signed_in)
    add("authentication")
    assert states(signed_in)[3] == "nu pleacă"
    text = page_text(signed_in)
    assert "nu acceptă utilizatorul sau parola" in text
    assert "încercăm din nou automat" in text
    OutgoingEmail.objects.update(gave_up_at=timezone.now())
    assert states(signed_in)[3] == "configurat"
    assert "Ultimul e-mail la care am renunțat" in page_text(signed_in)


def test_it_shows_nothing_secret_and_nothing_of_others(
    signed_in: Client, server: MailServer, settings: LazySettings
) -> None:
    foreign = factories.organization(FOREIGN)
    factories.company(foreign, name=FOREIGN)
    OutgoingEmail.objects.create(recipient="strain@example.ro", sealed="", error_code="timeout")
    html = signed_in.get(PAGE).content.decode()
    for word in (
        *(FOREIGN, "strain@example.ro", settings.SECRET_KEY, settings.ANAF_CLIENT_SECRET),
        *(str(server.port), *settings.TOKEN_KEYS, settings.DATABASES["default"]["NAME"]),
    ):
        assert not word or word not in html


def test_the_trial_email_is_rate_limited(
    signed_in: Client, server: MailServer, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"trial_email": "2/h/user"}
    assert [signed_in.post(SEND).status_code for _ in range(3)] == [302, 302, 429]


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.DISPATCHER, 403)])
def test_administrators_find_it_in_the_menu_and_at_the_foot(
    client: Client, organization: Organization, role: Role, status: int
) -> None:
    client.force_login(factories.member(organization, role))
    assert client.get(PAGE).status_code == status
    home = client.get("/cont/date/").content.decode()
    assert home.count(PAGE) == (2 if status == 200 else 0)
