"""Integrări in a browser: a line per authorization; ANAF's window that closes or never opens."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone
from django.utils.csp import CSP
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Membership, Organization
from caraus.accounts.provision import provision_user
from caraus.anaf.tokens import read_tokens
from caraus.authorizations import token_refresh
from caraus.authorizations.models import Authorization, CompanyRight
from tests import factories
from tests.anaf.samples import signed
from tests.simulator_process import SimulatorProcess
from tests.web.test_in_a_browser import EMAIL, PASSWORD, signed_in_page

SERIAL = "2006051671C0FFEE01A2B3C4D5E6F70"
WAITING = "Așteptăm confirmarea de la ANAF…"
CLOSED = "Fereastra ANAF s-a închis înainte de mesajul de succes"
PAGE_BOTTOM = """() => Math.max(...[...document.querySelector('main').children]
    .map(part => part.getBoundingClientRect().bottom))"""


@pytest.fixture
def carrier(transactional_db: None) -> Organization:
    """Make an organization with three companies, whose owner can sign in."""
    organization = factories.organization()
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=ana, organization=organization, role="owner")
    for cui in ("900010100", "900020201", "900030302"):
        factories.company(organization, cui=cui)
    return organization


@pytest.fixture
def three(carrier: Organization) -> list[Authorization]:
    """Make three authorizations: of one person with two certificates, and of a link's holder."""
    rows = []
    for number, holder in enumerate(("", "", "Gheorghe Moț")):
        row = factories.authorization(carrier, serial=f"{SERIAL}{number}")
        row.certificate_holder = holder
        row.authorized_at = timezone.now() - timedelta(days=number)
        row.save()
        rows.append(row)
        for company in carrier.companies.all()[number:]:
            CompanyRight.objects.create(
                authorization=row, company=company, state=CompanyRight.State.COVERED
            )
    return rows


def test_three_authorizations_are_three_lines_on_one_screen(
    browser: Browser, live_server: LiveServer, three: list[Authorization]
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/integrari/")
        lines = page.locator(".authorization")
        expect(lines).to_have_count(3)
        assert [line.bounding_box()["height"] <= 48 for line in lines.all()] == [True] * 3  # type: ignore[index]
        assert page.evaluate(PAGE_BOTTOM) <= 900
        for line, serial, companies in zip(
            lines.all(), ("0", "1", "2"), ("3 firme", "2 din 3 firme", "1 din 3 firme"), strict=True
        ):
            expect(line.locator("summary .mono")).to_have_text(f"2006…E6F70{serial}")
            expect(line.get_by_text(companies, exact=True)).to_be_visible()
            expect(line.get_by_text("Activ", exact=True)).to_be_visible()
            expect(line.get_by_role("button", name="Testează conexiunea")).to_be_visible()
            expect(line.get_by_role("link", name="Am reînnoit certificatul")).to_be_visible()
            expect(line.get_by_text("Data autorizării")).to_be_hidden()
        # Who holds the certificate, where ANAF's token names them; else who authorized.
        expect(lines.nth(1).locator("strong").first).to_have_text("Ana Pop")
        expect(lines.nth(2).locator("strong").first).to_have_text("Gheorghe Moț")
        lines.nth(2).locator("summary").first.click()
        expect(lines.nth(2).get_by_text("Data autorizării")).to_be_visible()
        expect(lines.nth(2).get_by_text("Deconectează", exact=True)).to_be_visible()
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("claim", ["holder", "CN"])
def test_the_holder_is_kept_where_anafs_token_names_them(
    organization: Organization, claim: str
) -> None:
    authorization = factories.authorization(organization)
    assert authorization.holder_name == "Ana Pop"
    now = timezone.now()
    for access in (signed(**{claim: "Gheorghe Moț"}), "opaque"):  # a later one may not name them
        response = {"access_token": access, "refresh_token": "opaque"}
        token_refresh.store_tokens(authorization, read_tokens(response, issued_at=now))
        authorization.save()
        authorization.refresh_from_db()
        assert authorization.holder_name == "Gheorghe Moț"


@pytest.fixture
def login(anaf: SimulatorProcess, settings: LazySettings) -> str:
    """Return the address of the simulated ANAF, to which the pages let the form go."""
    settings.SECURE_CSP = settings.SECURE_CSP | {"form-action": [CSP.SELF, anaf.url]}
    return anaf.url


def open_and_authorize(page: Page) -> None:
    page.goto("/integrari/")
    page.get_by_role("button", name="Autorizare cu ANAF SPV").click()


def test_a_closed_window_of_anaf_ends_the_waiting_at_once(
    browser: Browser, live_server: LiveServer, carrier: Organization, login: str
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.clock.install()
        with page.expect_popup() as popup:
            open_and_authorize(page)
        popup.value.wait_for_url(f"{login}/**")
        expect(page.get_by_text(WAITING)).to_be_visible()
        page.clock.pause_at(page.evaluate("Date.now()") + 60_000)
        popup.value.close()
        page.clock.run_for(500)  # it waits for no answer of the server
        expect(page.get_by_text(CLOSED)).to_be_visible()
        expect(page.get_by_text(WAITING)).to_be_hidden()
        expect(page.get_by_role("button", name="Autorizare cu ANAF SPV")).to_be_visible()


@pytest.mark.parametrize("given", ["null", "{closed: true, focus() {}}"])
def test_a_blocked_window_leads_to_anaf_in_the_same_tab(
    browser: Browser,
    live_server: LiveServer,
    carrier: Organization,
    login: str,
    given: str,
) -> None:
    """As browsers and their extensions block it: no window, or an empty thing in its place."""
    with signed_in_page(browser, live_server) as page:
        page.add_init_script(f"window.open = () => ({given})")
        open_and_authorize(page)
        page.wait_for_url(f"{login}/**")
        page.go_back()
        page.wait_for_url("**/integrari/")
        expect(page.get_by_role("button", name="Autorizare cu ANAF SPV")).to_be_visible()
        expect(page.get_by_text(WAITING)).to_be_hidden()
