"""A fleet from a workbook with errors, and the problem that it raises on a UIT."""

import io
import re

from openpyxl import Workbook
from playwright.sync_api import Page, expect

from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess

CUI = "900010100"


def workbook() -> bytes:
    book = Workbook()
    for row in (
        ["Număr", "Fel", "Notă"],
        ["CJ 01 ABC", "cap tractor", "Volvo"],
        ["CJ 02 REM", "zmeu", "semiremorcă nouă"],
        ["fără număr", "camion", ""],
        ["cj-01-abc", "cap tractor", "Volvo"],
    ):
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_fleet_is_imported_with_errors_and_a_foreign_vehicle_is_reported_and_added(
    page: Page, demo: DemoProcess
) -> None:
    page.goto("/")
    plates = {"nr_veh": "CJ77NOU", "nr_rem1": "CJ02REM", "nr_rem2": ""}
    added = demo.control("uit", {"cui": CUI, **plates})
    assert isinstance(added, dict)
    page_steps.open_integrations(page)
    window = page_steps.press_authorize(page)
    page_steps.choose_certificate(window)
    page_steps.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    window.close()
    page.goto(f"/transporturi/?firma={CUI}&q=cj77nou")
    row = page.locator(f"[data-uit='{added['uit']}']:visible")
    expect(row).to_be_visible()
    expect(row.get_by_text("nu e în flotă")).to_have_count(0)

    page.get_by_role("link", name="Flota").first.click()
    page.get_by_role("link", name="Adaugă o listă").first.click()
    page.get_by_label("Firma").select_option(CUI)
    page.get_by_label("sau un fișier").set_input_files(
        {"name": "flota.xlsx", "mimeType": "application/octet-stream", "buffer": workbook()}
    )
    page.get_by_role("button", name="Citește lista").click()
    expect(page.get_by_text("1 vehicul nou")).to_be_visible()
    expect(page.get_by_text("Rândul 3: Nu înțelegem tipul „zmeu”")).to_be_visible()
    expect(page.get_by_text("Rândul 4: „fără număr” nu este")).to_be_visible()
    page.get_by_role("button", name="Adaugă în flotă").click()
    expect(page.get_by_text("1 vehicul adăugat")).to_be_visible()
    page.locator("#gresite").fill("CJ 02 REM; remorcă; semiremorcă nouă")
    page.get_by_role("button", name="Verifică din nou").click()
    page.get_by_role("button", name="Adaugă în flotă").click()
    expect(page.locator("tr[data-plate]")).to_have_count(2)

    page.goto(f"/transporturi/?firma={CUI}&probleme=1&q=cj77nou")
    expect(row.get_by_text("nu e în flotă")).to_be_visible()
    row.locator(".col-uit a").click()
    page.wait_for_url(re.compile(r"/transporturi/\d+/"))
    expect(page.get_by_role("heading", name="Vehiculul CJ77NOU nu este în flotă")).to_be_visible()
    page.get_by_role("button", name="Adaugă CJ77NOU în flotă").click()
    expect(page.get_by_text("CJ77NOU este acum în flotă")).to_be_visible()
    expect(page.get_by_text("Vehiculul CJ77NOU nu este")).to_have_count(0)
    page.goto(f"/transporturi/?firma={CUI}&probleme=1&q=cj77nou")
    expect(page.locator("[data-uit]:visible")).to_have_count(0)
