"""The list as a dispatcher works with it: from the keyboard, and by a piece of a plate."""

import csv
import re
from pathlib import Path

import openpyxl
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess
from tests.web import page_checks


def test_a_dispatcher_finds_a_uit_by_a_piece_of_its_plate_from_the_keyboard(
    page: Page, context: BrowserContext, demo: DemoProcess
) -> None:
    page.goto("/")
    added = demo.control("uit", {"cui": "900010100", "nr_veh": "CJ77NOU"})
    assert isinstance(added, dict)
    page_steps.open_integrations(page)
    window = page_steps.press_authorize(page)
    page_steps.choose_certificate(window)
    page_steps.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    window.close()
    page.goto("/transporturi/?q=77nou")
    row = page.locator(f"[data-uit='{added['uit']}']:visible")
    expect(row).to_be_visible()
    expect(page.get_by_text("Interogăm ANAF acum")).to_have_count(0)

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
    expect(row.locator(".col-uit a")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/transporturi/\d+/$"))
    expect(page.get_by_text("CJ77NOU").first).to_be_visible()

    stale = context.new_page()  # a page that stood open for too long says so when it is to sync
    stale.goto("/transporturi/")
    context.clear_cookies(name="csrftoken")
    stale.get_by_role("button", name="Sincronizează acum").click()
    expect(stale.get_by_role("heading", name="Formularul a expirat")).to_be_visible()


def test_what_arrives_is_marked_counted_and_does_not_move_the_rows_under_the_pointer(
    page: Page, context: BrowserContext, demo: DemoProcess
) -> None:
    view = "/transporturi/?firma=900010100"
    page.goto(view)
    rows = page.locator("#lista tr[data-uit]")
    rows.first.hover()
    before = page_steps.shown_uits(page)
    assert before
    added = demo.control("uit", {"cui": "900010100", "nr_veh": "TM55VIU"})
    assert isinstance(added, dict)
    colleague = context.new_page()
    page_steps.sync_until(colleague, "TM55VIU")
    page.evaluate("htmx.trigger('#lista', 'refresh')")
    arrived = page.get_by_role("button", name="O noutate în listă")
    expect(arrived).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    assert page_steps.shown_uits(page) == before
    arrived.click()
    row = page.locator(f"[data-uit='{added['uit']}']")
    expect(row.get_by_text("nou", exact=True)).to_be_visible()
    row.locator(".col-uit a").focus()
    expect(row.get_by_text("nou", exact=True)).to_be_hidden()
    expect(page).to_have_title(re.compile("^Transporturi"))

    # Over a slow line the rows come one after another: the columns stand where they will stand.
    columns = (
        "[...document.querySelectorAll('#lista thead th')]"
        ".map(head => head.getBoundingClientRect().x)"
    )
    whole = page.evaluate(columns)
    page.evaluate("document.querySelectorAll('#lista tbody tr').forEach(one => one.remove())")
    assert len(whole) > 5
    assert page.evaluate(columns) == whole

    page.mouse.move(0, 0)
    page.get_by_role("searchbox").focus()
    demo.control(f"vehicle-change/{added['uit']}", {"nr_veh": "TM56VIU"})
    page_steps.sync_until(colleague, "TM56VIU")
    page.evaluate("htmx.trigger('#lista', 'refresh')")
    expect(row.get_by_text("schimbat", exact=True)).to_be_visible()

    row.locator(".col-uit a").hover()
    page.mouse.down()  # what changes between pressing and letting go does not eat the click
    demo.control(f"vehicle-change/{added['uit']}", {"nr_veh": "TM57VIU"})
    page_steps.sync_until(colleague, "TM57VIU")
    answered = "new Promise((done) => document.addEventListener('htmx:afterRequest', () => done()))"
    page.evaluate(f"htmx.trigger('#lista', 'refresh'), {answered}")
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"/transporturi/\d+/$"))
    expect(page.get_by_text("TM57VIU").first).to_be_visible()


def test_the_view_is_saved_with_its_columns_and_taken_along_as_a_file(
    page: Page, browser: Browser, demo: DemoProcess, tmp_path: Path
) -> None:
    page.goto("/transporturi/?arata=toate")
    page.locator("summary", has_text="Filtre").click()
    page.get_by_label("Ordinea").select_option("expira")
    expect(page).to_have_url(re.compile("sortare=expira"))
    page.locator("summary", has_text="Coloane").click()
    page.get_by_label("Ultima modificare").check()
    page.get_by_label("Referință", exact=True).check()
    page.get_by_role("button", name="Aplică").click()
    expect(page.get_by_role("columnheader", name="Ultima modificare")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Referință", exact=True)).to_be_visible()
    page.locator("summary", has_text="Salvează vederea").click()
    page.get_by_label("Numele vederii").fill("Tot ce expiră")
    page.get_by_role("button", name="Salvează", exact=True).click()
    page.goto("/transporturi/")
    page.get_by_role("link", name="Tot ce expiră").click()
    expect(page).to_have_url(re.compile("arata=toate&sortare=expira$"))

    shown = [row.get_attribute("data-uit") for row in page.locator("#lista tbody tr").all()]
    page.locator("summary", has_text="Exportă").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel (XLSX)").click()
    assert re.fullmatch(r"transporturi-[\d-]+\.xlsx", download.value.suggested_filename)
    download.value.save_as(tmp_path / "lista.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "lista.xlsx").active
    assert sheet is not None
    exported = [cell for (cell,) in sheet.iter_rows(min_row=2, max_col=1, values_only=True)]
    assert exported[: len(shown)] == shown

    plain = browser.new_context(
        base_url=demo.address,
        locale="ro-RO",
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
    )
    without = plain.new_page()
    without.goto("/transporturi/?arata=toate&sortare=expira")
    without.locator("summary", has_text="Exportă").click()
    with without.expect_download() as download:
        without.get_by_role("button", name="CSV (;)").click()
    download.value.save_as(tmp_path / "lista.csv")
    with (tmp_path / "lista.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [line[0] for line in csv.reader(file, delimiter=";")][1:] == exported
    plain.close()


def test_in_two_languages_on_a_phone_without_javascript(
    browser: Browser, demo: DemoProcess, email: str
) -> None:
    phone = browser.new_context(
        base_url=demo.address,
        locale="en-GB",
        viewport={"width": 390, "height": 844},
        java_script_enabled=False,
    )
    page = phone.new_page()
    page.goto("/cont/login/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Română").click()
    expect(page.get_by_role("heading", name="Intră în cont")).to_be_visible()
    page_steps.sign_in(page, email)
    page.goto("/transporturi/")
    expect(page.get_by_role("heading", name="Transporturi", exact=True)).to_be_visible()
    page.goto("/cont/date/")
    page.get_by_role("main").get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="My data")).to_be_visible()
    for address, words in {
        "/transporturi/": "Transports",
        "/firme/": "Companies",
        "/integrari/": "Integrations",
        "/notificari/": "Notifications",
    }.items():
        page.goto(address)
        expect(page.get_by_role("heading", name=words, exact=True)).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "en"
    page.goto("/transporturi/")
    page.locator("tbody [data-uit] .col-uit a").first.click()
    expect(page.get_by_role("heading", name="Route")).to_be_visible()
    page.get_by_role("button", name="Română").click()
    expect(page.get_by_role("heading", name="Ruta")).to_be_visible()
    phone.close()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it is there; what the keyboard does not reach fails."""
    element = target.element_handle()  # looked for once: by its role it takes long on a full page
    for _ in range(250):
        page.keyboard.press("Tab")
        if element.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target}")


def test_a_days_work_is_done_from_the_keyboard_alone(
    browser: Browser, demo: DemoProcess, email: str
) -> None:
    context = browser.new_context(
        base_url=demo.address, locale="ro-RO", viewport={"width": 1280, "height": 900}
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(15_000)
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    bytes_got: list[int] = []
    network.on(
        "Network.loadingFinished", lambda event: bytes_got.append(event["encodedDataLength"])
    )
    page.goto("/transporturi/")
    tab_to(page, page.locator("[name=login]"))
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(page_steps.PASSWORD)
    bytes_got.clear()
    network.send("Network.clearBrowserCache")
    page.keyboard.press("Enter")
    rows = page.locator("#lista tr[data-uit]")
    expect(rows.first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert 10_000 < sum(bytes_got) < 150_000  # fifty rows, all that they need, nothing kept before
    assert page_checks.shifted(page) < 0.01

    # A row: copied, looked at beside the dialog of keys, opened.
    page.keyboard.press("j")
    page.keyboard.press("j")
    link = rows.nth(1).locator(".col-uit a")
    uit = rows.nth(1).get_attribute("data-uit")
    expect(link).to_be_focused()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(3):
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_role("status").filter(has_text="UIT copiat")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == uit
    expect(link).to_be_focused()

    # A menu gives back the focus; a filter is set.
    columns = page.locator("summary", has_text="Coloane")
    page.locator(".views a").first.focus()
    tab_to(page, columns)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Ultima modificare")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Ultima modificare")).to_be_hidden()
    expect(columns).to_be_focused()
    page.keyboard.press("/")
    tab_to(page, page.locator("summary", has_text="Filtre"))
    page.keyboard.press("Enter")
    plate = rows.nth(1).locator(".plate").first.text_content() or ""
    tab_to(page, page.locator("#vehicul"))
    page.keyboard.type(plate)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"vehicul={plate}"))
    expect(rows.first.locator(".plate", has_text=plate)).to_be_visible()

    # A note on the UIT.
    page.locator("#vehicul").evaluate("one => one.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/transporturi/\d+/$"))
    tab_to(page, page.get_by_label("Nota", exact=True))
    page.keyboard.type("Doar din taste")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".note-text")).to_have_text("Doar din taste")

    # A vehicle, the bell, the other language on the narrowest screen.
    tab_to(page, page.get_by_role("navigation").get_by_role("link", name="Flota"))
    page.keyboard.press("Enter")
    company = page.locator("main form[method=post] [name=firma]")
    tab_to(page, company)
    page.keyboard.type("TRANS")
    page.keyboard.press("Tab")
    page.keyboard.type("cj 99 tst")
    page.keyboard.press("Enter")
    expect(page.locator("[data-plate=CJ99TST]")).to_be_visible()
    tab_to(page, page.locator("header .bell"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Notificări").first).to_be_visible()
    tab_to(page, page.locator("footer").get_by_role("button", name="English"))
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.set_viewport_size({"width": 320, "height": 700})
    assert list(page_checks.narrow(page)) == []
    page.goto("/transporturi/")
    page.get_by_role("button", name="Copy the UIT").first.click()
    expect(page.get_by_role("status").filter(has_text="UIT copied")).to_have_count(1)
    page.set_viewport_size({"width": 1280, "height": 900})
    tab_to(page, page.locator("footer").get_by_role("button", name="Română"))
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "ro")
    context.close()
