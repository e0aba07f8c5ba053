"""The links that were sent: one row a link, with its state and what can be done with it."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, User
from caraus.authorizations import links
from caraus.authorizations.models import ExternalLink
from caraus.mail.models import OutgoingEmail
from tests import factories
from tests.mail import MailServer, delivered
from tests.squeezed import squeezed

LINKS, SENT = "/integrari/linkuri/", "/integrari/linkuri/trimise/"
SECRET = re.compile(r"/autorizare/([\w-]{43})/")


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


def page(client: Client, path: str = SENT) -> str:
    return squeezed(client.get(path).content.decode())


def states(client: Client) -> list[str]:
    return re.findall(r'data-link-state="(\w+)"', page(client))


def test_the_state_of_a_link_follows_what_becomes_of_it(
    signed_in: Client, owner: User, company: Company
) -> None:
    link, secret = links.create_link(membership(owner), companies=[company], email="a@firma.ro")
    assert states(signed_in) == ["sent"]
    Client().get(f"/autorizare/{secret}/")
    assert states(signed_in) == ["opened"]
    now = timezone.now()
    for change, state, can_be_used in (
        ({"no_right_at": now}, "no_right", True),
        ({"used_at": now, "no_right_at": None}, "authorized", False),
        ({"used_at": None, "revoked_at": now}, "revoked", False),
        ({"revoked_at": None, "expires_at": now}, "expired", False),
    ):
        ExternalLink.objects.filter(pk=link.pk).update(**change)
        assert states(signed_in) == [state]
        shown = page(signed_in)
        assert ("Retrage</button>" in shown) is can_be_used
        assert ("Trimite din nou" in shown) is can_be_used
        assert ("Generează alt link" in shown) is (state in {"revoked", "expired"})


def test_a_row_names_two_companies_the_address_and_the_end(
    signed_in: Client, owner: User, organization: Organization
) -> None:
    companies = [
        factories.company(organization, cui=f"9000001{number:02}", name=f"Firma {number}")
        for number in range(5)
    ]
    link, _ = links.create_link(membership(owner), companies=companies, email="a@firma.ro")
    for path in (SENT, "/integrari/"):
        shown = page(signed_in, path)
        assert "a@firma.ro" in shown
        assert "Firma 0, Firma 1 și încă 3 firme" in shown
        assert f'<time datetime="{link.expires_at:%Y-%m-%dT%H:%M}' in shown
    assert "Toate linkurile trimise (1)" in page(signed_in, "/integrari/")


def test_three_hundred_links_cost_no_more_queries_than_three(
    signed_in: Client,
    owner: User,
    organization: Organization,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(60):
        company = factories.company(organization, cui=f"{900000000 + number}")
        links.create_link(membership(owner), companies=[company], email=f"a{number}@firma.ro")
    for path, rows in ((SENT, 25), (f"{SENT}?pagina=3", 10), ("/integrari/", 10)):
        with django_assert_max_num_queries(35):
            assert page(signed_in, path).count("data-link-state") == rows
    with django_assert_max_num_queries(35):
        assert page(signed_in, "/firme/").count("Link de autorizare: nedeschis încă") == 50


def test_firme_shows_the_last_link_of_each_company(
    signed_in: Client, owner: User, company: Company
) -> None:
    for change in ({"opened_at": timezone.now()}, {"revoked_at": timezone.now()}):
        link, _ = links.create_link(membership(owner), companies=[company], email="a@firma.ro")
        ExternalLink.objects.filter(pk=link.pk).update(**change)
    assert 'title="Link de autorizare: deschis"' in page(signed_in, "/firme/")


def test_a_link_is_sent_again_and_the_first_e_mail_goes_on_working(
    signed_in: Client, company: Company, settings: LazySettings
) -> None:
    with MailServer() as server:
        settings.MAILERS = server.mailers
        signed_in.post(LINKS, {"email": "ion@contabil.ro", "companies": [company.pk]})
        delivered()
        link = ExternalLink.objects.get()
        signed_in.post(f"{LINKS}{link.pk}/retrimitere/")
        delivered()
        first, second = server.messages
    assert second["To"] == "ion@contabil.ro"
    assert "Reamintire" in str(second["Subject"])
    secrets = []
    for message in (first, second):
        parts = [part.get_content() for part in message.iter_parts()]
        secrets += [match[1] for part in parts if (match := SECRET.search(part))]
    assert len(set(secrets)) == 2
    for secret in secrets:
        assert Client().get(f"/autorizare/{secret}/").status_code == 302
    entry = AuditLogEntry.objects.order_by("pk").last()
    assert entry
    assert "A trimis din nou linkul de autorizare la ion@contabil.ro." in entry.text
    assert all(secret not in page(signed_in) for secret in secrets)


def test_a_link_that_was_copied_gets_a_new_address(signed_in: Client, owner: User) -> None:
    link, secret = links.create_link(membership(owner))
    shown = signed_in.post(f"{LINKS}{link.pk}/retrimitere/").content.decode()
    match = SECRET.search(shown)
    assert match
    assert match[1] != secret
    assert Client().get(f"/autorizare/{match[1]}/").status_code == 302
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("over", ["used_at", "revoked_at", "expires_at"])
def test_a_link_that_is_over_is_not_sent_again(signed_in: Client, owner: User, over: str) -> None:
    link, _ = links.create_link(membership(owner), email="ion@contabil.ro")
    ExternalLink.objects.update(**{over: timezone.now()})
    signed_in.post(f"{LINKS}{link.pk}/retrimitere/")
    assert "Linkul nu mai este valabil" in page(signed_in)
    assert not OutgoingEmail.objects.exists()


def test_sending_again_counts_among_the_few_e_mails_of_a_young_organization(
    signed_in: Client, company: Company, settings: LazySettings
) -> None:
    settings.SIGNUP = "open"
    signed_in.post(LINKS, {"email": "ion@contabil.ro"})
    link = ExternalLink.objects.get()
    shown = [
        signed_in.post(f"{LINKS}{link.pk}/retrimitere/", follow=True).content.decode()
        for _ in range(5)
    ]
    assert ["nu a plecat pe e‑mail" in each for each in shown] == [False] * 4 + [True]
    assert SECRET.search(shown[-1])


def test_a_member_restricted_to_some_companies_sees_and_sends_only_the_own_ones(
    organization: Organization, owner: User, company: Company
) -> None:
    someone = factories.member(organization, "dispatcher")
    Membership.objects.filter(user=someone).update(only_some_companies=True)
    membership(someone).companies.add(company)
    link, _ = links.create_link(membership(owner), email="ion@contabil.ro")
    client = Client()
    client.force_login(someone)
    assert "ion@contabil.ro" not in page(client)
    assert client.post(f"{LINKS}{link.pk}/retrimitere/").status_code == 404
    assert client.post(f"{LINKS}{link.pk}/retragere/").status_code == 404


@pytest.mark.parametrize(
    ("form", "lifetime", "reminders", "sentence"),
    [
        ({}, timedelta(hours=24), False, "timp de 24 de ore"),
        ({"lifetime": "168", "reminders": "on"}, timedelta(days=7), True, ", ora "),
    ],
)
def test_a_link_lives_for_as_long_as_was_chosen(
    signed_in: Client, form: dict[str, str], lifetime: timedelta, *, reminders: bool, sentence: str
) -> None:
    shown = signed_in.post(LINKS, form | {"email": "ion@contabil.ro"}).content.decode()
    link = ExternalLink.objects.get()
    assert (link.expires_at - link.created_at, link.reminders) == (lifetime, reminders)
    assert ("îi reamintim noi" in shown) is (lifetime > timedelta(days=2))
    (email,) = delivered()
    assert sentence in email.body
    assert ("24 de ore" in email.body) is (lifetime == timedelta(hours=24))


def test_no_other_time_can_be_chosen(signed_in: Client) -> None:
    signed_in.post(LINKS, {"lifetime": "1000000"})
    assert not ExternalLink.objects.exists()
