"""The browser that began is the browser that ends (RFC 6749, section 10.12), and what it authorized
is named and can be taken back there."""

import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, User
from caraus.authorizations import browser, links, rights
from caraus.authorizations.anaf_errors.consent_errors import OTHER_BROWSER, WRONG_STATE
from caraus.authorizations.models import Authorization, ConsentRequest
from caraus.notifications.models import Notification
from tests import factories
from tests.simulator_process import SimulatorProcess
from tests.squeezed import squeezed

START, CALLBACK, BACK = "/integrari/autorizare/", "/anaf/callback", "/anaf/nu-am-vrut/"
OK = "Autorizarea a reușit"


def begun(client: Client) -> str:
    return str(client.post(START)["Location"])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def came_back(client: Client, callback: dict[str, str]) -> str:
    return client.get(CALLBACK, callback).content.decode()


def link_of(owner: User, *, companies: list[Company] | None = None) -> str:
    return links.create_link(Membership.objects.get(user=owner), companies=companies or [])[1]


def holder_of(secret: str) -> Client:
    holder = Client()
    holder.get(f"/autorizare/{secret}/")
    return holder


def pressed(holder: Client, name: str = "Ion Contabilul") -> str:
    return str(holder.post("/autorizare/", {"name": name})["Location"])


def test_the_same_person_in_another_browser_is_refused_and_the_first_one_still_can(
    anaf: SimulatorProcess, signed_in: Client, owner: User
) -> None:
    callback = anaf.log_in("three", url=begun(signed_in))
    anaf.forget_calls()
    other_client = client_of(owner)
    for _ in range(2):
        assert str(OTHER_BROWSER.sentence) in came_back(other_client, callback)
        begun(other_client)  # a browser with a secret of its own is another one still
    assert anaf.calls("token") == []
    assert not Authorization.objects.exists()
    assert OK in came_back(signed_in, callback)


def test_a_victim_led_to_a_link_and_to_anafs_address_authorizes_nothing(
    anaf: SimulatorProcess, stranger: User, signed_in: Client, company: Company
) -> None:
    """The attacker presses the button of his own link and keeps ANAF's address; the victim's
    browser opens the link once and is sent to that address."""
    Authorization.objects.all().delete()
    secret = link_of(stranger)
    address = pressed(holder_of(secret), "ANAF suport")
    signed_in.get(f"/autorizare/{secret}/")  # a tab that flashes
    callback = anaf.log_in("three", url=address)
    anaf.forget_calls()
    assert str(OTHER_BROWSER.sentence) in came_back(signed_in, callback)
    bystander = holder_of(secret)
    assert bystander.get(CALLBACK, callback).status_code == 302  # to the sign-in
    assert anaf.calls("token") == []
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_a_link_begins_nothing(owner: User, method: str) -> None:
    holder = Client()
    for address in (f"/autorizare/{link_of(owner)}/", "/autorizare/"):
        getattr(holder, method)(address)
    assert not ConsentRequest.objects.exists()
    assert browser._KEY not in holder.session


def test_a_session_without_a_secret_began_nothing(
    anaf: SimulatorProcess, signed_in: Client, owner: User
) -> None:
    """Also where a request kept no digest: made by a version before."""
    callback = anaf.log_in("three", url=begun(signed_in))
    ConsentRequest.objects.update(browser_digest="")
    assert str(OTHER_BROWSER.sentence) in came_back(client_of(owner), callback)
    assert str(OTHER_BROWSER.sentence) in came_back(signed_in, callback)


def test_neither_the_cookie_nor_the_secret_stands_beside_the_request(signed_in: Client) -> None:
    begun(signed_in)
    cookie = signed_in.cookies["sessionid"].value
    secret = signed_in.session[browser._KEY]
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(r)::text FROM authorizations_consentrequest r")
        ((row,),) = cursor.fetchall()
    assert cookie not in row
    assert secret not in row
    assert re.search(r'"browser_digest":"[0-9a-f]{64}"', row)


def test_another_users_response_is_wrong_whatever_the_browser(
    anaf: SimulatorProcess, signed_in: Client, teammate: User
) -> None:
    callback = anaf.log_in("three", url=begun(signed_in))
    assert str(WRONG_STATE.sentence) in came_back(client_of(teammate), callback)


@pytest.mark.parametrize(("more", "others"), [(5, "și încă 1 firmă<"), (7, "și încă 3 firme<")])
def test_the_page_after_anaf_names_the_organization_and_the_companies(
    anaf: SimulatorProcess,
    signed_in: Client,
    organization: Organization,
    company: Company,
    more: int,
    others: str,
) -> None:
    for number in range(more):
        factories.company(organization, cui=f"90000000{number}", name=f"Firma {number}")
    page = came_back(signed_in, anaf.log_in("three", url=begun(signed_in)))
    scope = squeezed(page[page.index("data-scope") :])
    assert "<strong>Trans Test</strong>poate citi acum" in scope
    assert scope.count("<li>") == 5
    assert others in scope
    assert "Nu am vrut asta" in scope


def test_a_link_for_some_companies_names_those_only(
    anaf: SimulatorProcess, owner: User, organization: Organization, company: Company
) -> None:
    factories.company(organization, cui=factories.OTHER_CUI, name="Alta Firmă")
    holder = holder_of(link_of(owner, companies=[company]))
    page = came_back(holder, anaf.log_in("three", url=pressed(holder)))
    assert "CUI 900010100" in page
    assert "Alta Firmă" not in page
    assert "mai târziu" not in page


def taken_back(client: Client, authorization: Authorization) -> int:
    return client.post(BACK, {"autorizare": authorization.pk}).status_code


def test_the_holder_of_a_link_takes_it_back_without_an_account_and_the_owners_are_notified(
    anaf: SimulatorProcess, owner: User, organization: Organization, company: Company
) -> None:
    admin = factories.member(organization, "admin")
    holder = holder_of(link_of(owner))
    page = came_back(holder, anaf.log_in("three", url=pressed(holder)))
    authorization = Authorization.objects.get()
    assert f'name="autorizare" value="{authorization.pk}"' in page
    response = holder.post(BACK, {"autorizare": authorization.pk})
    assert "Autorizarea a fost luată înapoi" in response.content.decode()
    authorization.refresh_from_db()
    assert (
        authorization.status,
        authorization.access_token_sealed,
        authorization.refresh_token_sealed,
    ) == (*("disconnected", "", ""),)
    notifications = Notification.objects.filter(message="authorization_taken_back")
    assert {notice.user for notice in notifications} == {owner, admin}
    assert "Ion Contabilul a apăsat „Nu am vrut asta”" in notifications[0].text
    entry = AuditLogEntry.objects.order_by("pk").last()
    assert entry
    assert "Ion Contabilul a luat înapoi" in entry.text
    assert taken_back(holder, authorization) == 410  # once


def test_who_signed_in_takes_it_back_too_though_he_may_not_disconnect(
    anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    client = client_of(factories.member(organization, "dispatcher"))
    came_back(client, anaf.log_in("three", url=begun(client)))
    authorization = Authorization.objects.get()
    assert client.post(f"/integrari/{authorization.pk}/deconectare/").status_code == 403
    assert taken_back(client, authorization) == 200
    authorization.refresh_from_db()
    assert authorization.status == "disconnected"


def test_another_browser_or_an_hour_later_takes_nothing_back(
    anaf: SimulatorProcess, signed_in: Client, owner: User, company: Company
) -> None:
    came_back(signed_in, anaf.log_in("three", url=begun(signed_in)))
    authorization = Authorization.objects.get()
    other_client = client_of(owner)
    begun(other_client)
    for client in (other_client, Client()):
        assert taken_back(client, authorization) == 410
    assert Client(enforce_csrf_checks=True).post(BACK).status_code == 403
    assert signed_in.get(BACK).status_code == 405
    for odd in ("", "x", "9" * 30):
        assert signed_in.post(BACK, {"autorizare": odd}).status_code == 410
    ConsentRequest.objects.update(used_at=timezone.now() - timedelta(hours=1))
    assert taken_back(signed_in, authorization) == 410
    authorization.refresh_from_db()
    assert authorization.is_active


def test_what_waited_for_it_to_take_its_place_goes_on(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization, company: Company
) -> None:
    old = factories.authorization(organization, serial="old")
    rights.record_right(authorization=old, company=company, covered=True)
    address = str(signed_in.post(START, {"inlocuieste": old.pk})["Location"])
    came_back(signed_in, anaf.log_in("three", url=address))
    old.refresh_from_db()
    replacement = old.replaced_by
    assert replacement
    assert taken_back(signed_in, replacement) == 200
    old.refresh_from_db()
    assert (old.is_active, old.replaced_by) == (True, None)
