"""What a viewer sees of filings, in a real browser."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, Organization, User
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.transports.models import Transport
from tests import factories
from tests.authorize import authorize
from tests.filings.conftest import Desk
from tests.simulator_process import SimulatorProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def filed(anaf: SimulatorProcess, company: Company, owner: User) -> tuple[Transport, VehicleChange]:
    """Return a UIT whose vehicle was changed, and the change."""
    try:
        authorize(anaf, company.organization)
        desk = Desk(anaf, company, owner)
        transport = desk.new_uit()
        return transport, desk.steps(desk.filed(transport))
    finally:
        connections.close_all()


def test_a_viewer_follows_a_change_and_can_not_file(
    anaf: SimulatorProcess,
    organization: Organization,
    company: Company,
    owner: User,
    live_server: LiveServer,
    client: Client,
    browser: Browser,
    settings: LazySettings,
) -> None:
    settings.PUBLIC_URL = live_server.url
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's event loop runs in this thread
        transport, change = elsewhere.submit(filed, anaf, company, owner).result()
    assert change.state == ChangeState.DONE
    client.force_login(factories.member(organization, "viewer"))
    session = client.cookies["sessionid"].value
    context = browser.new_context(base_url=live_server.url, locale="ro-RO")
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/transporturi/?q={transport.uit}")
    page.locator(f"[data-uit='{transport.uit}'] [data-filing=done]").click()
    expect(page.get_by_text("ANAF arată schimbarea pe UIT.")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/o/trans-test/depuneri/{change.pk}/")
    expect(page.locator("main form")).to_have_count(0)
    page.goto(f"/transporturi/{transport.pk}/")
    expect(page.locator("#depuneri [data-filing=done]")).to_be_visible()
    expect(page.get_by_role("link", name="Schimbă vehiculul")).to_have_count(0)
    page.goto(f"/depuneri/uit/{transport.pk}/")
    expect(page.get_by_text("Rolul tău poate citi, dar nu poate depune la ANAF.")).to_be_visible()
    context.close()
