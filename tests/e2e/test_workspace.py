"""The list as a dispatcher works with it: from the keyboard, and by a piece of a plate."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import walking
from tests.e2e.demo_process import DemoProcess


def test_a_dispatcher_finds_a_uit_by_a_piece_of_its_plate_from_the_keyboard(
    page: Page, demo: DemoProcess
) -> None:
    walking.sign_in(page)
    added = demo.control("uit", {"cui": "900010100", "nr_veh": "CJ77NOU"})
    assert isinstance(added, dict)
    walking.open_integrations(page)
    window = walking.press_authorize(page)
    walking.choose_certificate(window)
    walking.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    window.close()
    page.goto("/transporturi/?q=77nou")
    row = page.locator(f"[data-uit='{added['uit']}']:visible")
    expect(row).to_be_visible()
    expect(page.get_by_text("Întrebăm ANAF acum")).to_have_count(0)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("cj-77 n")
    expect(page).to_have_url(re.compile(r"\?q=cj-77(\+|%20)n$"))
    expect(page.locator("[data-uit]:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(row.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/transporturi/\d+/$"))
    expect(page.get_by_text("CJ77NOU").first).to_be_visible()
