"""A person adds a passkey and signs in with it, without a password, in a real Chromium."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_opens_the_account_without_a_password(
    context: BrowserContext, page: Page, demo: DemoProcess, email: str
) -> None:
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    site = demo.address.replace("127.0.0.1", "localhost")  # browsers want a name for a key

    page.goto(f"{site}/cont/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(page_steps.PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    expect(page).not_to_have_url(re.compile("/cont/"))

    page.goto(f"{site}/cont/2fa/webauthn/add/")
    page.locator("[name=password]").fill(page_steps.PASSWORD)
    page.get_by_role("button", name="Continuă").click()
    page.get_by_label("Intru în cont numai cu această cheie").check()
    page.get_by_role("button", name="Adaugă cheia").click()
    expect(page.get_by_role("heading", name="Coduri de rezervă")).to_be_visible()

    page.goto(f"{site}/cont/logout/")
    page.get_by_role("button", name="Ieși").click()
    page.goto(f"{site}/cont/login/")
    page.get_by_role("button", name="Intră cu o cheie de acces").click()
    expect(page).not_to_have_url(re.compile("/cont/"))
    expect(page.get_by_role("link", name="Transporturi").first).to_be_visible()
