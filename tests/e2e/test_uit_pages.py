"""A UIT's page, Panou, the week and the map, as a dispatcher walks through them."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess

RELATIVE = re.compile(r"\b(acum|azi|ieri|mâine|ultima zi|încă)\b")
# Each time of the page as it stands on paper: the words are of no size, the exact time after them.
ON_PAPER = """elements => elements.map(one => [
    getComputedStyle(one).fontSize, getComputedStyle(one, '::after').content, one.title])"""
# What is seen on paper, without the times.
WORDS = """main => { const copy = main.cloneNode(true); main.after(copy);
    copy.querySelectorAll('time').forEach(one => one.remove());
    const words = copy.innerText; copy.remove(); return words }"""


def test_from_the_panel_to_a_uit_on_screen_on_paper_and_on_a_phone_without_scripts(
    page: Page, context: BrowserContext, demo: DemoProcess
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    added = demo.control("uit", {"cui": "900010100", "nr_veh": "CJ77CAR", "nr_rem1": "CJ78REM"})
    assert isinstance(added, dict)
    uit = added["uit"]
    page_steps.open_integrations(page)
    window = page_steps.press_authorize(page)
    page_steps.choose_certificate(window)
    page_steps.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    window.close()
    page.goto(f"/transporturi/?q={uit}")
    # The ten seconds that a first collection may take, as in test_main_path.
    expect(page.locator(f"[data-uit='{uit}']:visible")).to_be_visible(timeout=10_000)

    page.get_by_role("link", name="Panou").click()
    active = page.locator("[data-figure=active] strong")
    expect(active).to_have_text(re.compile(r"[1-9]"))
    expect(page.locator("[data-authorization-colour=green]")).to_be_visible()
    expect(page.locator("[data-risk]").first).to_be_visible()

    page.get_by_role("link", name="Transporturi").first.click()
    page.get_by_role("link", name="Săptămână", exact=True).click()
    bar = page.locator(f"[data-uit='{uit}']")
    expect(bar).to_be_visible()
    page.get_by_role("link", name="Săptămâna următoare").click()
    page.get_by_role("link", name="Săptămâna aceasta").click()
    page.get_by_role("link", name="Hartă", exact=True).click()
    county = page.locator("[data-county]").first
    county.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/harta/\?.*judet="))
    page.get_by_role("link", name="Vezi în listă", exact=True).click()
    expect(page).to_have_url(re.compile(r"/transporturi/\?.*loc="))
    expect(page.locator("[data-uit]:visible").first).to_be_visible()

    page.goto("/transporturi/saptamana/")
    bar.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(uit[:4])
    copy = page.locator("#copiaza-pentru-sofer")
    copy.click()
    expect(copy).to_have_attribute("data-copied", "")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".driver-text").inner_text()
    assert f"UIT: {uit[:4]} {uit[4:8]}" in copied
    assert "CJ77CAR" in copied
    page.get_by_label("Nota", exact=True).fill("Poarta 3")
    page.get_by_role("button", name="Adaugă nota").click()
    expect(page.locator(".note-text")).to_have_text("Poarta 3")
    href = page.get_by_role("link", name="Fișa șoferului").get_attribute("href")
    pdf = page.request.get(str(href))
    assert pdf.headers["content-type"] == "application/pdf"

    detail = page.url.partition("#")[0]
    _on_paper(page)
    _on_a_phone_without_scripts(context, demo.address, detail)


def _on_paper(page: Page) -> None:
    page.emulate_media(media="print")
    shown = page.locator("main").evaluate(WORDS)
    assert "Tipărit din Cărăuș la" in shown
    assert not RELATIVE.search(shown), RELATIVE.search(shown)
    times = page.locator("main time").evaluate_all(ON_PAPER)
    assert times
    for size, words, title in times:
        assert (size, words) == ("0px", f'"{title}"')
        assert re.fullmatch(r"\d\d\.\d\d\.\d{4}, \d\d:\d\d:\d\d", title)


def _on_a_phone_without_scripts(context: BrowserContext, address: str, detail: str) -> None:
    browser = context.browser
    assert browser
    bare = browser.new_context(
        base_url=address,
        viewport={"width": 320, "height": 640},
        java_script_enabled=False,
        locale="ro-RO",
        storage_state=context.storage_state(),
    )
    phone = bare.new_page()
    for path in ("/", "/transporturi/saptamana/", "/transporturi/harta/", detail):
        phone.goto(path)
        main = phone.locator("main").bounding_box()
        assert main
        assert main["width"] <= 320, path
    expect(phone.locator(".driver-text")).to_contain_text("UIT: ")
    phone.get_by_label("Nota", exact=True).fill("   ")
    phone.get_by_role("button", name="Adaugă nota").click()
    expect(phone.get_by_text("Scrie ceva în notă.")).to_be_visible()
    phone.get_by_label("Nota", exact=True).fill("fără scripturi")
    phone.get_by_role("button", name="Adaugă nota").click()
    expect(phone.locator(".note-text").last).to_have_text("fără scripturi")
    bare.close()
