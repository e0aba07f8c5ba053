"""An accountant with three hundred companies: short pages, low rows, many chosen at once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, Membership, Organization
from caraus.accounts.provision import provision_user
from caraus.authorizations.models import CompanyRight
from caraus.sync.models import SyncState
from tests import factories
from tests.web.test_in_a_browser import EMAIL, PASSWORD, signed_in_page

PAGES = ("/", "/transporturi/", "/firme/", "/firme/?stare=fara-drept", "/integrari/linkuri/")
SIZES = ((1440, 900), (1152, 720), (390, 844))
ROW_HEIGHTS = """() => [...document.querySelectorAll('tbody tr')]
    .map(row => Math.round(row.getBoundingClientRect().height))"""


@pytest.fixture
def accountant(transactional_db: None) -> Organization:
    """Three hundred companies, all but three without a right."""
    organization = factories.organization()
    authorization = factories.authorization(organization)
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=ana, organization=organization, role="owner")
    now = timezone.now()
    companies = Company.objects.bulk_create(
        Company(
            organization=organization,
            cui=str(10_000_000 + number),
            name=f"SOCIETATEA DE TRANSPORTURI INTERNAȚIONALE ȘI LOGISTICĂ {number:03d} S.R.L.",
        )
        for number in range(300)
    )
    CompanyRight.objects.bulk_create(
        CompanyRight(
            authorization=authorization,
            company=company,
            state="covered" if number < 3 else "no_right",
            checked_at=now,
        )
        for number, company in enumerate(companies)
    )
    SyncState.objects.bulk_create(
        SyncState(
            company=company,
            last_attempt_at=now,
            last_good_at=now if number < 3 else None,
            last_code="" if number < 3 else "no_rights_cui",
        )
        for number, company in enumerate(companies)
    )
    return organization


def test_no_page_is_longer_than_three_screens(
    browser: Browser, live_server: LiveServer, accountant: Organization
) -> None:
    with signed_in_page(browser, live_server) as page:
        for path in PAGES:
            page.goto(path)
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                size = page.evaluate(
                    "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
                )
                assert size[0] <= width, (path, width, size)
                assert size[1] <= 3 * height, (path, width, size)
                if path == "/firme/" and width == 1440:
                    head = page.locator(".table-card").evaluate(
                        "table => table.getBoundingClientRect().top"
                    )
                    assert head < 200
                if path.startswith("/firme/"):
                    most = 41 if width > 960 else 64
                    assert max(page.evaluate(ROW_HEIGHTS)) <= most, (path, width)
        page.goto("/transporturi/")
        notice = page.locator("[data-code=no_rights_cui]")
        expect(notice).to_contain_text("297 de firme")
        assert notice.inner_text().count("SOCIETATEA") == 2


def test_many_are_chosen_with_shift_narrowed_by_a_search_and_put_in_one_link(
    browser: Browser, live_server: LiveServer, accountant: Organization
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/firme/?ordine=denumire")
        boxes = page.locator("tbody [type=checkbox]")
        boxes.nth(1).check()
        boxes.nth(4).click(modifiers=["Shift"])
        expect(page.locator("tbody :checked")).to_have_count(4)
        page.get_by_role("button", name="Link de autorizare").click()
        expect(page.locator(".choice-list :checked")).to_have_count(4)
        page.get_by_label("Caută o firmă").fill("logistică 299")
        expect(page.locator(".choice-list .choice:visible")).to_have_count(5)
        page.get_by_role("button", name="Toate").click()
        page.get_by_role("button", name="Generează linkul").click()
        expect(page.locator("#linkul")).to_be_visible()
        assert accountant.external_links.get().companies.count() == 5


def test_the_page_chooses_all_of_it(
    browser: Browser, live_server: LiveServer, accountant: Organization
) -> None:
    with signed_in_page(browser, live_server) as page:
        page.goto("/firme/?stare=fara-drept")
        page.get_by_label("Toate din pagină").check()
        page.get_by_role("button", name="Arhivează").click()
        expect(page.get_by_text("Am arhivat 25 de firme")).to_be_visible()
    assert Company.objects.exclude(archived_at=None).count() == 25


def test_all_without_a_right_get_a_link_each_and_their_addresses_in_one_paste(
    browser: Browser, live_server: LiveServer, accountant: Organization
) -> None:
    companies = Company.objects.exclude(rights__state="covered")
    pasted = "\n".join(f"{each.name}\ta{each.cui}@firma.ro" for each in companies)
    with signed_in_page(browser, live_server) as page:

        def expect_short() -> None:
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                size = page.evaluate(
                    "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
                )
                assert size[0] <= width
                assert size[1] <= 3 * height, (width, size)

        page.goto("/firme/?stare=fara-drept")
        page.get_by_label("Toate cele 297, din toate paginile").check()
        page.locator("tbody [type=checkbox]").nth(3).uncheck()
        expect(page.get_by_label("Toate cele 297")).not_to_be_checked()
        page.get_by_label("Toate cele 297").check()
        page.get_by_role("button", name="Câte un link").click()
        page.get_by_label("Adresele, lipite din Excel").fill(pasted)
        page.get_by_role("button", name="Așază adresele").click()
        expect(page.get_by_text("297 de adrese așezate lângă firme, din 297.")).to_be_visible()
        expect_short()
        first = companies.order_by("name")[0]
        expect(page.get_by_label(f"E-mail pentru {first.name}")).to_have_value(
            f"a{first.cui}@firma.ro"
        )
        page.get_by_role("button", name="Generează linkurile").click()
        expect(page.get_by_role("heading", name="Linkurile sunt gata")).to_be_visible()
        expect_short()
    assert accountant.external_links.exclude(email="").count() == 297


def test_the_list_says_who_has_no_right_in_a_line_until_it_is_dismissed_or_one_more_has_none(
    browser: Browser, live_server: LiveServer, accountant: Organization
) -> None:
    refused = SyncState.objects.filter(last_code="no_rights_cui")
    refused.update(error_since=timezone.now() - timedelta(hours=1))
    with signed_in_page(browser, live_server) as page:
        notice = page.locator("[data-code=no_rights_cui]")
        page.goto("/transporturi/")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            expect(notice).to_be_visible()
            assert notice.evaluate("notice => notice.offsetHeight") <= 40, width
            expect(notice.get_by_role("link", name="Vezi-le")).to_be_visible()
        notice.get_by_role("button", name="Ascunde până apare ceva nou").click()
        expect(notice).to_have_count(0)
        page.goto("/transporturi/")
        expect(page.locator("#lista")).to_be_visible()
        expect(notice).to_have_count(0)
        page.goto("/integrari/")
        expect(notice).to_be_visible()  # there it stays
        newest = refused.order_by("pk")[0]
        newest.error_since = timezone.now()
        newest.save()
        page.goto("/transporturi/")
        expect(notice).to_be_visible()
        refused.exclude(pk=newest.pk).update(last_code="")
        page.goto("/transporturi/")
        expect(notice.get_by_role("link", name="Vezi-o")).to_be_visible()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert notice.evaluate("notice => notice.offsetHeight") <= 40, width
