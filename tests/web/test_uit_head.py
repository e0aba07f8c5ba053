"""A UIT's page: what a dispatcher asks first stands on the first screen; the search by Ctrl+K."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Membership
from caraus.accounts.provision import provision_user
from caraus.core.formatting import today
from caraus.transports.models import DeclarantContact, Transport, TransportEvent
from tests import factories
from tests.authorize import at_once
from tests.transports.test_views import transport
from tests.web.test_in_a_browser import EMAIL, PASSWORD, signed_in_page
from tests.web.test_rows_on_screen import LONG_NAME

# The lowest edge of what is looked for first: code, plates, route, end, actions.
LOWEST = """() => Math.max(...[
    '.uit-head h1', '.uit-head .plates', '.uit-head .route', '.uit-until', '.uit-actions',
    '.uit-head .dealt-with', '#exporta'
].map(name => document.querySelector(name).getBoundingClientRect().bottom))"""


@pytest.fixture
def row(transactional_db: None) -> Transport:
    """Return a UIT with a long route, two trailers and a declarant who can be reached."""
    organization = factories.organization()
    factories.authorization(organization)
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=ana, organization=organization, role="owner")
    company = factories.company(organization, name=LONG_NAME)
    DeclarantContact.objects.create(
        organization=organization, cui="900117817", phone="0722 123 456", email="a@agro.ro"
    )
    return transport(
        company,
        plate="B101ABC",
        trailer1="CT10WPT",
        trailer2="CT11WPT",
        declarant_cui="900117817",
        declarant_name=LONG_NAME,
        start={"county": "AR", "locality": "Nădlac"},
        end={"county": "CJ", "locality": LONG_NAME},
        first_expired_day=today() + timedelta(days=3),
    )


def open_uit(page: Page, row: Transport) -> None:
    page.goto(f"/transporturi/{row.pk}/")


def test_the_head_stands_on_the_first_screen(
    browser: Browser, live_server: LiveServer, row: Transport
) -> None:
    with signed_in_page(browser, live_server) as page:
        open_uit(page, row)
        assert page.evaluate(LOWEST) <= 200
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440
        page.set_viewport_size({"width": 1152, "height": 720})
        assert page.evaluate(LOWEST) <= 260
        page.set_viewport_size({"width": 390, "height": 844})
        menu = page.locator(".nav").evaluate("menu => menu.getBoundingClientRect().top")
        assert page.evaluate(LOWEST) <= menu
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_ordinary_route_is_whole_in_the_head(
    browser: Browser, live_server: LiveServer, row: Transport
) -> None:
    end = {"county": "IL", "locality": "Lehliu Gară"}
    Transport.objects.update(end=end, start={"county": "IF", "locality": "Ștefăneștii de Jos"})
    cut = "parts => parts.filter(part => part.scrollWidth > part.clientWidth + 1).length"
    with signed_in_page(browser, live_server) as page:
        open_uit(page, row)
        for width, height in ((1440, 900), (1152, 720), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.locator(".uit-head .route > span").evaluate_all(cut) == 0, width


def test_plate_county_and_declarant_lead_to_their_uits(
    browser: Browser, live_server: LiveServer, row: Transport
) -> None:
    with signed_in_page(browser, live_server) as page:
        for name, address in (
            ("B101ABC", "**/transporturi/?arata=toate&vehicul=B101ABC"),
            ("CJ", "**/transporturi/?loc=CJ"),
            (LONG_NAME, "**/transporturi/?arata=toate&declarant=900117817"),
        ):
            open_uit(page, row)
            page.get_by_role("main").get_by_role("link", name=name, exact=True).click()
            page.wait_for_url(address)
            expect(page.locator(f"tr[data-uit='{row.uit}']")).to_be_visible()


def test_a_request_that_is_opened_is_written_in_the_history(
    browser: Browser, live_server: LiveServer, row: Transport
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.context.route("https://wa.me/**", lambda route: route.fulfill(body="WhatsApp"))
        open_uit(page, row)
        with page.context.expect_page() as chat:
            page.get_by_role("link", name="Cere corectură, prin WhatsApp").click()
        assert chat.value.url.startswith("https://wa.me/40722123456?text=")
        chat.value.close()
        expect(page.locator("#anunt")).to_have_text("Cererea este scrisă în istoric")
        page.reload()
        expect(page.get_by_text("corectură, prin WhatsApp")).to_be_visible()
        kinds = at_once(lambda: list(TransportEvent.objects.values_list("kind", flat=True)))
        assert kinds == [["requested"]]


def test_everything_is_found_from_every_page(
    browser: Browser, live_server: LiveServer, row: Transport
) -> None:
    with signed_in_page(browser, live_server) as page:
        dialog = page.get_by_role("dialog")
        for address in ("/", "/flota/", f"/transporturi/{row.pk}/", "/transporturi/"):
            page.goto(address)
            page.keyboard.press("Control+k")
            expect(dialog.get_by_role("searchbox")).to_be_focused()
            page.keyboard.press("Escape")
            expect(dialog).to_be_hidden()
        page.goto("/")
        page.get_by_role("link", name="Căutare rapidă").click()
        expect(dialog).to_be_visible()
        page.keyboard.type("1a2b 3c4d")
        result = dialog.get_by_role("link", name="1A2B 3C4D 5E6F 7H88")
        expect(result).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(result).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(dialog.get_by_role("searchbox")).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/transporturi/{row.pk}/")
