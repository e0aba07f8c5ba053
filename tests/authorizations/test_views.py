"""Integrări: who may press what, and what the pages show."""

import pytest
from django.conf import LazySettings
from django.test import Client

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.models import Authorization, CompanyRight, ConsentRequest
from tests import factories


def client_of(user: User, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(user)
    return client


def test_the_button_requires_its_csrf_token(owner: User) -> None:
    client = client_of(owner, csrf=True)
    assert client.post("/integrari/autorizare/").status_code == 403
    assert not ConsentRequest.objects.exists()
    client.get("/integrari/")
    token = client.cookies["csrftoken"].value
    response = client.post("/integrari/autorizare/", {"csrfmiddlewaretoken": token})
    assert response.status_code == 302
    assert response["Location"].startswith("https://logincert.anaf.ro/anaf-oauth2/v1/authorize?")


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_an_authorization_begins_with_a_post_only(signed_in: Client, method: str) -> None:
    assert getattr(signed_in, method)("/integrari/autorizare/").status_code == 405
    assert not ConsentRequest.objects.exists()


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 302), ("admin", 302), ("dispatcher", 302), ("viewer", 403)]
)
def test_a_dispatcher_may_authorize_and_a_viewer_may_not(
    organization: Organization, role: str, status: int
) -> None:
    client = client_of(factories.member(organization, role))
    assert client.post("/integrari/autorizare/").status_code == status
    assert ConsentRequest.objects.exists() == (status == 302)
    page = client.get("/integrari/").content.decode()
    assert ('action="/integrari/autorizare/"' in page) == (status == 302)


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 302), ("admin", 302), ("dispatcher", 403), ("viewer", 403)]
)
def test_an_admin_may_disconnect_and_then_no_token_is_left(
    organization: Organization, role: str, status: int
) -> None:
    authorization = factories.authorization(organization)
    client = client_of(factories.member(organization, role))
    assert client.post(f"/integrari/{authorization.pk}/deconectare/").status_code == status
    authorization.refresh_from_db()
    is_removed = status == 302
    assert (authorization.status == "disconnected") == is_removed
    assert (
        authorization.access_token_sealed == authorization.refresh_token_sealed == ""
    ) == is_removed


def test_nobody_disconnects_another_organizations_authorization(
    owner: User, stranger: User
) -> None:
    theirs = Authorization.objects.get()
    response = client_of(owner).post(f"/integrari/{theirs.pk}/deconectare/")
    assert response.status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_active


def test_a_page_shows_only_its_own_organizations_authorizations(
    organization: Organization, owner: User, teammate: User, stranger: User
) -> None:
    factories.authorization(organization, authorized_by=factories.user(name="Vasile Autorizatul"))
    for user, is_visible in ((owner, True), (teammate, True), (stranger, False)):
        page = client_of(user).get("/integrari/").content.decode()
        assert ("Vasile Autorizatul" in page) == is_visible


@pytest.mark.parametrize("status", ["replaced", "disconnected"])
def test_what_has_ended_is_history(
    organization: Organization, signed_in: Client, status: str
) -> None:
    factories.authorization(
        organization, authorized_by=factories.user(name="Vasile Autorizatul"), status=status
    )
    page = signed_in.get("/integrari/").content.decode()
    assert "Autorizarea dată de Vasile Autorizatul" not in page
    assert "Vasile Autorizatul" in page[page.index("Autorizări anterioare") :]


def test_a_dead_authorization_says_why_and_what_to_do(
    organization: Organization, signed_in: Client
) -> None:
    dead = factories.authorization(organization, status="reauthorize")
    Authorization.objects.filter(pk=dead.pk).update(last_failure_code="refresh_rejected")
    page = signed_in.get("/integrari/").content.decode()
    assert ERROR_TEXTS["refresh_rejected"].sentence in page
    assert ERROR_TEXTS["refresh_rejected"].advice in page


@pytest.mark.parametrize("state", CompanyRight.State.values)
def test_each_company_is_shown_with_each_authorization(
    organization: Organization, signed_in: Client, company: Company, state: str
) -> None:
    Company.objects.update(name="Trans Vizibil")
    authorization = factories.authorization(organization)
    CompanyRight.objects.create(authorization=authorization, company=company, state=state)
    assert "Trans Vizibil" in signed_in.get("/integrari/").content.decode()


def test_the_page_after_anaf_is_kept_from_caches_and_referrers(signed_in: Client) -> None:
    response = signed_in.get("/anaf/callback", {"state": "x"})
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def ticks(page: str) -> list[bool]:
    """Return which of the first steps are done."""
    start = page[page.index('<ol class="checklist start">') :].partition("</ol>")[0]
    return ["circle-check" in step or "Făcut." in step for step in start.split("<li>")[1:]]


def test_the_first_page_leads_through_three_steps(
    signed_in: Client, organization: Organization, settings: LazySettings
) -> None:
    settings.ANAF_CLIENT_SECRET = ""
    page = signed_in.get("/", follow=True).content.decode()
    assert ticks(page) == [False, False, False]
    assert "<code>ANAF_CLIENT_SECRET</code>" in page.partition("</ol>")[0]
    assert "<code>ANAF_CLIENT_ID</code>" not in page.partition("</ol>")[0]
    settings.ANAF_CLIENT_SECRET = "a secret"
    factories.company(organization)
    page = signed_in.get("/", follow=True).content.decode()
    assert ticks(page) == [True, True, False]
    assert 'href="/firme/"' not in page[page.index("checklist start") :].partition("</ol>")[0]
    factories.authorization(organization)
    assert "checklist start" not in signed_in.get("/integrari/").content.decode()
