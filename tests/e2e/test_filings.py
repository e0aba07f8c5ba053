"""A truck breaks down: its twelve UITs get another vehicle at ANAF, with one confirmation."""

from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from caraus.core.formatting import BUCHAREST
from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess

CUI = "900010100"
PLATE = "B55TIR"


def authorize(page: Page) -> None:
    """Authorize with the certificate of the company, unless the test before did."""
    page_steps.open_integrations(page)
    if not page.get_by_role("button", name="Autorizare cu ANAF SPV").count():
        return
    window = page_steps.press_authorize(page)
    page_steps.choose_certificate(window)
    page_steps.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    window.close()


def test_twelve_uits_of_a_truck_with_one_refused_and_one_lost(
    page: Page, demo: DemoProcess
) -> None:
    page.goto("/")
    day = (datetime.now(BUCHAREST).date() - timedelta(days=1)).isoformat()
    plates = {"nr_veh": PLATE, "nr_rem1": "B01REM", "nr_rem2": ""}
    for _ in range(12):
        demo.control("uit", {"cui": CUI, "data_transp": day, **plates})
    authorize(page)
    page.goto(f"/transporturi/?firma={CUI}&q={PLATE}")
    expect(page.locator("[data-uit]:visible")).to_have_count(12, timeout=30_000)

    page.goto(f"/depuneri/vehicul/?numar={PLATE}")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(12)
    page.get_by_label("Vehiculul nou").fill("cj 77 xyz")
    page.get_by_label("Remorca", exact=False).first.fill("")
    page.get_by_role("button", name="Mai departe").click()
    expect(page.get_by_text("B 55 TIR + B 01 REM → CJ 77 XYZ, fără remorcă").first).to_be_visible()
    # The last one is known to nobody any more; the first one's answer gets lost.
    text = "UIT-ul nu poate fi identificat."
    demo.delete(f"uit/{page.locator('[data-change] a').last.inner_text()}")
    demo.control("scenario", {"name": "upload_lost_after", "on": True, "times": 1})
    page.get_by_role("button", name="Depune toate cele 12 la ANAF").click()
    expect(page.locator("[data-filing=refused]")).to_have_count(1, timeout=90_000)
    expect(page.get_by_text(text).first).to_be_visible()
    expect(page.locator("[data-filing=done]")).to_have_count(11, timeout=90_000)
    expect(page.get_by_text("11 din 12 apar la ANAF.")).to_be_visible()
    page.locator("li:has([data-filing=refused]) a").first.click()
    expect(page.get_by_text("Nu pleca încă: citește ce spune ANAF")).to_be_visible()
    page.goto("/depuneri/")
    page.locator("li:has([data-filing=done]) a").first.click()
    page.get_by_role("link", name="UIT ").first.click()
    expect(page.locator("#depuneri [data-filing=done]")).to_be_visible()


def test_one_change_on_a_phone_without_javascript(page: Page, demo: DemoProcess) -> None:
    """The page is read again by hand where nothing moves by itself."""
    page.goto("/")
    authorize(page)
    day = (datetime.now(BUCHAREST).date() - timedelta(days=1)).isoformat()
    added = demo.control("uit", {"cui": CUI, "nr_veh": "B66TIR", "data_transp": day})
    assert isinstance(added, dict)
    page_steps.sync_until(page, "B66TIR")
    browser = page.context.browser
    assert browser
    context = browser.new_context(
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
        storage_state=page.context.storage_state(),
        locale="ro-RO",
        base_url=page.url.partition("/transporturi")[0],
    )
    phone = context.new_page()
    phone.goto(f"/transporturi/?firma={CUI}&q=B66TIR&arata=toate")
    row = phone.locator(f"[data-uit='{added['uit']}']")
    # The link of the whole row would cover it.
    expect(row.locator(".file-change")).to_have_css("display", "none")
    row.locator("a[id^=uit-]:visible").click()
    phone.get_by_role("link", name="Schimbă vehiculul").click()
    phone.get_by_label("Vehiculul nou").fill("CJ77XYZ")
    phone.get_by_role("button", name="Mai departe").click()
    phone.get_by_role("button", name="Depune la ANAF").click()
    for _ in range(60):
        if phone.locator("[data-filing=done]").count():
            break
        phone.get_by_role("link", name="Vezi unde s-a ajuns").click(timeout=5_000)
        phone.wait_for_timeout(500)
    expect(phone.locator("[data-filing=done]")).to_be_visible()
    context.close()


def test_from_a_fleet_issue_to_what_anaf_shows(page: Page, demo: DemoProcess) -> None:
    """A truck that is not of the fleet stands on a UIT: the issue leads to the change."""
    page.goto("/")
    authorize(page)
    day = (datetime.now(BUCHAREST).date() - timedelta(days=1)).isoformat()
    plates = {"nr_veh": "B77TIR", "nr_rem1": "", "nr_rem2": ""}
    added = demo.control("uit", {"cui": CUI, "data_transp": day, **plates})
    assert isinstance(added, dict)
    page.goto("/flota/")
    page.get_by_role("link", name="Adaugă o listă").first.click()
    page.get_by_label("Firma").select_option(CUI)
    page.locator("[name=text]").fill("CJ 78 XYZ; cap tractor")
    page.get_by_role("button", name="Citește lista").click()
    page.get_by_role("button", name="Adaugă în flotă").click()
    page_steps.sync_until(page, "B77TIR")
    row = page.locator(f"[data-uit='{added['uit']}']:visible")
    row.locator("a[id^=uit-]").click()
    issue = page.locator("[data-problem=not_in_fleet]")
    issue.get_by_role("link", name="Schimbă vehiculul").click()
    page.get_by_label("Vehiculul nou").fill("cj-78 xyz")
    page.get_by_role("button", name="Mai departe").click()
    expect(page.get_by_text("B 77 TIR, fără remorcă → CJ 78 XYZ, fără remorcă")).to_be_visible()
    page.get_by_role("button", name="Depune la ANAF").click()
    expect(page.locator("[data-filing=done]")).to_be_visible(timeout=90_000)
    page.goto(f"/transporturi/?firma={CUI}&q={added['uit']}&arata=toate")
    expect(row.locator("[data-filing=done]")).to_be_visible()
    expect(row.get_by_text("CJ78XYZ")).to_be_visible()
