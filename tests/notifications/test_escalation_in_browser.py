"""The list of people in a browser without JavaScript, and the row that says who was notified."""

import pytest
from playwright.sync_api import Page, expect

from caraus.accounts.models import Organization, User
from caraus.core.formatting import today
from caraus.notifications import escalation
from caraus.transports.models import Transport
from tests.notifications.test_cards import alarm
from tests.notifications.test_rows_in_browser import HEIGHTS, SPILLED
from tests.notifications.turns import notified_until


def test_the_list_is_chosen_and_its_alarm_is_followed_without_javascript(
    plain_page: Page,
    organization: Organization,
    uit: Transport,
    owner: User,
    ana: User,
    dan: User,
) -> None:
    plain_page.goto("/notificari/")
    plain_page.locator("summary.menu-button").first.click()
    plain_page.get_by_role("link", name="Alarme pe rând").click()
    plain_page.get_by_label("Primul").select_option(label="Ana (dispecer)")
    plain_page.get_by_label("Al 2-lea").select_option(label="Dan (dispecer)")
    plain_page.get_by_label("Trece la următorul după").select_option(label="5 minute")
    plain_page.get_by_role("button", name="Salvează").click()
    expect(plain_page.get_by_text("Acum primul anunțat este Ana.")).to_be_visible()
    assert [row.user for row in escalation.people_on_list(organization)] == [ana, dan]

    alarm(today(), 16)
    notified_until(0)
    assert notified_until(5) == ["Ana", "Dan"]
    plain_page.goto("/notificari/")
    expect(plain_page.get_by_text("Anunțați pe rând: Ana 16:00, Dan 16:05")).to_be_visible()
    plain_page.goto("/notificari/alarme/")
    expect(plain_page.get_by_text("anunțați pe rând: Ana 16:00, Dan 16:05")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1152, 390])
def test_a_row_that_names_people_is_as_high_as_others(
    plain_page: Page,
    organization: Organization,
    uit: Transport,
    owner: User,
    ana: User,
    width: int,
) -> None:
    names = "Maria-Alexandra Constantinescu-Brâncoveanu de la dispeceratul internațional"
    User.objects.filter(pk=ana.pk).update(name=names)
    actor = owner.memberships.get()
    escalation.save_list(actor, [ana.memberships.get()], 15)
    alarm(today(), 16)
    notified_until(0)
    plain_page.set_viewport_size({"width": width, "height": 900})
    plain_page.goto("/notificari/")
    # Without JavaScript in the page, the debugger's own script still measures.
    (height,) = plain_page.evaluate(HEIGHTS)
    assert height <= 56
    assert plain_page.evaluate(SPILLED) == 0
