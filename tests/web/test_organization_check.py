"""Two organizations, two tabs: what was made for one is never done or shown in the other; and what
is elsewhere is offered there, never to others."""

import re
from html import unescape

import pytest
from django.test import Client
from django.utils.translation import override

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.accounts.provision import provision_user
from caraus.notifications import emails
from caraus.notifications.models import Notification
from caraus.transports.models import Transport, TransportNote
from tests import factories
from tests.notifications.plain import plain, plain_facts
from tests.transports.test_views import transport
from tests.web.addresses import OWN_ROUTES

HTMX = {"HX-Request": "true"}


@pytest.fixture
def other(owner: User) -> Organization:
    """Another organization of the owner's."""
    other = factories.organization("Zet Trans")
    Membership.objects.create(user=owner, organization=other, role="owner")
    return other


@pytest.fixture
def tab(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def switch(client: Client, organization: Organization) -> None:
    assert client.post("/organizatie/", {"organizatie": organization.pk}).status_code == 302


def in_use(client: Client) -> str:
    match = re.search(
        r"X-Organization&quot;|\"X-Organization\": \"(\d+)\"", page(client, "/firme/")
    )
    assert match
    return str(match[1])


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def hidden(form: str) -> dict[str, str]:
    fields = re.findall(r'<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


def form_of(shown: str, marker: str) -> str:
    """Return the form of a page in which something stands."""
    forms = re.findall(r'<form[^>]*method="post".*?</form>', shown, re.S)
    return str(next(form for form in forms if marker in form))


@pytest.mark.parametrize(
    "route", [route for route, methods in OWN_ROUTES.items() if "GET" in methods]
)
def test_every_form_says_for_which_organization_it_was_made(
    tab: Client, organization: Organization, company: Company, route: str
) -> None:
    factories.authorization(organization)
    transport(company)
    response = tab.get(f"/{route}", follow=True)
    if response.status_code != 200 or "html" not in response["Content-Type"]:
        return
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", response.content.decode(), re.S):
        assert f'name="in_organizatia" value="{organization.pk}"' in form


def test_a_form_of_the_other_tab_does_nothing_and_loses_nothing(
    tab: Client, organization: Organization, other: Organization
) -> None:
    switch(tab, organization)
    form = hidden(form_of(page(tab, "/firme/"), 'name="cui"'))
    switch(tab, other)
    typed = {"cui": "RO 14399840", "name": "Ana & <fiii>"}
    refused = tab.post("/firme/", form | typed)
    shown = refused.content.decode()
    assert refused.status_code == 409
    assert "Ai schimbat organizația în altă filă" in shown
    assert f"al organizației {organization}" in shown
    assert not Company.objects.exists()

    again = hidden(form_of(shown, "treci_in_organizatie"))
    assert typed.items() <= again.items()
    assert tab.post("/firme/", again).status_code == 302
    assert Company.objects.get().organization == organization
    assert in_use(tab) == str(organization.pk)


def test_parts_of_a_page_are_not_those_of_the_other_organization(
    tab: Client, organization: Organization, company: Company, other: Organization
) -> None:
    transport(factories.company(other, cui="900010100"), plate="B99ZET")
    switch(tab, organization)
    assert f'hx-headers=\'{{"X-Organization": "{organization.pk}"}}\'' in page(
        tab, "/transporturi/"
    )
    header = HTMX | {"X-Organization": str(organization.pk)}
    assert tab.get("/transporturi/", headers=header).status_code == 200
    switch(tab, other)
    for path in ("/transporturi/", "/transporturi/?q=b99", "/notificari/clopotel/", "/integrari/"):
        response = tab.get(path, headers=header)
        assert (response.status_code, response.content) == (409, b"")
    header = HTMX | {"X-Organization": str(other.pk)}
    assert "B99ZET" in tab.get("/transporturi/", headers=header).content.decode()


def test_a_form_of_an_organization_that_one_has_left_is_not_sent_again(
    tab: Client, other: Organization, organization: Organization
) -> None:
    Membership.objects.filter(organization=other).delete()
    for made_for in (other.pk, "x", -1):
        form = {"in_organizatia": made_for, "treci_in_organizatie": "1", "cui": "14399840"}
        refused = tab.post("/firme/", form)
        assert refused.status_code == 409
        assert "nu mai faci parte" in refused.content.decode()
    assert not Company.objects.exists()


def test_pages_of_the_person_are_of_no_organization(
    tab: Client, organization: Organization, other: Organization
) -> None:
    switch(tab, other)
    response = tab.post("/limba/", {"in_organizatia": organization.pk, "limba": "en"})
    assert response.status_code == 302
    assert tab.post("/cont/sessions/", {"in_organizatia": organization.pk}).status_code == 302


def test_a_uit_of_the_persons_other_organization_is_offered_there(
    tab: Client, organization: Organization, company: Company, other: Organization
) -> None:
    there = transport(factories.company(other, cui="900010100"), plate="B99ZET")
    switch(tab, organization)
    path = f"/transporturi/{there.pk}/"
    response = tab.get(path)
    shown = response.content.decode()
    assert response.status_code == 404
    assert "Este în Zet Trans. Treci acolo?" in shown
    assert "B99ZET" not in shown
    gone = tab.post("/organizatie/", {"organizatie": other.pk, "inapoi": path})
    assert gone["Location"] == path
    assert "B99ZET" in page(tab, path)
    for bad in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        gone = tab.post("/organizatie/", {"organizatie": other.pk, "inapoi": bad})
        assert gone["Location"] == "/"


def test_what_is_not_the_persons_own_is_not_named(
    tab: Client, organization: Organization, stranger: User, other: Organization, owner: User
) -> None:
    theirs = Organization.objects.get(memberships__user=stranger)
    path = f"/transporturi/{transport(theirs.companies.get()).pk}/"
    responses = [tab.get(path), tab.get(f"/firme/?o={theirs.pk}")]
    # Nor what a member who is kept to some companies does not see in the own other organization.
    Membership.objects.filter(user=owner, organization=other).update(
        role="viewer", only_some_companies=True
    )
    hidden = transport(factories.company(other, cui="900010100"))
    responses.append(tab.get(f"/transporturi/{hidden.pk}/"))
    assert [response.status_code for response in responses] == [404, 200, 404]
    for response in responses:
        assert "Treci acolo" not in response.content.decode()
        assert theirs.name not in response.content.decode()


def test_a_link_of_an_email_asks_before_it_opens_the_other_organization(
    tab: Client, organization: Organization, other: Organization, owner: User
) -> None:
    switch(tab, organization)
    notice = Notification.objects.create(
        user=owner,
        organization=other,
        kind="renewal_failed",
        key="k",
        message=plain.code,
        facts=plain_facts("Reînnoirea nu a mers", "Autorizează din nou.", "Vezi"),
        address="/integrari/",
    )
    with override("ro"):
        email = emails.compose_email([notice])
    assert email is not None
    assert f"/integrari/?o={other.pk}" in str(email.body)
    shown = page(tab, f"/integrari/?o={other.pk}")
    assert "Este în Zet Trans. Treci acolo?" in shown
    assert in_use(tab) == str(organization.pk)  # opening a link changes nothing by itself
    assert "Treci acolo" not in page(tab, f"/integrari/?o={organization.pk}")


def test_a_new_sign_in_opens_the_organization_used_last(
    client: Client, organization: Organization
) -> None:
    ana = provision_user(email="ana@example.ro", password="o parolă destul de lungă", name="Ana")
    other = factories.organization("Zet Trans")
    for each in (organization, other):
        Membership.objects.create(user=ana, organization=each, role="owner")
    form = {"login": ana.email, "password": "o parolă destul de lungă"}
    client.post("/cont/login/", form)
    assert in_use(client) == str(organization.pk)  # the first by name
    switch(client, other)
    client.post("/cont/logout/")
    client.post("/cont/login/", form)
    assert in_use(client) == str(other.pk)
    Membership.objects.filter(user=ana, organization=other).delete()
    assert in_use(client) == str(organization.pk)


def test_a_note_of_the_other_tab_is_refused(
    tab: Client, organization: Organization, company: Company, other: Organization
) -> None:
    row: Transport = transport(company)
    switch(tab, other)
    form = {"in_organizatia": organization.pk, "text": "Sună la rampă"}
    refused = tab.post(f"/transporturi/{row.pk}/note/", form)
    assert refused.status_code == 409
    assert "Sună la rampă" in refused.content.decode()
    assert not TransportNote.objects.exists()
