"""In which language a person reads: chosen, remembered, and kept in what workers write."""

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.utils import translation

from caraus.accounts.models import Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.core.formatting import plural
from caraus.notifications.messages import Facts, Message, message_kind
from caraus.notifications.notify import notify
from tests import factories
from tests.worker import Worker


def language(client: Client, address: str = "/cont/login/", **headers: str) -> str:
    page = client.get(address, headers=headers)
    assert page["Content-Language"] in page.content.decode().partition(">")[2][:40]
    return str(page["Content-Language"])


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("", "ro"), ("de-DE", "ro"), ("en-US,ro;q=0.5", "en"), ("ro-MD,en;q=0.9", "ro"), ("x", "ro")],
)
def test_the_browser_decides_while_nobody_has_chosen(
    client: Client, accepted: str, expected: str
) -> None:
    assert language(client, **{"Accept-Language": accepted}) == expected


def test_a_choice_before_signing_in_is_kept_in_a_cookie_and_taken_along(
    client: Client, owner: User
) -> None:
    response = client.post("/limba/", {"language": "en", "next": "/cont/login/?next=/firme/"})
    assert response["Location"] == "/cont/login/?next=/firme/"
    assert language(client, **{"Accept-Language": "ro"}) == "en"
    owner.set_password("o parolă bună")
    owner.save()
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    form = {"login": owner.email, "password": "o parolă bună"}
    assert client.post("/cont/login/", form).status_code == 302
    owner.refresh_from_db()
    assert owner.language == "en"


def test_a_choice_in_the_account_goes_before_every_browser(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert language(client, "/cont/date/") == "ro"
    client.post("/limba/", {"language": "en", "next": "/cont/date/"})
    elsewhere = Client()
    elsewhere.force_login(owner)
    assert language(elsewhere, "/cont/date/", **{"Accept-Language": "ro"}) == "en"
    assert translation.get_language() == "ro"


@pytest.mark.parametrize("wanted", ["", "xx", "../en", "\0"])
def test_no_other_language_is_kept(client: Client, owner: User, wanted: str) -> None:
    client.force_login(owner)
    assert client.post("/limba/", {"language": wanted}).status_code == 302
    owner.refresh_from_db()
    assert owner.language == ""
    assert language(client, "/cont/date/") == "ro"


def test_a_choice_leads_nowhere_else(client: Client) -> None:
    for next_url in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        response = client.post("/limba/", {"language": "en", "next": next_url})
        assert response["Location"] == "/"


@message_kind("twenty_transports")
def twenty_transports(facts: Facts) -> Message:
    return Message(f"UIT: {plural(facts['number'], 'transport', 'transporturi')}", "Text")


def test_a_worker_writes_to_each_reader_in_the_readers_language(
    worker: Worker, organization: Organization, settings: LazySettings
) -> None:
    readers = {}
    for each in ("", "ro", "en"):
        person = factories.member(organization, "owner", name=f"Om {each}")
        User.objects.filter(pk=person.pk).update(language=each)
        person.refresh_from_db()
        readers[person.email] = each
    with translation.override("en"):  # whoever caused it
        notifications = notify(
            organization=organization,
            users=User.objects.all(),
            kind=AUTHORIZATION_NEEDED,
            key="fact",
            message=twenty_transports,
            facts={"number": 20},
            address="/",
        )
    worker.drain()
    emails = {message.to[0]: message for message in mail.outbox}
    assert {notice.user.email for notice in notifications} == readers.keys() == emails.keys()
    for email, reader in readers.items():
        expected = "UIT: 20 transports" if reader == "en" else "UIT: 20 de transporturi"
        assert emails[email].subject == expected
