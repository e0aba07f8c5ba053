"""From sign-in to every UIT on the screen, as a carrier walks it; and where the way breaks."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess

BUSY = "900010100"


def test_a_carrier_who_cancels_is_reported_as_such_and_stays_unauthorized(page: Page) -> None:
    page.goto("/")
    page_steps.open_integrations(page)
    window = page_steps.press_authorize(page)
    window.get_by_role("button", name="Anulează").click()
    expect(window.get_by_text("Autorizarea nu a fost dată")).to_be_visible()
    window.get_by_role("button", name="Încearcă din nou").click()
    window.wait_for_url(re.compile("/anaf-oauth2/v1/authorize"))
    window.close()
    expect(page.get_by_role("button", name="Autorizare cu ANAF SPV")).to_be_visible()
    expect(page.get_by_text("Data autorizării")).to_have_count(0)


def test_a_closed_window_of_anaf_is_said_so_and_the_button_offered_again(page: Page) -> None:
    page.goto("/")
    page_steps.open_integrations(page)
    waits = page.get_by_text("Așteptăm confirmarea de la ANAF…")
    session = page.get_by_text("Your session is finished")
    window = page_steps.press_authorize(page)
    expect(waits).to_be_visible()
    window.close()
    closed = page.get_by_text("Fereastra ANAF s-a închis înainte de mesajul de succes")
    expect(closed).to_be_visible()
    expect(waits).to_be_hidden()
    page.clock.install()
    window = page_steps.press_authorize(page)
    expect(waits).to_be_visible()
    expect(closed).to_be_hidden()
    expect(session).to_be_hidden()
    page.clock.fast_forward(61_000)
    expect(session).to_be_visible()
    window.close()


def test_anaf_being_down_after_the_pin_is_anafs_fault_and_can_be_tried_again(
    page: Page, demo: DemoProcess
) -> None:
    page.goto("/")
    page_steps.open_integrations(page)
    demo.control("scenario", {"name": "token_endpoint_down", "on": True})
    window = page_steps.press_authorize(page)
    page_steps.choose_certificate(window)
    page_steps.type_pin(window)
    expect(
        window.get_by_text("Serviciul de autorizare al ANAF nu funcționează acum")
    ).to_be_visible()
    window.close()
    expect(page.get_by_text("Data autorizării")).to_have_count(0)


def test_a_carrier_authorizes_and_sees_every_uit_within_ten_seconds(
    page: Page, demo: DemoProcess
) -> None:
    page.goto("/")
    page_steps.open_integrations(page)
    window = page_steps.press_authorize(page)
    page_steps.choose_certificate(window)
    page_steps.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()

    # The opener's card turns green by itself, with who and until when.
    card = page.locator("main")
    expect(card.get_by_text("Activ", exact=True)).to_be_visible()
    for words in ("Persoana", "Ioana Dobre", "Data autorizării", "Data expirării"):
        expect(card.get_by_text(words).first).to_be_visible()
    expect(card.get_by_text("Reînnoire automată")).to_be_visible()

    # The window closes when the person wants.
    with window.expect_event("close"):
        window.get_by_role("button", name="Închide fereastra").click()

    page.get_by_role("link", name="Transporturi").first.click()
    page.goto(f"/transporturi/?firma={BUSY}")
    expected = demo.active(BUSY)
    expect(page.locator("[data-uit]:visible")).to_have_count(len(expected), timeout=10_000)
    assert page_steps.shown_uits(page) == expected

    uit = sorted(expected)[0]
    page.locator(f"[data-uit='{uit}']:visible").locator(".col-uit a").click()
    expect(page).to_have_url(re.compile(r"/transporturi/\d+/$"))
    grouped = " ".join(uit[i : i + 4] for i in range(0, len(uit), 4))
    expect(page.get_by_text(re.compile(f"{uit}|{grouped}")).first).to_be_visible()
    expect(page.get_by_text("apărut").first).to_be_visible()


def test_when_anaf_fails_the_list_stays_and_says_how_old_it_is(
    page: Page, demo: DemoProcess
) -> None:
    page.goto(f"/transporturi/?firma={BUSY}")
    before = page_steps.shown_uits(page)
    assert before
    demo.control("scenario", {"name": "down_503", "on": True})
    page.get_by_role("button", name="Sincronizează acum").click()
    expect(page.get_by_text("Serviciul ANAF are o defecțiune").first).to_be_visible(timeout=20_000)
    assert page_steps.shown_uits(page) == before

    demo.control("scenario", {"name": "down_503", "on": False})
    page.get_by_role("button", name="Sincronizează acum").click()
    expect(page.get_by_text("Serviciul ANAF are o defecțiune")).to_have_count(0, timeout=20_000)


def test_without_javascript_the_same_tab_goes_to_anaf_and_back(
    browser: Browser, demo: DemoProcess, context: BrowserContext, email: str
) -> None:
    plain = browser.new_context(base_url=demo.address, locale="ro-RO", java_script_enabled=False)
    page = plain.new_page()
    page_steps.sign_in(page, email)
    page_steps.open_integrations(page)
    page.get_by_role("button", name=re.compile("^Autoriz")).first.click()
    page_steps.choose_certificate(page, "single")
    page_steps.type_pin(page)
    # This certificate has rights for another firm only. The page answers at once and counts ANAF's
    # answers as they come; without JavaScript, each time that it is loaded again.
    expect(page.get_by_text("Autorizarea a reușit")).to_be_visible()
    sentence = page.get_by_text("Autorizat, dar fără drept în SPV")
    for _ in range(40):
        if sentence.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(sentence).to_be_visible()
    plain.close()


def test_a_new_uit_and_a_corrected_plate_appear_by_themselves(
    page: Page, demo: DemoProcess
) -> None:
    page.goto(f"/transporturi/?firma={BUSY}")
    added = demo.control("uit", {"cui": BUSY, "nr_veh": "CJ77NOU"})
    assert isinstance(added, dict)
    page.get_by_role("button", name="Sincronizează acum").click()
    row = page.locator(f"[data-uit='{added['uit']}']:visible")
    expect(row).to_be_visible(timeout=20_000)
    expect(row.get_by_text(re.compile(r"CJ ?77 ?NOU")).first).to_be_visible()
