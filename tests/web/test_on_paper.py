"""The list and the week on several sheets of paper, as Chromium prints them."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, Membership
from caraus.accounts.provision import provision_user
from caraus.core.formatting import today
from caraus.fleet.models import Vehicle
from caraus.sync.models import SyncState
from tests import factories
from tests.transports.test_views import transport
from tests.web.test_in_a_browser import EMAIL, PASSWORD, signed_in_page

LONG_NAME = "SOCIETATEA DE TRANSPORTURI INTERNAȚIONALE ȘI LOGISTICĂ FRIGORIFICĂ DUNĂREA S.R.L."
RELATIVE = ("mâine", "poimâine", "ieri", "azi", "încă", "acum", "viitor")
UITS, IDLE = 64, 30


@pytest.fixture(autouse=True)
def _lorries(transactional_db: None) -> None:
    """Make more lorries than a page of the list or of the week holds, and some without a UIT."""
    organization = factories.organization()
    factories.authorization(organization)
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=ana, organization=organization, role="owner")
    company = factories.company(organization)
    for number in range(UITS):
        transport(
            company,
            uit=f"1A2B3C4D5E6F{number:04d}",
            plate=f"B{100 + number}UIT",
            trailer1=f"CT{10 + number}WPT",
            declarant_name=LONG_NAME,
            start={"county": "AR", "locality": "Nădlac"},
            end={"county": "CJ", "locality": LONG_NAME},
            transport_date=today() + timedelta(days=number % 3 - 1),
            first_expired_day=today() + timedelta(days=1 + number % 6),
        )
    for number in range(IDLE):
        Vehicle.objects.create(company=company, plate=f"B{100 + number}GOL", driver="Ion Munteanu")


def sheets_of(page: Page, path: str) -> list[str]:
    """Return the text of each sheet; all are landscape."""
    page.goto(path)
    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    for sheet in sheets:
        assert sheet.mediabox.width > sheet.mediabox.height
    return [" ".join(sheet.extract_text().split()) for sheet in sheets]


def test_each_sheet_of_the_list_has_the_head_and_dates_of_the_calendar(
    browser: Browser, live_server: LiveServer
) -> None:
    with signed_in_page(browser, live_server) as page:
        sheets = sheets_of(page, "/transporturi/?sortare=vehicul")
        assert len(sheets) >= 3
        for text in sheets:
            assert "Valabilitate" in text
            assert "Declarant" in text
            assert "UIT" in text  # rows too, not the head alone
            assert f".{today().year}, 24:00" in text
            assert not [word for word in RELATIVE if word in text.split()]
        assert sum(text.count("WPT") for text in sheets) == 50
        # What is left out is said.
        assert "Numai rândurile paginii de pe ecran" in sheets[0]


def test_the_printed_list_marks_what_has_expired_and_has_no_banner(
    browser: Browser, live_server: LiveServer
) -> None:
    company = Company.objects.get()
    expired = transport(
        company,
        uit="1A2B3C4D5E6F9999",
        plate="SM38PRK",
        state="expired",
        transport_date=today() - timedelta(days=9),
        first_expired_day=today() - timedelta(days=6),
    )
    SyncState.objects.create(
        company=company, last_code="no_rights_cui", last_attempt_at=timezone.now()
    )
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/")
        expect(page.locator("[data-code=no_rights_cui]")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator("#lista .notice")).to_be_hidden()
        expect(page.locator(".state-sync")).to_be_hidden()
        page.emulate_media(media=None)
        first, *_ = sheets_of(page, "/transporturi/")
    assert "Lipsește un drept" not in first
    assert "Interogăm" not in first
    assert "EXPIRAT" in first[first.index("SM38PRK") :][:300]
    assert expired.transport_date is not None
    assert f"transport {expired.transport_date:%d.%m.%Y}" in first


def test_each_sheet_of_the_week_has_the_days_and_dates_of_the_calendar(
    browser: Browser, live_server: LiveServer
) -> None:
    with signed_in_page(browser, live_server) as page:
        first = sheets_of(page, "/transporturi/saptamana/?ordine=numar")
        assert len(first) >= 3
        days = [today() + timedelta(days=number) for number in range(-1, 8)]
        for text in first:
            assert "Vehicul" in text
            assert all(f"{day:%-d.%m}" in text for day in days), text[:300]
            assert "UIT" in text
            assert not [word for word in RELATIVE if word in text.split()]
        assert sum(text.count("UIT") for text in first) >= 60
        assert f"{days[0].year}" in first[0]
        assert "Numai vehiculele paginii de pe ecran" in first[0]
        last = sheets_of(page, "/transporturi/saptamana/?ordine=numar&pagina=2")
        assert sum(text.count("GOL") for text in last) == IDLE
        assert "fără UIT" in last[-1]
