"""How many presses the ten commonest things take, from the open list, on a desk and on a phone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from caraus.core.formatting import today
from caraus.transports.models import Mark, Transport
from tests.transports.test_views import transport
from tests.web.test_in_a_browser import first, signed_in_page
from tests.workspace.conftest import uit

__all__ = ["first"]

LIST = "/transporturi/"
CLIPBOARD = "navigator.clipboard.readText()"


@dataclass
class Hands:
    """Somebody at the list, whose presses are counted; to write into a field is one."""

    page: Page
    transport: Transport
    presses: int = 0

    @property
    def row(self) -> Locator:
        return self.page.locator(f"#lista tr[data-uit='{self.transport.uit}']")

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def press(self, target: Locator) -> None:
        target.click()
        self.presses += 1

    def open(self) -> None:
        self.row.evaluate("row => row.scrollIntoView({block: 'center'})")
        self.press(self.row)
        self.page.wait_for_url(f"**{LIST}{self.transport.pk}/**")

    def open_lorry(self) -> Locator:
        self.press(self.page.get_by_role("link", name="Camioane"))
        lorry = self.page.locator(f"[data-plate='{self.transport.plate}']")
        self.press(lorry.locator("summary"))
        return lorry


def open_a_uit(hands: Hands) -> None:
    hands.open()
    expect(hands.page.get_by_role("heading", level=1)).to_be_visible()


def copy_the_text_for_the_driver(hands: Hands) -> None:
    hands.open()
    hands.press(hands.main.get_by_role("button", name="Copiază pentru șofer"))
    expect(hands.page.locator("#anunt")).to_have_text("Textul pentru șofer este copiat")
    assert hands.transport.uit in hands.page.evaluate(CLIPBOARD).replace(" ", "")


def mark_as_unloaded(hands: Hands) -> None:
    hands.open()
    hands.press(hands.main.get_by_role("button", name="Descărcat"))
    expect(hands.main.get_by_text("descărcat", exact=False).first).to_be_visible()
    assert Mark.objects.get(transport=hands.transport).kind == Mark.Kind.UNLOADED


def find_by_plate(hands: Hands) -> None:
    hands.main.locator("input[name=q]:visible").fill(hands.transport.plate)
    hands.presses += 1
    expect(hands.page.locator("#lista tr[data-uit]")).to_have_count(1)


def copy_all_of_a_lorry(hands: Hands) -> None:
    lorry = hands.open_lorry()
    hands.press(lorry.get_by_role("button", name="Copiază pentru șofer"))
    expect(hands.page.locator("#anunt")).to_have_text("Textul pentru șofer este copiat")


def open_the_cards_of_a_lorry(hands: Hands) -> None:
    lorry = hands.open_lorry()
    with hands.page.context.expect_page() as cards:
        hands.press(lorry.get_by_role("button", name="Fișele, într-un PDF"))
    cards.value.close()


def begin_a_vehicle_change(hands: Hands) -> None:
    hands.open()
    hands.press(hands.main.get_by_role("link", name="Schimbă vehiculul").first)
    expect(
        hands.page.locator("main form [name=plate], main form input[type=text]").first
    ).to_be_visible()


def see_what_ends_today(hands: Hands) -> None:
    hands.press(hands.page.get_by_role("link", name="Panou").locator("visible=true").first)
    expect(hands.main.get_by_text("expiră azi").first).to_be_visible()


def synchronize(hands: Hands) -> None:
    hands.press(hands.main.get_by_role("button", name="Sincronizează acum").locator("visible=true"))
    expect(hands.page.locator("main")).to_be_visible()


def export_the_list(hands: Hands) -> None:
    hands.press(hands.main.locator("summary:visible", has_text="Exportă"))
    with hands.page.expect_download():
        hands.press(hands.main.get_by_role("button", name="XLSX"))


MOST_PRESSES: dict[Callable[[Hands], None], int] = {
    open_a_uit: 1,
    find_by_plate: 1,
    see_what_ends_today: 1,
    synchronize: 1,
    copy_the_text_for_the_driver: 2,
    begin_a_vehicle_change: 2,
    export_the_list: 2,
    copy_all_of_a_lorry: 3,
    open_the_cards_of_a_lorry: 3,
    mark_as_unloaded: 2,  # the last: the UIT leaves the list with it
}


@pytest.fixture
def due(first: Transport) -> Transport:
    """Return a UIT that ends today, among a page full of others."""
    end = today() + timedelta(days=1)
    return transport(first.company, uit=uit(1), plate="CJ77CAR", first_expired_day=end)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_commonest_tasks_take_few_presses(
    browser: Browser, live_server: LiveServer, due: Transport, width: int
) -> None:
    with signed_in_page(browser, live_server, width) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        presses = {}
        for task in MOST_PRESSES:
            page.goto(LIST)
            hands = Hands(page, due)
            task(hands)
            presses[task.__name__] = hands.presses
    assert presses == {task.__name__: most for task, most in MOST_PRESSES.items()}
