"""The steps of a person, in the words that stand on the screen."""

import re

from playwright.sync_api import Page, expect

EMAIL, PASSWORD, PIN = "demo@caraus.example", "demo-caraus", "1234"


def sign_in(page: Page, email: str = EMAIL) -> None:
    page.goto("/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    expect(page).not_to_have_url(re.compile("/cont/"))


def open_integrations(page: Page) -> None:
    page.get_by_role("link", name="Integrări").first.click()
    expect(page.get_by_text("RO e-Transport pentru transportatori").first).to_be_visible()


def press_authorize(page: Page) -> Page:
    """Press the blue button; the window of ANAF that opens."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Autorizare cu ANAF SPV").click()
    window = opened.value
    window.wait_for_url(re.compile("/anaf-oauth2/v1/authorize"))
    return window


def choose_certificate(window: Page, certificate: str = "three") -> None:
    window.locator(f"[data-certificate={certificate}]").click()
    window.get_by_role("button", name="Continuă").click()


def type_pin(window: Page, pin: str = PIN) -> None:
    window.locator("[name=pin]").fill(pin)
    window.get_by_role("button", name="Continuă").click()


def shown_uits(page: Page) -> set[str]:
    """Return the UITs of the list, as far as the page shows them."""
    rows = page.locator("[data-uit]:visible")
    return {str(row.get_attribute("data-uit")) for row in rows.all()}


def sync_until(page: Page, words: str, cui: str = "900010100") -> None:
    """Press „Sincronizează acum” and wait until a row holds these words."""
    page.goto(f"/transporturi/?firma={cui}")
    page.get_by_role("button", name="Sincronizează acum").click()
    expect(page.locator("[data-uit]", has_text=words)).to_be_visible(timeout=30_000)
