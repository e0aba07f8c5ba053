"""The organization is in the address: what is shown and what is changed is of the organization that
the address names, whatever other tabs show, and nobody else's.

These visit the addresses as they are written (`PlainClient`).
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_script_prefix, resolve

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.accounts.provision import provision_user
from caraus.core.organization_paths import split_path
from caraus.transports.models import TransportNote
from caraus.web.organization_address import PERSONAL_ROUTES
from tests import factories
from tests.client_handler import PlainClient
from tests.transports.test_views import transport
from tests.web.addresses import (
    OBJECT_ROUTES,
    OWN_ROUTES,
    SECRET,
    address,
    body_text,
    methods_of,
    organization_rows,
)

HTMX = {"HX-Request": "true"}
LINK = re.compile(r'\b(?:href|action|formaction|hx-get|hx-post|data-[\w-]+)="(/[^"]*)"')
PASSWORD = "o parolă destul de lungă"


def is_of_organization(route: str) -> bool:
    return not route.startswith(PERSONAL_ROUTES)


ROUTES = [route for route in (*OBJECT_ROUTES, *OWN_ROUTES) if is_of_organization(route)]
PAGES = [route for route, methods in (OBJECT_ROUTES | OWN_ROUTES).items() if "GET" in methods]


def page(client: PlainClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def in_use(client: PlainClient) -> str:
    """Return the slug that addresses without one lead to."""
    response = client.get("/firme/")
    assert response.status_code == 302
    return str(response["Location"].split("/")[2])


def hidden(form: str) -> dict[str, str]:
    fields = re.findall(r'<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', form)
    return {name: unescape(value) for name, value in fields}


def links(text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        path = unescape(link).partition("?")[0].partition("#")[0]
        if not path.startswith("/static/"):
            yield path


# -- every page stays in its organization ------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_every_address_on_a_page_names_the_organization_of_the_page(
    tab: PlainClient,
    organization: Organization,
    owner: User,
    ids: dict[str, int],
    headers: dict[str, str],
    subtests: pytest.Subtests,
) -> None:
    other_organization = factories.organization("Zet Trans")
    Membership.objects.create(user=owner, organization=other_organization, role="owner")
    for route in PAGES:
        with subtests.test(route):
            path = address(route, ids)
            if is_of_organization(route):
                path = f"/o/{organization.slug}{path}"
            response = tab.get(path, headers=headers)
            if "html" not in response.headers.get("Content-Type", ""):
                continue
            text = response.content.decode()
            menu = text.partition("Schimbă organizația</p>")[2].partition("</details>")[0]
            for link in links(text.replace(menu, "") if menu else text):
                slug, path = split_path(link)
                expected = organization.slug if is_of_organization(resolve(path).route) else ""
                assert slug == expected, link


def test_files_of_the_page_are_the_same_for_all(
    tab: PlainClient, organization: Organization
) -> None:
    text = page(tab, f"/o/{organization.slug}/firme/")
    assert '"/static/caraus.css' in text
    assert "/static/" not in text.replace('"/static/', "")
    assert configured.STATIC_URL == "/static/"


def test_nothing_of_it_is_left_after_the_request(
    tab: PlainClient, organization: Organization
) -> None:
    for path in ("firme/", "nicaieri/", "transporturi/0/"):
        tab.get(f"/o/{organization.slug}/{path}")
        assert get_script_prefix() == "/"


# -- two tabs ----------------------------------------------------------------------------------


def test_two_tabs_show_and_change_what_their_own_head_says(
    tab: PlainClient, organization: Organization, other_organization: Organization, company: Company
) -> None:
    transport(company, plate="B11ABC")
    transport(factories.company(other_organization, cui="900010100"), plate="B99ZET")
    here, there = f"/o/{organization.slug}/", f"/o/{other_organization.slug}/"
    for _ in range(2):
        assert "B11ABC" in page(tab, f"{here}transporturi/")
        assert "B99ZET" in page(tab, f"{there}transporturi/")
        part = tab.get(f"{here}transporturi/", headers=HTMX).content.decode()
        assert "B11ABC" in part
        assert "B99ZET" not in part
        assert "B11ABC" not in page(tab, f"{there}transporturi/?arata=toate")
    page(tab, f"{there}firme/")  # the tab used last
    saved = tab.post(f"{here}firme/", {"cui": "RO 14399840", "name": "Ana"})
    assert saved["Location"].startswith(here)
    assert Company.objects.get(cui="14399840").organization == organization


def test_the_head_leads_to_the_same_page_of_the_other_organization(
    tab: PlainClient, organization: Organization, other_organization: Organization, company: Company
) -> None:
    row = transport(company)

    def elsewhere(path: str) -> str:
        text = page(tab, path)
        prefix = f"/o/{other_organization.slug}/"
        return next(link for link in links(text) if link.startswith(prefix))

    here = f"/o/{organization.slug}"
    for path in ("/transporturi/", "/flota/", "/organizatie/membri/", "/notificari/"):
        assert elsewhere(f"{here}{path}") == f"/o/{other_organization.slug}{path}"
    for path in (f"{here}/transporturi/{row.pk}/", "/cont/sessions/"):
        assert elsewhere(path) == f"/o/{other_organization.slug}/"


# -- addresses without an organization ---------------------------------------------------------


def test_an_address_without_one_leads_to_the_organization_used_last(
    tab: PlainClient, organization: Organization, other_organization: Organization
) -> None:
    for used in (other_organization, organization):
        page(tab, f"/o/{used.slug}/firme/")
        response = tab.get("/transporturi/?q=b99&sortare=expira")
        assert response.status_code == 302
        assert response["Location"] == f"/o/{used.slug}/transporturi/?q=b99&sortare=expira"
        assert tab.head("/").headers["Location"] == f"/o/{used.slug}/"


def test_parts_that_refresh_themselves_are_no_use(
    tab: PlainClient, organization: Organization, other_organization: Organization
) -> None:
    page(tab, f"/o/{other_organization.slug}/firme/")
    for path in ("transporturi/", "notificari/clopotel/"):
        assert tab.get(f"/o/{organization.slug}/{path}", headers=HTMX).status_code == 200
    assert in_use(tab) == other_organization.slug


def test_a_new_sign_in_opens_the_organization_used_last(
    organization: Organization,
) -> None:
    ana = provision_user(email="ana@example.ro", password=PASSWORD, name="Ana")
    other_organization = factories.organization("Zet Trans")
    for each in (organization, other_organization):
        Membership.objects.create(user=ana, organization=each, role="owner")
    client, form = PlainClient(), {"login": ana.email, "password": PASSWORD}
    client.post("/cont/login/", form)
    assert in_use(client) == organization.slug  # the first by name
    page(client, f"/o/{other_organization.slug}/firme/")
    client.post("/cont/logout/")
    client.post("/cont/login/", form)
    assert in_use(client) == other_organization.slug
    Membership.objects.filter(user=ana, organization=other_organization).delete()
    assert in_use(client) == organization.slug


def test_a_form_without_one_is_taken_where_one_alone_can_be_meant(
    tab: PlainClient, organization: Organization
) -> None:
    saved = tab.post("/firme/", {"cui": "RO 14399840"})
    assert saved["Location"].startswith(f"/o/{organization.slug}/")
    assert Company.objects.get().organization == organization


def test_a_form_without_one_does_nothing_and_loses_nothing_among_several(
    tab: PlainClient, organization: Organization, other_organization: Organization
) -> None:
    typed = {"cui": "RO 14399840", "name": "Ana & <fiii>"}
    refused = tab.post("/firme/", typed)
    shown = refused.content.decode()
    assert refused.status_code == 409
    assert "Nu s-a făcut nimic și nu s-a pierdut nimic" in shown
    assert not Company.objects.exists()
    form = shown.partition("<main")[2].partition("</main>")[0]
    again = hidden(form)
    assert typed.items() <= again.items()
    buttons = re.findall(r'formaction="([^"]+)"', form)
    assert buttons == [f"/o/{each.slug}/firme/" for each in (organization, other_organization)]
    assert tab.post(buttons[1], again).status_code == 302
    assert Company.objects.get().organization == other_organization

    file = SimpleUploadedFile("flota.csv", b"numar\nB99ABC\n")
    sent = tab.post("/flota/import/", {"fisier": file}).content.decode()
    assert "Fișierul trebuie ales din nou" in sent
    assert "formaction" not in sent


def test_a_missing_slash_at_the_end_is_added(tab: PlainClient, organization: Organization) -> None:
    path = f"/o/{organization.slug}/transporturi"
    assert tab.get(path)["Location"] == f"{path}/"


def test_pages_of_the_person_have_no_organization_in_their_address(
    tab: PlainClient, organization: Organization, other_organization: Organization
) -> None:
    assert tab.get("/cont/sessions/").status_code == 200
    response = tab.get(f"/o/{other_organization.slug}/cont/sessions/?a=1")
    assert (response.status_code, response["Location"]) == (307, "/cont/sessions/?a=1")
    response = tab.post(f"/o/{other_organization.slug}/limba/", {"language": "en"})
    assert (response.status_code, response["Location"]) == (307, "/limba/")
    for path in ("healthz", "readyz", "metrics", "favicon.ico", "anaf/callback"):
        assert tab.get(f"/o/{other_organization.slug}/{path}")["Location"] == f"/{path}"


def test_the_choice_of_the_language_returns_to_the_page(
    tab: PlainClient, organization: Organization
) -> None:
    path = f"/o/{organization.slug}/firme/?q=a"
    back = tab.post("/limba/", {"language": "en"}, headers={"referer": f"http://testserver{path}"})
    assert back["Location"] == f"http://testserver{path}"


# -- others ------------------------------------------------------------------------------------


def without_secrets(text: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)


def test_a_stranger_finds_nothing_at_the_addresses_of_an_organization(
    organization: Organization,
    stranger: User,
    ids: dict[str, int],
    subtests: pytest.Subtests,
) -> None:
    client = PlainClient()
    client.force_login(stranger)
    before = organization_rows(organization)
    for route in ROUTES:
        with subtests.test(route):
            path = address(route, ids)
            for method in (*methods_of(route), "PUT"):
                response = client.generic(method, f"/o/{organization.slug}{path}")
                assert response.status_code == 404, method
                assert SECRET not in body_text(response), method
                assert organization.name not in body_text(response), method
    assert organization_rows(organization) == before


def test_an_organization_of_others_looks_like_none(
    organization: Organization, stranger: User
) -> None:
    client = PlainClient()
    client.force_login(stranger)
    for path in ("", "transporturi/", "transporturi/1/", "nicaieri/"):
        seen = []
        for slug in (organization.slug, "nu-exista"):
            with CaptureQueriesContext(connection) as queries:
                response = client.get(f"/o/{slug}/{path}")
            assert response.status_code == 404
            shown = without_secrets(response.content.decode().replace(slug, ""))
            seen.append((shown, len(queries)))
        assert seen[0] == seen[1]


def test_somebody_without_an_organization_finds_none(organization: Organization) -> None:
    client = PlainClient()
    client.force_login(factories.user())
    assert client.get(f"/o/{organization.slug}/transporturi/").status_code == 404
    assert client.get("/transporturi/").status_code == 404


def test_the_anonymous_sign_in_first_and_then_open_it(organization: Organization) -> None:
    ana = provision_user(email="ana@example.ro", password=PASSWORD, name="Ana")
    other_organization = factories.organization("Aaa")
    for each in (organization, other_organization):
        Membership.objects.create(user=ana, organization=each, role="owner")
    path = f"/o/{organization.slug}/transporturi/?q=b99"
    client = PlainClient()
    sent = client.get(path)
    assert sent["Location"].startswith("/cont/login/?next=")
    form = {
        "login": ana.email,
        "password": PASSWORD,
        "next": parse_qs(urlsplit(sent["Location"]).query)["next"][0],
    }
    assert urlsplit(client.post("/cont/login/", form)["Location"])[2:4] == tuple(path.split("?"))


def test_a_form_after_the_session_leads_back_to_its_page(
    organization: Organization, company: Company
) -> None:
    row = transport(company)
    path = f"/o/{organization.slug}/transporturi/{row.pk}/"
    for sender, action in ((path, f"{path}note/"), (f"{path}note/", f"{path}note/")):
        sent = PlainClient().post(
            action, {"text": "a"}, headers={"referer": f"http://testserver{sender}"}
        )
        assert sent["Location"] == f"/cont/login/?next={path}"


def test_help_is_open_to_all(organization: Organization, tab: PlainClient) -> None:
    for client in (PlainClient(), tab):
        response = client.get(f"/o/{organization.slug}/integrari/ajutor/")
        assert response.status_code == 200
    assert PlainClient().get("/integrari/ajutor/").status_code == 200
    assert tab.get("/o/nu-exista/integrari/ajutor/").status_code == 404


def test_a_uit_of_the_persons_other_organization_is_offered_there(
    tab: PlainClient, organization: Organization, company: Company, other_organization: Organization
) -> None:
    there = transport(factories.company(other_organization, cui="900010100"), plate="B99ZET")
    response = tab.get(f"/o/{organization.slug}/transporturi/{there.pk}/?a=1")
    shown = response.content.decode()
    assert response.status_code == 404
    assert "Este în Zet Trans. Treci acolo?" in shown
    assert "B99ZET" not in shown
    path = f"/o/{other_organization.slug}/transporturi/{there.pk}/"
    assert f'href="{path}?a=1"' in shown
    assert "B99ZET" in page(tab, path)
    refused = tab.post(f"/o/{organization.slug}/transporturi/{there.pk}/note/", {"text": "a"})
    assert refused.status_code == 404
    assert not TransportNote.objects.exists()


def test_what_is_not_the_persons_own_is_not_named(
    tab: PlainClient,
    organization: Organization,
    stranger: User,
    other_organization: Organization,
    owner: User,
) -> None:
    theirs = Organization.objects.get(memberships__user=stranger)
    path = f"/transporturi/{transport(theirs.companies.get()).pk}/"
    responses = [tab.get(f"/o/{slug}{path}") for slug in (organization.slug, theirs.slug)]
    # Nor what a member who is kept to some companies does not see in the own other organization.
    Membership.objects.filter(user=owner, organization=other_organization).update(
        role="viewer", only_some_companies=True
    )
    unseen = transport(factories.company(other_organization, cui="900010100"))
    responses.append(tab.get(f"/o/{organization.slug}/transporturi/{unseen.pk}/"))
    for response in responses:
        assert response.status_code == 404
        assert "Treci acolo" not in response.content.decode()
        assert theirs.name not in response.content.decode()
