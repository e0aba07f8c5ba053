"""The list as hands use it: many at once, groups that fold, back to the row, few stops for Tab."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, Membership
from caraus.accounts.provision import provision_user
from caraus.core.formatting import today
from caraus.transports.models import Mark
from tests import factories
from tests.authorize import at_once
from tests.transports.test_views import transport
from tests.web.test_in_a_browser import EMAIL, PASSWORD, sign_in, signed_in_page

FOCUSED_ROW = """() => {
    const row = document.activeElement.closest('#lista tr[data-uit]');
    return row && document.activeElement.matches('a') ? row.dataset.uit : '';
}"""
# A function: a text would be evaluated again and again, which the pages' policy forbids.
IS_FOCUSED_ROW = """uit => {
    const row = document.activeElement.closest('#lista tr[data-uit]');
    return row && document.activeElement.matches('a') && row.dataset.uit === uit;
}"""
CLIPBOARD = "navigator.clipboard.readText()"


@pytest.fixture(autouse=True)
def _uits(transactional_db: None) -> None:
    """Make a page of UITs in two groups, in an order that the clock does not change meanwhile."""
    organization = factories.organization()
    factories.authorization(organization)
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=ana, organization=organization, role="owner")
    company = factories.company(organization)
    for number in range(50):
        is_expired = number < 3
        transport(
            company,
            uit=f"1A2B3C4D5E6F{number:04d}",
            plate=f"B{number:03d}ABC",
            transport_date=today(),
            first_expired_day=today() + timedelta(days=0 if is_expired else 5),
            state="expired" if is_expired else "active",
        )


def rows(page: Page) -> list[str]:
    uits = page.locator("#lista tr[data-uit]").evaluate_all("rows => rows.map(r => r.dataset.uit)")
    return [str(uit) for uit in uits]


def picked(page: Page) -> list[str]:
    uits = page.locator("#lista tr[data-uit]:has(input:checked)").evaluate_all(
        "rows => rows.map(row => row.dataset.uit)"
    )
    return [str(uit) for uit in uits]


def expect_head(page: Page, uit: str) -> None:
    """Wait for a UIT's page, with its scripts: a key that comes before them does nothing."""
    expect(page.locator(".uit-head")).to_have_attribute("data-uit", uit)
    page.wait_for_load_state("domcontentloaded")


def test_many_are_selected_by_keys_and_with_shift_and_let_go(
    browser: Browser, live_server: LiveServer
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/transporturi/")
        uits = rows(page)
        bar = page.locator(".selection-bar")
        expect(bar).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("x")
        assert picked(page) == uits[:1]
        expect(bar).to_be_visible()
        expect(bar.locator(".selection-count")).to_have_text("un UIT ales")
        page.locator("#lista tr[data-uit] input").nth(3).click(modifiers=["Shift"])
        assert picked(page) == uits[:4]
        expect(bar.locator(".selection-count")).to_have_text("4 UIT-uri alese")

        bar.get_by_role("button", name="Copiază codurile").click()
        expect(page.locator("#anunt")).to_have_text("Codurile sunt copiate")
        assert page.evaluate(CLIPBOARD) == "\n".join(uits[:4])
        bar.get_by_role("button", name="Copiază pentru șofer").click()
        expect(page.locator("#anunt")).to_have_text("Textul pentru șofer este copiat")
        assert page.evaluate(CLIPBOARD).count("UIT: ") == 4
        assert picked(page) == uits[:4]
        with page.context.expect_page() as cards:
            bar.get_by_role("button", name="Fișele, într-un PDF").click()
        cards.value.close()

        page.keyboard.press("Escape")
        assert picked(page) == []
        expect(bar).to_be_hidden()
        page.locator("#alege-tot").check()
        assert picked(page) == uits
        page.locator("#alege-tot").uncheck()
        page.locator("#lista tr[data-uit] input").nth(1).check()
        with page.expect_download() as download:
            bar.get_by_role("button", name="Exportă").click()
        sheet = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).active
        assert sheet is not None
        assert [cell.value for cell in sheet["A"]] == ["UIT", uits[1]]
        assert page.url.endswith("/transporturi/")


def test_the_selection_is_marked_in_place_and_the_focus_goes_on(
    browser: Browser, live_server: LiveServer
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/")
        page.evaluate("window.isSamePage = true")
        uits = rows(page)
        for box in (0, 1):
            page.locator("#lista tr[data-uit] input").nth(box).check()
        page.get_by_role("button", name="În regulă").click()
        expect(page.locator("#lista tr[data-uit]").first).to_have_attribute("data-uit", uits[2])
        assert picked(page) == []
        page.keyboard.press("j")
        page.keyboard.press("d")  # „descărcat”, of the row that has the focus
        expect(page.locator(f"#lista tr[data-uit='{uits[2]}']")).to_have_count(0)
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[3])
        assert page.evaluate("window.isSamePage")
        kinds = at_once(lambda: sorted(Mark.objects.values_list("kind", flat=True)))
        assert kinds == [["fine", "fine", "unloaded"]]


def test_the_selection_works_without_javascript(browser: Browser, live_server: LiveServer) -> None:
    with override_settings(PUBLIC_URL=live_server.url):
        context = browser.new_context(
            base_url=live_server.url, locale="ro-RO", java_script_enabled=False
        )
        page = context.new_page()
        page.goto("/cont/login/")
        sign_in(page)
        page.goto("/transporturi/")
        boxes = page.locator("#lista tr[data-uit] input")
        uits = page.locator("#lista tr[data-uit]")
        codes = [uits.nth(number).get_attribute("data-uit") for number in range(2)]
        for number in range(2):
            boxes.nth(number).check()
        with context.expect_page() as opened:
            page.get_by_role("button", name="Copiază codurile").click()
        text = opened.value.locator("body").inner_text()
        assert text.split() == codes
        opened.value.close()
        page.get_by_role("button", name="Descărcat", exact=True).click()
        expect(page.get_by_text("2 UIT-uri: descărcat, la „Rezolvate”.")).to_be_visible()
        context.close()


def test_a_group_folds_in_place(browser: Browser, live_server: LiveServer) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/")
        page.evaluate("window.isSamePage = true")
        before = len(rows(page))
        head = page.locator("#grupa-expirate")
        expect(head).to_have_attribute("aria-expanded", "true")
        head.focus()
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-expanded", "false")
        assert len(rows(page)) == before - 3
        page.wait_for_url("**grupe=expirate")
        expect(head).to_be_focused()
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-expanded", "true")
        assert len(rows(page)) == before
        assert page.evaluate("window.isSamePage")


def test_back_leads_to_the_row_and_keys_go_on_from_it(
    browser: Browser, live_server: LiveServer
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/?q=abc")
        uits = rows(page)
        for way in ("browser", "link"):
            page.locator(f"tr[data-uit='{uits[30]}'] .col-route").click()
            page.wait_for_url("**/transporturi/*/")
            if way == "browser":
                page.go_back()
            else:
                page.locator("a.back").click()
            page.wait_for_url("**/transporturi/?q=abc")
            page.wait_for_function(IS_FOCUSED_ROW, arg=uits[30])
            page.keyboard.press("j")
            assert page.evaluate(FOCUSED_ROW) == uits[31]
        page.goto("/transporturi/?q=abc")  # opened anew, it begins at its beginning
        page.keyboard.press("j")
        assert page.evaluate(FOCUSED_ROW) == uits[0]


def test_a_row_has_two_stops_and_the_list_is_reached_at_once(
    browser: Browser, live_server: LiveServer
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/transporturi/")
        uits = rows(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator(".skip:focus")).to_have_text("Sari la listă")
        page.keyboard.press("Enter")
        for _ in range(3):  # the head of the group, the box, the link
            page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED_ROW) == uits[0]
        for _ in range(2):
            page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED_ROW) == uits[1]
        page.keyboard.press("c")
        expect(page.locator("#anunt")).to_have_text("UIT copiat")
        assert page.evaluate(CLIPBOARD) == uits[1]
        assert page.evaluate(FOCUSED_ROW) == uits[1]


def test_a_middle_press_opens_a_tab(browser: Browser, live_server: LiveServer) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/")
        with page.context.expect_page() as opened:
            page.locator("#lista .col-uit a").first.click(button="middle")
        opened.value.wait_for_url("**/transporturi/*/")
        assert page.url.endswith("/transporturi/")


def test_keys_on_a_uits_page(browser: Browser, live_server: LiveServer) -> None:
    with signed_in_page(browser, live_server) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/transporturi/?q=abc&sortare=vehicul")
        uits = rows(page)
        page.locator(f"tr[data-uit='{uits[1]}'] .col-uit a").click()
        expect_head(page, uits[1])
        page.keyboard.press("j")
        expect_head(page, uits[2])
        page.keyboard.press("c")
        expect(page.locator("#anunt")).to_have_text("UIT copiat")
        assert page.evaluate(CLIPBOARD) == uits[2]
        for uit in (uits[1], uits[0]):
            page.keyboard.press("k")
            expect_head(page, uit)
        page.keyboard.press("k")  # the first of the list
        expect(page.locator("#anunt")).to_have_text(
            "Nu mai este niciunul în lista din care ai venit"
        )
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("j")  # keys of the page rest behind a dialog
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect_head(page, uits[0])
        page.go_back()  # to the list, not through the UITs in between
        page.wait_for_url("**/transporturi/?q=abc&sortare=vehicul")
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[0])
        page.keyboard.press("Enter")
        expect_head(page, uits[0])
        with page.expect_download():
            page.keyboard.press("e")


def test_keys_go_on_over_the_end_of_a_page(browser: Browser, live_server: LiveServer) -> None:
    company = Company.objects.get()
    for number in range(50, 60):
        transport(company, uit=f"1A2B3C4D5E6F{number:04d}", plate=f"B{number:03d}ABC")
    uits = [f"1A2B3C4D5E6F{number:04d}" for number in range(60)]
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/?q=abc&sortare=vehicul&arata=toate")
        first = page.url
        assert rows(page) == uits[:50]
        page.locator(f"tr[data-uit='{uits[49]}'] .col-uit a").focus()
        page.keyboard.press("j")
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[50])
        assert rows(page) == uits[50:]
        page.keyboard.press("k")
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[49])
        page.go_back()
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[50])
        page.go_back()
        page.wait_for_url(first)
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[49])

        # On the pages of UITs too; „back” leads to the row on its own page of the list.
        page.keyboard.press("Enter")
        expect_head(page, uits[49])
        expect(page.locator("[data-step=next]")).to_be_visible()
        for key, uit in (("j", uits[50]), ("k", uits[49]), ("j", uits[50]), ("j", uits[51])):
            page.keyboard.press(key)
            expect_head(page, uit)
        page.go_back()
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[51])
        assert rows(page) == uits[50:]
        page.keyboard.press("Enter")
        expect_head(page, uits[51])
        page.locator("a.back").click()
        page.wait_for_function(IS_FOCUSED_ROW, arg=uits[51])


def test_on_a_phone_boxes_come_with_a_long_press_or_a_button(
    browser: Browser, live_server: LiveServer
) -> None:
    with signed_in_page(browser, live_server, 390) as page:
        page.goto("/transporturi/?sortare=vehicul")
        uits = rows(page)
        touch = page.context.new_cdp_session(page)
        touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        box = page.locator(f"tr[data-uit='{uits[0]}'] input")
        width = "uit => document.querySelector(`tr[data-uit='${uit}'] .col-vehicle`).offsetLeft"
        without = page.evaluate(width, uits[0])
        expect(box).to_be_hidden()

        place = page.locator(f"tr[data-uit='{uits[0]}']").bounding_box()
        assert place
        point = {"x": place["x"] + 120, "y": place["y"] + 20}
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        expect(box).to_be_checked()
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(box).to_be_visible()
        assert page.evaluate(width, uits[0]) > without
        expect(page.locator(".selection-bar")).to_be_in_viewport()
        nav = page.locator(".nav").bounding_box()
        bar = page.locator(".selection-bar").bounding_box()
        assert nav
        assert bar
        assert bar["y"] + bar["height"] <= nav["y"] + 1
        # Now a press on a row picks it, and opens nothing.
        page.locator(f"tr[data-uit='{uits[2]}'] .col-route").click(force=True)
        assert picked(page) == [uits[0], uits[2]]
        page.locator(f"tr[data-uit='{uits[2]}'] input").click()
        assert picked(page) == [uits[0]]
        button = page.get_by_role("button", name="Selectează")
        expect(button).to_have_attribute("aria-pressed", "true")
        button.click()
        assert picked(page) == []
        expect(box).to_be_hidden()
        expect(page.locator(".selection-bar")).to_be_hidden()
        button.click()
        page.locator(f"tr[data-uit='{uits[1]}'] .col-route").click(force=True)
        assert picked(page) == [uits[1]]
        button.click()
        page.locator(f"tr[data-uit='{uits[1]}'] .col-route").click(force=True)
        page.wait_for_url("**/transporturi/*/")
