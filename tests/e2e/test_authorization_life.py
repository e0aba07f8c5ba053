"""What happens to an authorization after it was given, as people see it in a real Chromium."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess

BUSY, SINGLE = "TRANS CARPAȚI LOGISTIC SRL", "900040403"


def authorize(page: Page, certificate: str = "three") -> None:
    """Authorize without the window: the same tab, as with pop-ups blocked."""
    page.goto("/integrari/")
    page.locator("#autorizeaza").evaluate("button => button.form.removeAttribute('data-authorize')")
    page.locator("#autorizeaza").click()
    page_steps.choose_certificate(page, certificate)
    page_steps.type_pin(page)
    expect(page.get_by_text("Autorizarea a reușit")).to_be_visible()


def test_the_holder_of_a_link_authorizes_without_an_account_and_the_sender_is_notified(
    page: Page, browser: Browser, demo: DemoProcess
) -> None:
    page.goto("/integrari/")
    page.get_by_role("link", name=re.compile("link de autorizare")).first.click()
    page.get_by_role("button", name="Generează linkul").click()
    link = page.locator("#linkul").text_content()
    assert link
    page.get_by_role("link", name="Înapoi la Integrări").click()
    expect(page.get_by_text("Linkuri trimise, încă nefolosite")).to_be_visible()

    holder = browser.new_context(base_url=demo.address, locale="ro-RO").new_page()
    holder.goto(link)
    expect(holder).to_have_url(f"{demo.address}/autorizare/")
    expect(holder.get_by_role("heading", name="Ioana Dobre îți cere o autorizare")).to_be_visible()
    expect(holder.get_by_text("Demo Transport").first).to_be_visible()
    holder.get_by_label("Numele tău").fill("Ion Contabilul")
    holder.get_by_role("button", name="Autorizare cu ANAF SPV").click()
    page_steps.choose_certificate(holder)
    page_steps.type_pin(holder)
    expect(holder.get_by_text("Mulțumim, Ion Contabilul")).to_be_visible()
    holder.goto(link)
    expect(holder.get_by_role("heading", name="Linkul a fost deja folosit")).to_be_visible()
    holder.context.close()

    page.goto("/integrari/")
    expect(page.get_by_text("Ion Contabilul").first).to_be_visible()
    expect(page.get_by_text("Linkuri trimise, încă nefolosite")).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Notificări: ")).click()
    title = "Ion Contabilul a dat autorizarea SPV"
    page.get_by_role("link", name=f"{title} (necitită)").click()
    page.get_by_role("main").get_by_role("link", name="Vezi la Integrări").click()
    expect(page).to_have_url(re.compile("/integrari/$"))
    page.goto("/notificari/")
    expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()


def test_the_panel_the_rights_table_and_the_test_of_the_authorization(
    page: Page, demo: DemoProcess
) -> None:
    authorize(page)
    page.goto("/firme/")
    page.locator("summary", has_text="Adaugă o firmă").click()
    page.locator("[name=cui]").fill(SINGLE)
    page.get_by_role("button", name="Adaugă firma").click()
    page.goto("/integrari/")
    card = page.get_by_role("article", name="Autorizarea dată de Ioana Dobre")
    for words in ("Persoana", "Data autorizării", "Data expirării", "Reînnoire automată"):
        expect(card.get_by_text(words)).to_be_visible()
    card.get_by_text("Termenele cheilor").click()
    expect(card.get_by_text("Cheia de reînnoire")).to_be_visible()
    expect(card.get_by_text("autorizată")).to_have_count(3)

    page.get_by_role("button", name="Testează conexiunea").first.click()
    expect(page.get_by_text("Test terminat")).to_be_visible()
    expect(page.get_by_text("Cheia de acces este bună.")).to_be_visible()
    row = page.get_by_role("row", name=re.compile(BUSY))
    expect(row.get_by_text("autorizată")).to_be_visible()
    expect(row.get_by_text(re.compile("UIT-uri active"))).to_be_visible()
    refused = page.get_by_role("row", name=re.compile(SINGLE))
    expect(refused.get_by_text("fără drept", exact=True)).to_be_visible()
    refused.get_by_role("link", name="Ce pot face?").click()
    expect(page.get_by_role("heading", name="Fără drept pentru acest CUI")).to_be_visible()


def test_a_renewed_certificate_takes_the_place_of_the_old_one(
    page: Page, demo: DemoProcess
) -> None:
    page.goto("/integrari/")
    demo.control("rights", {"certificate": "renewed", "enrolled": True})
    carried = ["900010100", "900020201", "900030302", SINGLE]
    demo.control("rights", {"certificate": "renewed", "cuis": carried})
    page.get_by_role("link", name="Am reînnoit certificatul").first.click()
    expect(page.get_by_text("Înregistrează certificatul nou la ANAF.")).to_be_visible()
    page.get_by_role("button", name="Autorizare cu ANAF SPV").click()
    page_steps.choose_certificate(page, "renewed")
    page_steps.type_pin(page)
    expect(page.get_by_text("Autorizarea a reușit")).to_be_visible()
    taken_over = page.locator(".past tr", has_text="4F00…5C9905")
    for _ in range(40):  # the worker asks ANAF about the old one's companies first
        page.goto("/integrari/")
        if taken_over.count():
            break
        page.wait_for_timeout(250)
    page.get_by_text("Autorizări anterioare").click()
    expect(taken_over.get_by_text("2006…E6F701")).to_be_visible()
    expect(taken_over.get_by_text(re.compile("înlocuită de Ioana Dobre"))).to_be_visible()
    expect(page.get_by_role("article").get_by_text("2006…E6F701")).to_have_count(0)
    expect(page.get_by_role("article").get_by_text("autorizată")).to_have_count(4)


def test_what_is_disconnected_leaves_the_uits_and_says_what_to_do_at_anaf(
    page: Page, demo: DemoProcess, context: BrowserContext
) -> None:
    page.goto("/transporturi/")
    before = page_steps.shown_uits(page)
    assert before
    page.goto("/integrari/")
    while page.get_by_role("article").count():
        page.get_by_role("article").first.get_by_text("Deconectează", exact=True).click()
        page.get_by_role("button", name="Da, deconectează").first.click()
        expect(page.get_by_text("Renunțare Oauth").first).to_be_visible()
        page.goto("/integrari/")
    expect(page.get_by_text("Neactivat")).to_be_visible()
    page.goto("/transporturi/")
    assert page_steps.shown_uits(page) == before
