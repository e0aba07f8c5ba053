"""The list of people in a browser without JavaScript, and the row that says who was woken."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Organization, User
from caraus.core.formatting import today
from caraus.notifications import escalation
from caraus.transports.models import Transport
from tests.notifications.test_cards import alarm
from tests.notifications.test_rows_in_browser import HEIGHTS, SPILLED
from tests.notifications.turns import woken


@pytest.fixture
def page(
    live_server: LiveServer, browser: Browser, client: Client, owner: User, settings: LazySettings
) -> Iterator[Page]:
    settings.PUBLIC_URL = live_server.url
    client.force_login(owner)
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="ro-RO"
    )
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_the_list_is_chosen_and_its_alarm_is_followed_without_javascript(
    page: Page, organization: Organization, uit: Transport, owner: User, ana: User, dan: User
) -> None:
    page.goto("/notificari/")
    page.locator("summary.menu-button").first.click()
    page.get_by_role("link", name="Alarme pe rând").click()
    page.get_by_label("Primul").select_option(label="Ana (dispecer)")
    page.get_by_label("Al 2-lea").select_option(label="Dan (dispecer)")
    page.get_by_label("Trece la următorul după").select_option(label="5 minute")
    page.get_by_role("button", name="Salvează").click()
    expect(page.get_by_text("Acum primul anunțat este Ana.")).to_be_visible()
    assert [row.user for row in escalation.people_on_list(organization)] == [ana, dan]

    alarm(today(), 16)
    woken(0)
    assert woken(5) == ["Ana", "Dan"]
    page.goto("/notificari/")
    expect(page.get_by_text("Anunțați pe rând: Ana 16:00, Dan 16:05")).to_be_visible()
    page.goto("/notificari/alarme/")
    expect(page.get_by_text("anunțați pe rând: Ana 16:00, Dan 16:05")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1152, 390])
def test_a_row_that_names_people_is_as_high_as_others(
    page: Page, organization: Organization, uit: Transport, owner: User, ana: User, width: int
) -> None:
    names = "Maria-Alexandra Constantinescu-Brâncoveanu de la dispeceratul internațional"
    User.objects.filter(pk=ana.pk).update(name=names)
    actor = owner.memberships.get()
    escalation.save_list(actor, [ana.memberships.get()], 15)
    alarm(today(), 16)
    woken(0)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/notificari/")
    # Without JavaScript in the page, the debugger's own script still measures.
    (height,) = page.evaluate(HEIGHTS)
    assert height <= 56
    assert page.evaluate(SPILLED) == 0
