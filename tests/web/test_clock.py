"""A page left open over midnight: its words are fetched anew, and what is copied is of now.

The pages are made by Django, then one Chromium reads them: the network answers from memory, and the
browser's clock is ours.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from caraus.accounts.models import Company
from caraus.core.formatting import today
from caraus.transports.models import Transport
from tests import factories
from tests.transports.test_views import transport

# A browser lets pages of this machine use the clipboard.
ORIGIN = "http://127.0.0.1:8000"

type Pages = dict[str, tuple[int, bytes]]


@pytest.fixture
def before_and_after(signed_in: Client, company: Company) -> tuple[str, Pages, Pages]:
    """Return a UIT's address, its pages and Panou on the UIT's last day and on the day after."""
    factories.authorization(company.organization)
    row = transport(company, uit="3V0P0L0P0T3JUW46", first_expired_day=today() + timedelta(days=1))
    address = f"/transporturi/{row.pk}/"

    def pages() -> Pages:
        addresses = (address, f"{address}text-pentru-sofer/", "/")
        responses = {path: signed_in.get(path) for path in addresses}
        return {
            path: (response.status_code, response.content) for path, response in responses.items()
        }

    before = pages()
    Transport.objects.update(first_expired_day=today())
    return address, before, pages()


@pytest.fixture
def served(browser: Browser) -> Iterator[tuple[Page, Pages]]:
    """Open a page whose network are the pages put into the dictionary."""
    pages: Pages = {}

    def respond(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        static = path.startswith("/static/") and finders.find(path.removeprefix("/static/"))
        if path in pages:
            status, body = pages[path]
            kind = "text/plain" if path.endswith("sofer/") else "text/html"
            route.fulfill(status=status, body=body, content_type=f"{kind}; charset=utf-8")
        elif isinstance(static, str):
            route.fulfill(path=static)
        else:
            route.fulfill(status=204)

    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.route("**/*", respond)
    page.clock.install()
    yield page, pages
    context.close()


def test_a_uit_page_left_open_over_midnight_says_that_it_expired(
    before_and_after: tuple[str, Pages, Pages], served: tuple[Page, Pages]
) -> None:
    (address, before, after), (page, pages) = before_and_after, served
    pages |= before
    page.goto(ORIGIN + address)
    expect(page.locator(".uit-head .pill")).to_have_text("expiră azi")
    note = page.get_by_role("textbox")
    note.fill("Sunat șoferul la 23:50")
    pages |= after
    page.clock.fast_forward("24:00:10")
    stop = page.get_by_text("oprește-l și cere un UIT valabil")
    expect(stop).to_be_visible()
    expect(page.locator(".uit-head .pill")).to_have_text("expirat")
    expect(page.locator(".driver-text")).to_contain_text("ATENȚIE: acest UIT a expirat.")
    expect(page.locator(".uit-head").get_by_text("încă")).to_have_count(0)
    expect(note).to_have_value("Sunat șoferul la 23:50")


def test_what_is_copied_for_the_driver_is_of_now_or_nothing(
    before_and_after: tuple[str, Pages, Pages], served: tuple[Page, Pages]
) -> None:
    (address, before, after), (page, pages) = before_and_after, served
    pages |= before
    page.goto(ORIGIN + address)
    pages |= after  # and the page has not refreshed itself yet
    copy = page.locator("#copiaza-pentru-sofer")
    copy.click()
    expect(copy).to_have_attribute("data-copied", "")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("ATENȚIE: acest UIT a expirat.")
    page.evaluate("navigator.clipboard.writeText('nothing')")
    pages[f"{address}text-pentru-sofer/"] = (503, b"")
    texts: list[str] = []

    def accept(dialog: Dialog) -> None:
        texts.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    with page.expect_event("dialog"):
        copy.click()
    assert texts[0].startswith("Textul nu a putut fi luat de la server: nu este copiat nimic.")
    assert page.evaluate("navigator.clipboard.readText()") == "nothing"


def test_a_dashboard_left_open_over_midnight_counts_what_expired(
    before_and_after: tuple[str, Pages, Pages], served: tuple[Page, Pages]
) -> None:
    (_, before, after), (page, pages) = before_and_after, served
    pages |= before
    page.goto(f"{ORIGIN}/")
    expect(page.locator("[data-risk=expired]")).to_have_count(0)
    pages["/"] = (503, b"")  # a server that restarts at midnight is requested again
    with page.expect_response(f"{ORIGIN}/"):
        page.clock.fast_forward("24:00:10")
    pages |= after
    link = page.locator("[data-risk=expired]").get_by_role("link", name="Expirate, nerezolvate")
    for _ in range(20):  # a minute after it failed, whenever that is known to the page
        page.clock.fast_forward("01:10")
        page.wait_for_timeout(100)
        if link.count():
            break
    expect(link).to_be_visible()
