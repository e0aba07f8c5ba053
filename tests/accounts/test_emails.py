"""Every e-mail of accounts: no act waits for it or fails with it; each can be read."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import LazySettings
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import translation

from caraus import web
from caraus.accounts.adapter import AccountAdapter
from caraus.accounts.models import Company, Invitation, Membership, Organization, User
from caraus.accounts.provision import provision_user
from caraus.mail.models import OutgoingEmail
from tests import factories
from tests.email_checks import faults
from tests.mail import MailServer, delivered
from tests.two_factors import totp_code

EMAIL = "ana@example.ro"
PASSWORD = "o parolă destul de lungă"
NEW = "cu totul alta parolă"
NAME = "Ana & Fiica <b>Pop</b>"
ORGANIZATION = "Trans & Fiii <i>SRL</i>"
TEMPLATES = Path(web.__file__).parent / "templates"


@pytest.fixture(autouse=True)
def _quick(db: None, settings: LazySettings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = False  # many acts in one walk
    settings.SIGNUP = "open"


@pytest.fixture
def refusing(settings: LazySettings) -> Iterator[MailServer]:
    """Run a mail server that takes nothing, while the worker tries and tries."""
    with MailServer() as server:
        settings.MAILERS = server.mailers
        server.refuse_recipients("451 later")
        yield server


def _ok(response: Any, status: int = 302) -> Any:
    assert response.status_code == status, response.content.decode()[:2000]
    return response


def send_all_emails(between: Callable[[], object]) -> User:
    """Do all that writes an e-mail, and look at each act's effect; `between` stands for the worker
    that meanwhile delivers, or tries to."""
    client = Client()
    form = {"name": NAME, "email": EMAIL, "password1": PASSWORD, "password2": PASSWORD}
    _ok(client.post("/cont/signup/", form))
    person = User.objects.get(email=EMAIL)
    between()
    _ok(Client().post("/cont/signup/", form))  # again: "you have an account"
    _ok(client.post("/cont/login/", {"login": EMAIL, "password": PASSWORD}))  # confirm first
    EmailAddress.objects.filter(user=person).update(verified=True)
    _ok(Client().post("/cont/password/reset/", {"email": EMAIL}))
    _ok(Client().post("/cont/password/reset/", {"email": "nimeni@example.ro"}))
    between()
    client = Client()
    _ok(client.post("/cont/login/", {"login": EMAIL, "password": PASSWORD}))
    passwords = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    _ok(client.post("/cont/password/change/", passwords))
    person.refresh_from_db()
    assert person.check_password(NEW)
    between()
    _ok(client.post("/cont/reauthenticate/", {"password": NEW}))
    added = _ok(client.post("/cont/email/", {"action_add": "", "email": "alta@example.ro"}))
    assert added["Location"] == "/cont/email/"
    assert EmailAddress.objects.filter(email="alta@example.ro").exists()
    _ok(client.post("/cont/email/", {"action_remove": "", "email": "alta@example.ro"}))
    assert not EmailAddress.objects.filter(email="alta@example.ro").exists()
    between()
    _second_factor(client, person)
    between()
    _ok(client.post("/organizatie/noua/", {"name": ORGANIZATION}))
    organization = Membership.objects.get(user=person).organization
    factories.company(organization, name="Firma & Fiii")
    _ok(client.post("/organizatie/membri/", {"email": "nou@example.ro", "role": "viewer"}))
    invitation = Invitation.objects.get()
    between()
    _ok(client.post(f"/organizatie/invitatii/{invitation.pk}/retrimitere/"))
    between()
    return person


def _second_factor(client: Client, person: User) -> None:
    page = client.get("/cont/2fa/totp/activate/")
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page.content.decode())
    assert secret
    done = client.post("/cont/2fa/totp/activate/", {"code": totp_code(secret[1])}, follow=True)
    # The person is shown the codes, or would be locked out of the own account.
    codes = Authenticator.objects.get(user=person, type="recovery_codes").wrap()
    assert codes.get_unused_codes()[0] in _ok(done, 200).content.decode()
    _ok(client.post("/cont/2fa/recovery-codes/generate/"))
    _ok(client.post("/cont/2fa/totp/deactivate/"))
    assert not Authenticator.objects.filter(user=person, type="totp").exists()


def test_no_act_fails_or_waits_because_an_email_does(refusing: MailServer) -> None:
    send_all_emails(delivered)
    assert refusing.messages == []
    waiting = OutgoingEmail.objects.filter(gave_up_at=None)
    assert waiting.count() >= 10
    assert set(waiting.values_list("error_code", flat=True)) <= {"", "recipient"}


def test_the_emails_of_all_acts_can_be_read_and_carry_no_strangers_words_in_subjects() -> None:
    send_all_emails(lambda: None)
    emails = [str(email.purpose) for email in OutgoingEmail.objects.all()]
    sent = delivered()
    assert len(sent) == len(emails) >= 10
    for outgoing in sent:
        assert not faults(outgoing.subject, outgoing.body), outgoing.body
        assert "Bună ziua" in outgoing.body
        for word in ("Ana", "Pop", "Fiii", "Trans", EMAIL):
            assert word not in outgoing.subject
    (invitation,) = {
        message.body
        for message in sent
        if "/invitatie/" in message.body and "invită" in message.body
    }
    assert f"{NAME} te invită în organizația {ORGANIZATION}" in invitation


TEMPLATE_NAMES = sorted(
    str(path.relative_to(TEMPLATES)).removesuffix("_message.txt")
    for folder in ("account/email", "mfa/email")
    for path in (TEMPLATES / folder).glob("*_message.txt")
    if not path.name.startswith("base_")
)


@pytest.mark.parametrize("language", ["ro", "en"])
@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_each_email_about_an_account_can_be_read(name: str, language: str) -> None:
    """Also those that no simple walk causes (a passkey, a password set)."""
    person = provision_user(email=EMAIL, password=PASSWORD, name=NAME)
    User.objects.filter(pk=person.pk).update(language=language)
    person.refresh_from_db()
    request = RequestFactory().get("/", headers={"user-agent": "Firefox & <b>Co</b>"})
    from allauth.core import context

    with context.request_context(request), translation.override(language):
        adapter = AccountAdapter()
        links = {
            "password_reset_url": "http://evil.ro/a?b=1&c=2",
            "activate_url": "http://evil.ro/a",
        }
        if "key" in name:
            links["key"] = "k"
        if "confirmation" in name:
            links.pop("password_reset_url")
        if "confirm_message" in name or name.endswith("email_confirm"):
            links = {}
        adapter.send_notification_mail(name, person, {"user": person, **links})
    (email,) = delivered()
    assert not faults(email.subject, email.body), email.body
    assert email.subject
    assert "evil.ro" not in email.body
    assert NAME not in email.subject
    assert ("Bună ziua" in email.body) == (language == "ro")


def test_the_proof_reader_sees_what_it_is_for() -> None:
    company, organization = Company(name="x"), Organization(name="x")
    for bad in (
        f"pentru: {[company]}",
        "Bună ziua, None",
        "{{ link }}",
        "Trans &amp; Fiii",
        "20 firme",
        "19 de firme",
        "%(name)s",
        f"{organization!r}",
    ):
        assert faults("Subiect", bad), bad
    assert faults("Subiect", "Text", "Trans &amp;amp; Fiii")
    assert not faults("Subiect", "20 de firme, 19 firme, 101 firme, o firmă, 100 de firme")
    assert not faults("Subiect", "A & B", "A &amp; B")
    assert mail.outbox == []
