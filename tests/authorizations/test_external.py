"""The link for a certificate's holder without an account: once, a day, revocable, notified."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts import organizations
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations import consent, links, rights
from caraus.authorizations.anaf_errors.consent_errors import LINK_CLOSED, OTHER_BROWSER
from caraus.authorizations.links import (
    ARCHIVED_LINK,
    EXPIRED_LINK,
    REVOKED_LINK,
    UNKNOWN_LINK,
    USED_LINK,
)
from caraus.authorizations.models import Authorization, ConsentRequest, ExternalLink, LinkSecret
from caraus.commands.ports import free_ports
from caraus.mail.models import OutgoingEmail
from caraus.notifications.models import Notification, NotificationEmail
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer, delivered, mailers
from tests.simulator_process import SimulatorProcess


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


@pytest.fixture
def secret(owner: User, company: Company) -> str:
    return links.create_link(membership(owner))[1]


def opened(secret: str) -> Client:
    """Return the holder's browser, with the link opened."""
    holder = Client()
    response = holder.get(f"/autorizare/{secret}/")
    assert response["Location"] == "/autorizare/"
    return holder


def started(holder: Client, name: str = "Ion Contabilul") -> str:
    """Return the address of ANAF to which the button leads."""
    return str(holder.post("/autorizare/", {"name": name})["Location"])


def words(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_the_holder_authorizes_without_an_account_and_the_sender_is_notified(
    anaf: SimulatorProcess, owner: User, organization: Organization, secret: str
) -> None:
    factories.member(organization, "admin")
    holder = opened(secret)
    page = words(holder, "/autorizare/")
    for shown in ("Ana Pop îți cere", "Trans Test", "CUI 900010100", "certificatul digital"):
        assert shown in page
    callback = anaf.log_in("three", url=started(holder))
    done = holder.get("/anaf/callback", callback).content.decode()
    assert "Mulțumim, Ion Contabilul" in done
    authorization = Authorization.objects.get()
    assert (authorization.person_name, authorization.authorized_by) == ("Ion Contabilul", None)
    assert authorization.organization == organization
    notification = Notification.objects.get()
    assert (notification.user, notification.title) == (
        owner,
        "Ion Contabilul a dat autorizarea SPV",
    )
    assert NotificationEmail.objects.filter(notification=notification).exists()
    client = Client()
    client.force_login(owner)
    card = words(client, "/integrari/")
    assert "Ion Contabilul" in card
    assert "prin linkul trimis de Ana Pop" in card


def test_a_link_is_used_once_by_an_authorization_and_not_by_opening_it_or_cancelling(
    anaf: SimulatorProcess, secret: str
) -> None:
    holder, second_opener = opened(secret), opened(secret)
    state = re.search(r"state=([^&]+)", started(holder))
    assert state
    cancelled = {"error": "access_denied", "state": state[1]}
    page = holder.get("/anaf/callback", cancelled).content.decode()
    assert "Autorizarea nu a fost dată" in page
    assert "/integrari/ajutor/anulata/" in page
    assert 'href="/autorizare/"' in page
    callbacks = [anaf.log_in("three", url=started(each)) for each in (holder, second_opener)]
    assert "Autorizarea a reușit" in holder.get("/anaf/callback", callbacks[0]).content.decode()
    late = second_opener.get("/anaf/callback", callbacks[1]).content.decode()
    assert str(LINK_CLOSED.sentence) in late
    assert Authorization.objects.count() == 1
    for address in (f"/autorizare/{secret}/", "/autorizare/"):
        response = second_opener.get(address)
        assert response.status_code == 410
        assert str(USED_LINK.title) in response.content.decode()


def test_a_link_does_not_invite_to_archived_companies(
    owner: User, organization: Organization, company: Company
) -> None:
    other = factories.company(organization, cui="900020201")
    _, of_one = links.create_link(membership(owner), companies=[company])
    _, of_two = links.create_link(membership(owner), companies=[company, other])
    organizations.set_companies_archived(membership(owner), [company], archived=True)
    response = Client().get(f"/autorizare/{of_one}/")
    assert response.status_code == 410
    assert str(ARCHIVED_LINK.sentence) in response.content.decode()
    page = words(opened(of_two), "/autorizare/")
    assert other.cui in page
    assert company.cui not in page
    organizations.set_companies_archived(membership(owner), [company], archived=False)
    assert company.cui in words(opened(of_one), "/autorizare/")


@pytest.mark.django_db(transaction=True)
def test_two_authorizations_at_the_same_moment_use_it_once(
    anaf: SimulatorProcess, secret: str
) -> None:
    link = ExternalLink.objects.get()
    callback = [
        anaf.log_in(
            "three", url=consent.begin_external_consent(link, person_name=name, browser="b")
        )
        for name in ("Ion", "Ana")
    ]

    def finish(number: int) -> object:
        return consent.finish_consent(
            user=None, browser="b", state=callback[number]["state"], code=callback[number]["code"]
        )

    results = at_once(lambda: finish(0), lambda: finish(1))
    assert sum(isinstance(result, Authorization) for result in results) == 1
    assert LINK_CLOSED in results
    assert Authorization.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "refused", "status"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, EXPIRED_LINK, 410),
        ({"revoked_at": timezone.now()}, REVOKED_LINK, 410),
        ({"used_at": timezone.now()}, USED_LINK, 410),
    ],
)
def test_a_link_that_opens_nothing_says_why(
    secret: str,
    change: dict[str, object],
    refused: links.LinkError,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ExternalLink.objects.update(**change)
    response = Client().get(f"/autorizare/{secret}/")
    assert response.status_code == status
    assert str(refused.title) in response.content.decode()
    assert str(refused.sentence) in response.content.decode()
    assert response["Referrer-Policy"] == "no-referrer"
    assert secret not in caplog.text


def test_an_unknown_secret_opens_nothing(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    LinkSecret.objects.all().delete()
    response = Client().get(f"/autorizare/{secret}/")
    assert response.status_code == 404
    assert str(UNKNOWN_LINK.title) in response.content.decode()
    assert str(UNKNOWN_LINK.sentence) in response.content.decode()
    assert response["Referrer-Policy"] == "no-referrer"
    assert secret not in caplog.text


def test_a_link_lives_for_a_day(secret: str) -> None:
    link = ExternalLink.objects.get()
    assert link.expires_at - link.created_at == timedelta(hours=24)
    assert links.link_error(link, now=link.expires_at - timedelta(seconds=1)) is None
    assert links.link_error(link, now=link.expires_at) == EXPIRED_LINK


def test_the_sender_or_a_colleague_revokes_it_also_in_the_middle(
    anaf: SimulatorProcess, organization: Organization, secret: str
) -> None:
    holder = opened(secret)
    callback = anaf.log_in("three", url=started(holder))
    colleague = Client()
    colleague.force_login(factories.member(organization, "admin"))
    assert "Retrage" in words(colleague, "/integrari/")
    link = ExternalLink.objects.get()
    colleague.post(f"/integrari/linkuri/{link.pk}/retragere/")
    assert str(LINK_CLOSED.sentence) in holder.get("/anaf/callback", callback).content.decode()
    assert not Authorization.objects.exists()
    assert str(REVOKED_LINK.title) in words(holder, "/autorizare/")
    assert "Retrage" not in words(colleague, "/integrari/")


def test_a_link_of_somebody_who_lost_the_role_opens_nothing(secret: str, owner: User) -> None:
    Membership.objects.update(role="viewer")
    assert str(REVOKED_LINK.title) in words(Client(), f"/autorizare/{secret}/")


def test_another_browser_cannot_finish_what_this_one_began(
    anaf: SimulatorProcess, secret: str, owner: User
) -> None:
    callback = anaf.log_in("three", url=started(opened(secret)))
    stranger = Client()
    assert stranger.get("/anaf/callback", callback)["Location"].startswith("/cont/login/")
    stranger.force_login(owner)
    assert str(OTHER_BROWSER.sentence) in stranger.get("/anaf/callback", callback).content.decode()
    assert not Authorization.objects.exists()


def test_a_link_for_some_companies_serves_only_those(
    anaf: SimulatorProcess, organization: Organization, owner: User, company: Company
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI, name="Alta Firmă")
    _, secret = links.create_link(membership(owner), companies=[company])
    holder = opened(secret)
    assert "Alta Firmă" not in words(holder, "/autorizare/")
    holder.get("/anaf/callback", anaf.log_in("three", url=started(holder)))
    authorization = Authorization.objects.get()
    assert rights.authorization_for(company) == authorization
    assert rights.authorization_for(other_company) is None
    assert list(rights.served_companies(authorization)) == [company]


def test_links_of_one_certificate_for_single_companies_add_up(
    anaf: SimulatorProcess, organization: Organization, owner: User, company: Company
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI, name="Alta Firmă")

    def authorize_by_link(*companies: Company) -> Authorization:
        _, secret = links.create_link(membership(owner), companies=companies)
        holder = opened(secret)
        holder.get("/anaf/callback", anaf.log_in("three", url=started(holder)))
        return Authorization.objects.latest("pk")

    first, second = (authorize_by_link(each) for each in (company, other_company))
    assert rights.authorization_for(company) == first
    assert rights.authorization_for(other_company) == second
    # One for all takes the place of both; one for a single company then takes nothing from it.
    of_all = authorize_by_link()
    assert set(Authorization.objects.filter(status="active")) == {of_all}
    authorize_by_link(company)
    assert rights.authorization_for(other_company) == of_all
    of_all.refresh_from_db()
    assert of_all.status == "active"


def test_without_a_name_nothing_begins(secret: str) -> None:
    holder = opened(secret)
    assert "Scrie-ți numele" in holder.post("/autorizare/", {"name": " "}).content.decode()
    assert not ConsentRequest.objects.exists()


def test_the_secret_is_shown_once_and_kept_nowhere(
    signed_in: Client, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    page = signed_in.post("/integrari/linkuri/", {"email": "ion@contabil.ro"}).content.decode()
    match = re.search(r"http://127.0.0.1:8000/autorizare/([\w-]{43})/", page)
    assert match
    secret = match[1]
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM mail_outgoingemail e")
        assert secret not in str(cursor.fetchall())
    (email,) = delivered()
    assert email.to == ["ion@contabil.ro"]
    assert match[0] in email.body
    assert "Ana Pop" in email.body
    assert "Ana Pop" not in email.subject
    Client().get(f"/autorizare/{secret}/")
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM authorizations_externallink l")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT row_to_json(s)::text FROM authorizations_linksecret s")
        stored += str(cursor.fetchall())
    assert secret not in stored + str(list(ProcrastinateJob.objects.values())) + caplog.text
    assert secret not in words(signed_in, "/integrari/")


def test_when_the_mail_server_is_down_the_link_can_be_copied_and_the_email_goes_later(
    signed_in: Client, company: Company, settings: LazySettings
) -> None:
    settings.MAILERS = mailers(free_ports(1)[0])
    page = signed_in.post("/integrari/linkuri/", {"email": "ion@contabil.ro"}).content.decode()
    assert "Linkul pleacă acum pe e‑mail" in page
    assert "/autorizare/" in page
    delivered()
    OutgoingEmail.objects.update(next_attempt_at=timezone.now())
    with MailServer() as server:
        settings.MAILERS = server.mailers
        delivered()
        (email,) = server.messages
    assert email["To"] == "ion@contabil.ro"


def test_the_email_names_the_companies_in_both_parts(
    signed_in: Client, company: Company, settings: LazySettings
) -> None:
    Company.objects.filter(pk=company.pk).update(name="Trans & Fiii")
    with MailServer() as server:
        settings.MAILERS = server.mailers
        form = {"email": "ion@contabil.ro", "companies": [company.pk]}
        signed_in.post("/integrari/linkuri/", form)
        delivered()
        (email,) = server.messages
    assert email["To"] == "ion@contabil.ro"
    text, html = (part.get_content() for part in email.iter_parts())
    assert "pentru: Trans & Fiii." in text
    assert "pentru: Trans &amp; Fiii." in html
    assert "24 de ore" in text
    assert "Autorizează la ANAF SPV" in html


def test_a_revoked_links_email_is_not_sent(signed_in: Client, company: Company) -> None:
    signed_in.post("/integrari/linkuri/", {"email": "ion@contabil.ro"})
    signed_in.post(f"/integrari/linkuri/{ExternalLink.objects.get().pk}/retragere/")
    assert delivered() == []


def test_guessing_is_limited_and_a_good_link_still_opens(
    secret: str, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"link": "3/m/ip"}
    responses = [Client().get(f"/autorizare/{'x' * 40}{n}/").status_code for n in range(5)]
    assert responses == [404, 404, 404, 429, 429]
    assert "xxxx" not in caplog.text
    opened(secret)


def test_making_links_is_limited(
    signed_in: Client, company: Company, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"link_new": "2/h/user"}
    responses = [signed_in.post("/integrari/linkuri/").status_code for _ in range(3)]
    assert responses == [200, 200, 429]
    assert ExternalLink.objects.count() == 2


def test_an_authorization_restricted_to_some_companies_is_used_for_those_only(
    organization: Organization, company: Company
) -> None:
    factories.company(organization, cui=factories.OTHER_CUI)
    someone = factories.member(organization, "dispatcher")
    Membership.objects.filter(user=someone).update(only_some_companies=True)
    client = Client()
    client.force_login(someone)
    assert client.post("/integrari/linkuri/").status_code == 403
    membership(someone).companies.add(company)
    assert client.post("/integrari/linkuri/").status_code == 200
    link = ExternalLink.objects.get()
    assert (link.for_all, list(link.companies.all())) == (False, [company])
