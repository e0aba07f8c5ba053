"""What only a browser shows: a press that answers, a row that opens, a note that outlives its
session, a list on paper."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import Browser, Dialog, Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Membership, User
from caraus.accounts.provision import provision_user
from caraus.core.formatting import today
from caraus.sync.models import SyncState
from caraus.transports.models import Transport
from tests import factories
from tests.authorize import at_once
from tests.transports.test_views import transport

EMAIL, PASSWORD = "ana@example.ro", "o parolă destul de lungă"
ROWS = 50


@pytest.fixture
def first(transactional_db: None) -> Transport:
    """Return one of a page full of UITs of a person who can sign in."""
    organization = factories.organization()
    factories.authorization(organization)
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=ana, organization=organization, role="owner")
    company = factories.company(organization)
    rows = [
        transport(
            company,
            uit=f"1A2B3C4D5E6F{number:04d}",
            plate=f"B{number:03d}ABC",
            transport_date=today() + timedelta(days=number % 3),
            first_expired_day=today() + timedelta(days=1 + number % 6),
        )
        for number in range(ROWS)
    ]
    return rows[-1]


@contextmanager
def signed_in_page(browser: Browser, server: LiveServer, width: int = 1440) -> Iterator[Page]:
    """Yield a page of Ana's, whose session is there already: the form of signing in is tried where
    it is the subject."""
    client = Client()
    client.force_login(User.objects.get(email=EMAIL))
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    with override_settings(PUBLIC_URL=server.url):
        context = browser.new_context(
            base_url=server.url, viewport={"width": width, "height": 900}, locale="ro-RO"
        )
        context.add_cookies([{"name": session.key, "value": session.value, "url": server.url}])
        yield context.new_page()
        context.close()


def sign_in(page: Page) -> None:
    page.locator("[name=login]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/cont/login/" not in address)


def lose_session(page: Page) -> None:
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"] != "sessionid"]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [1440, 390])
def test_copying_answers_in_the_button_itself(
    browser: Browser, live_server: LiveServer, first: Transport, width: int
) -> None:
    path = f"/transporturi/{first.pk}/"
    with signed_in_page(browser, live_server, width) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(path)
        button = page.locator(".uit-actions [data-copy]")
        expect(button).to_have_text("Copiază pentru șofer")
        page.clock.install()
        button.click()
        expect(button).to_have_text("Copiat ✓")
        expect(button).to_be_visible()
        expect(page.locator("#anunt")).to_have_text("Textul pentru șofer este copiat")
        button.click()  # again within the two seconds: the words come back all the same
        page.clock.run_for(1_900)
        expect(button).to_have_text("Copiat ✓")
        page.clock.run_for(200)
        expect(button).to_have_text("Copiază pentru șofer")


def test_copying_what_must_not_be_used_must_be_confirmed(
    browser: Browser, live_server: LiveServer, first: Transport
) -> None:
    Transport.objects.filter(pk=first.pk).update(state=Transport.State.MISSING)
    with signed_in_page(browser, live_server) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"/transporturi/{first.pk}/")
        button = page.locator(".uit-actions [data-copy]")
        questions: list[str] = []

        def accept(dialog: Dialog) -> None:
            questions.append(dialog.message)
            if len(questions) == 1:
                dialog.dismiss()
            else:
                dialog.accept()

        page.on("dialog", accept)
        button.click()
        expect(button).to_have_text("Copiază pentru șofer")
        button.click()
        expect(button).to_have_text("Copiat ✓")
        assert len(questions) == 2
        assert questions[0].startswith(
            "ATENȚIE: la ultima verificare ANAF nu a mai arătat acest UIT."
        )


def test_a_press_on_a_row_opens_its_uit(
    browser: Browser, live_server: LiveServer, first: Transport
) -> None:
    path = f"/transporturi/{first.pk}/"
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/?q=B049ABC")
        cell = page.locator("#lista tr[data-uit] .col-declarant")
        expect(cell).to_have_count(1)
        for options in ({"modifiers": ["ControlOrMeta"]}, {"button": "middle"}):
            with page.context.expect_page() as opened:
                cell.click(**options)
            opened.value.wait_for_url(f"**{path}")
            opened.value.close()
        page.locator("#lista .col-uit .copy").click()  # a button on it does its own work
        cell.evaluate("(cell) => getSelection().selectAllChildren(cell)")
        cell.dispatch_event("click")  # who marks a word is reading
        assert page.url.endswith("/transporturi/?q=B049ABC")
        page.evaluate("getSelection().removeAllRanges()")
        cell.click()
        page.wait_for_url(f"**{path}")
        page.go_back()
        page.wait_for_url("**/transporturi/?q=B049ABC")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path}")


def test_a_list_in_which_nothing_changed_is_left_as_it_stands(
    browser: Browser, live_server: LiveServer, first: Transport
) -> None:
    # No word of the clock changes meanwhile.
    before = timezone.now() - timedelta(days=3)
    Transport.objects.update(
        transport_date=today(), first_expired_day=today() + timedelta(days=5), first_seen_at=before
    )
    SyncState.objects.create(
        company=first.company, next_sync_at=before, last_attempt_at=before, last_good_at=before
    )
    rows = Transport.objects.filter(pk=first.pk)
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/")
        row = page.locator(f"tr[data-uit='{first.uit}']")
        row.evaluate("one => { one.title = 'the same element' }")
        with page.expect_response(
            lambda response: "/transporturi/" in response.url
        ) as page_response:
            page.evaluate("htmx.trigger('#lista', 'refresh')")
        assert page_response.value.status == 204
        expect(row).to_have_attribute("title", "the same element")
        # In a thread, for Playwright's own has an event loop, in which Django refuses the database.
        assert at_once(lambda: rows.update(plate="TM55VIU")) == [1]
        page.evaluate("htmx.trigger('#lista', 'refresh')")
        expect(row.get_by_text("TM55VIU")).to_be_visible()
        expect(row).not_to_have_attribute("title", "the same element")


def test_after_a_note_the_way_back_leads_to_the_list_as_it_was_left(
    browser: Browser, live_server: LiveServer, first: Transport
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/?q=B049ABC&sortare=expira")
        page.locator("#lista .col-uit a").first.click()
        page.wait_for_url(f"**/transporturi/{first.pk}/")
        page.locator(".note-form textarea").fill("Sună la rampă")
        page.locator(".note-form button[type=submit]").click()
        expect(page.locator(".note-text")).to_have_text("Sună la rampă")
        page.locator("a.back").click()
        page.wait_for_url("**/transporturi/?q=B049ABC&sortare=expira")


def test_a_note_outlives_the_session_in_which_it_was_typed(
    browser: Browser, live_server: LiveServer, first: Transport
) -> None:
    path = f"/transporturi/{first.pk}/"
    with signed_in_page(browser, live_server) as page:
        page.goto(path)
        page.locator(".note-form textarea").press_sequentially("Sună la rampă", delay=1)
        lose_session(page)
        page.locator(".note-form button[type=submit]").click()
        page.wait_for_url("**/cont/login/**")
        sign_in(page)
        page.wait_for_url(f"**{path}*")
        field = page.locator(".note-form textarea")
        expect(field).to_have_value("Sună la rampă")
        page.locator(".note-form button[type=submit]").click()
        expect(page.locator(".note-text")).to_have_text("Sună la rampă")
        expect(field).to_have_value("")
        page.reload()
        expect(field).to_have_value("")  # it is saved: not offered again
        page.locator(".note-actions a").click()
        field = page.locator("form[data-draft] textarea")
        expect(field).to_have_value("Sună la rampă")
        field.press("ControlOrMeta+End")
        field.press_sequentially(" de la 7", delay=1)
        lose_session(page)
        page.locator("form[data-draft] button[type=submit]").click()
        page.wait_for_url("**/cont/login/**")
        sign_in(page)
        expect(field).to_have_value("Sună la rampă de la 7")
        page.locator("form[data-draft] button[type=submit]").click()
        expect(page.locator(".note-text")).to_have_text("Sună la rampă de la 7")


def test_the_list_and_the_week_on_paper(
    browser: Browser, live_server: LiveServer, first: Transport
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/")
        sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
        texts = [sheet.extract_text() for sheet in sheets]
        assert len(texts) <= 2, len(texts)
        for sheet, text in zip(sheets, texts, strict=True):
            assert sheet.mediabox.width > sheet.mediabox.height
            assert "Valabilitate" in text  # the head, on each
            for relative in ("mâine", "încă", "azi", "viitor"):
                assert relative not in text, relative
        assert sum(text.count("ABC") for text in texts) == ROWS
        assert texts[0].count("ABC") >= 25
        assert first.last_valid_day
        last_day = first.last_valid_day.strftime("%d.%m.%Y")
        assert f"până {last_day}, 24:00" in " ".join(" ".join(texts).split())

        page.goto("/transporturi/saptamana/")
        sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
        assert "ABC" in sheets[0].extract_text()
        assert sheets[0].mediabox.width > sheets[0].mediabox.height
