"""Two organizations in two tabs of a browser, and the link of an e-mail in a third."""

import re

import pytest
from django.utils.translation import override
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.accounts.provision import provision_user
from caraus.notifications.emails import compose_email
from caraus.notifications.models import Notification
from caraus.transports.models import Transport
from tests import factories
from tests.notifications.plain import plain, plain_facts
from tests.transports.test_views import transport
from tests.web.test_in_a_browser import EMAIL, PASSWORD, signed_in_page


@pytest.fixture
def organizations(transactional_db: None) -> list[Organization]:
    """Create two of Ana's, each with a company and a UIT."""
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    created = []
    for name, cui, plate in (
        ("Demo Transport", "900010100", "B11ABC"),
        ("Zet Trans", "14399840", "B99ZET"),
    ):
        organization = factories.organization(name)
        Membership.objects.create(user=ana, organization=organization, role="owner")
        factories.authorization(organization)
        transport(factories.company(organization, cui=cui), plate=plate)
        created.append(organization)
    return created


def test_each_tab_shows_and_changes_its_own_organization(
    browser: Browser, live_server: LiveServer, organizations: list[Organization]
) -> None:
    demo, zet = organizations
    with signed_in_page(browser, live_server) as first:
        first.goto("/transporturi/")
        expect(first).to_have_url(f"{live_server.url}/o/demo-transport/transporturi/")
        with first.context.expect_page() as opened:  # the middle button, on the menu's link
            first.locator(".menu-label").click()
            first.get_by_role("link", name="Zet Trans").click(button="middle")
        second = opened.value
        expect(second).to_have_url(f"{live_server.url}/o/zet-trans/transporturi/")
        for tab, name, plate in (
            (first, "Demo Transport", "B11ABC"),
            (second, "Zet Trans", "B99ZET"),
        ):
            expect(tab.locator(".topbar")).to_contain_text(name)
            expect(tab.locator("#lista")).to_contain_text(plate)

        # A part that is asked for while the other tab was used last.
        for tab, text in ((first, "Nimic"), (second, "B99ZET")):
            tab.locator("#filtre [name=q]").fill("B99ZET")
            expect(tab.locator("#lista")).to_contain_text(text)

        # A form in each, written at the same time.
        for tab, cui in ((first, "900020201"), (second, "900030302")):
            tab.locator(".nav a[href$='/firme/']").click()
            tab.get_by_text("Adaugă o firmă").click()
            tab.locator("input[name=cui]").fill(cui)
        for tab, cui in ((first, "900020201"), (second, "900030302")):
            tab.locator("input[name=cui]").press("Enter")
            expect(tab.locator("main")).to_contain_text(cui)
        assert Company.objects.get(cui="900020201").organization == demo
        assert Company.objects.get(cui="900030302").organization == zet


def test_a_link_of_an_email_opens_its_organization(
    browser: Browser, live_server: LiveServer, organizations: list[Organization]
) -> None:
    demo, zet = organizations
    row = Transport.objects.get(plate="B99ZET")
    with signed_in_page(browser, live_server) as page:
        page.goto(f"/o/{demo.slug}/transporturi/")
        notice = Notification.objects.create(
            user=User.objects.get(),
            organization=zet,
            company=row.company,
            kind="uit_delisted",
            key="k",
            message=plain.code,
            facts=plain_facts("Ieșit din listă"),
            address=row.get_absolute_url(),
        )
        with override("ro"):
            email = compose_email([notice])
        assert email is not None
        link = re.search(rf"{live_server.url}/\S+/{row.pk}/", str(email.body))
        assert link
        tab = page.context.new_page()
        tab.goto(link[0])
        expect(tab.locator("main")).to_contain_text("B99ZET")
        expect(tab.locator(".topbar")).to_contain_text("Zet Trans")
        page.reload()
        expect(page.locator(".topbar")).to_contain_text("Demo Transport")
