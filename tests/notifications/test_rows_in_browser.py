"""The list of notifications on a screen: how high its rows are, how many are seen, keys alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Company, Membership, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.core.formatting import today
from caraus.fleet import changes
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.models import VehicleKind
from caraus.notifications.models import Notification
from caraus.notifications.notify import notify
from tests.notifications.plain import plain, plain_facts
from tests.notifications.test_cards import alarm, uit_of_day
from tests.transports.test_notifications import Anaf

LONG_NAME = "SOCIETATEA DE TRANSPORTURI INTERNAȚIONALE ȘI LOGISTICĂ FRIGORIFICĂ DUNĂREA S.R.L. "
WHOLE_ROWS = """() => {
    const frame = document.querySelector('.topbar').getBoundingClientRect().bottom;
    const nav = document.querySelector('.nav').getBoundingClientRect();
    const end = nav.top > innerHeight / 2 ? nav.top : innerHeight;
    return [...document.querySelectorAll('.notice-row')].filter(row => {
        const box = row.getBoundingClientRect();
        return box.top >= frame && box.bottom <= end;
    }).length;
}"""
HEIGHTS = """() => [...document.querySelectorAll('.notice-row')]
    .map(row => row.getBoundingClientRect().height)"""
SPILLED = """() => [...document.querySelectorAll('.notice-row')].filter(row => {
    const box = row.getBoundingClientRect();
    return [...row.querySelectorAll('p, a, button, time')].some(part => {
        const inner = part.getBoundingClientRect();
        return inner.top < box.top - 1 || inner.bottom > box.bottom + 1
            || inner.right > box.right + 1;
    });
}).length"""


@pytest.fixture
def page(
    live_server: LiveServer,
    browser: Browser,
    client: Client,
    company: Company,
    owner: User,
    settings: LazySettings,
) -> Iterator[Page]:
    """Make a dispatcher with twenty rows: new UITs with issues, an end of a day, longer texts."""
    settings.PUBLIC_URL = live_server.url
    Company.objects.update(name=LONG_NAME, name_typed=True)
    company.refresh_from_db()
    changes.save_vehicles(
        Membership.objects.get(user=owner), company, [VehicleEntry("B01OWN", VehicleKind.VEHICLE)]
    )
    for number in range(14):
        uit_of_day(company, today(), number)
    alarm(today(), 8)
    anaf = Anaf(company)
    anaf.store()
    for number in range(4):
        anaf.store(
            *(
                anaf.record(
                    uit=f"3A0C4D7E9F1H2{earlier}47", nr_veh=f"B1{earlier}NEW", den_decl=LONG_NAME
                )
                for earlier in range(number + 1)
            )
        )
    for number in range(15):
        notify(
            organization=company.organization,
            users=[owner],
            kind=AUTHORIZATION_NEEDED,
            key=str(number),
            message=plain,
            facts=plain_facts(f"Nr. {number}. {LONG_NAME * 2}", LONG_NAME * 9),
            address="/integrari/",
            now=timezone.now() - timedelta(hours=9 * number),
        )
    Notification.objects.filter(key="3").update(read_at=timezone.now())
    client.force_login(owner)
    context = browser.new_context(base_url=live_server.url, locale="ro-RO")
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_so_many_rows_are_seen_at_once_of_two_lines_each(page: Page) -> None:
    page.goto("/notificari/")
    for width, height, rows in ((1440, 900, 10), (1152, 720, 8), (390, 844, 8)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(WHOLE_ROWS) >= rows, width
        assert max(page.evaluate(HEIGHTS)) <= (56 if width > 1000 else 72), width
        assert page.evaluate(SPILLED) == 0, width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_whole_row_is_the_link_and_keys_alone_suffice(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/notificari/")
    before = page.locator(".notice-unread").count()
    row = page.locator(".notice-row", has_text="Nr. 0. SOCIETATEA")
    box = row.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nr. 0. SOCIETATEA")
    page.go_back()
    page.reload()
    assert page.locator(".notice-unread").count() == before - 1
    page.locator(".notice-unread").first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice-unread")).to_have_count(before - 2)
    page.get_by_role("link", name="Nr. 1. SOCIETATEA").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Deschide")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Marchează tot ca citit").click()
    expect(page.locator(".notice-unread")).to_have_count(0)
