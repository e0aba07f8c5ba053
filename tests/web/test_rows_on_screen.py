"""How many UITs are seen without scrolling, at the sizes of screen that dispatchers have."""

from datetime import timedelta
from itertools import chain, pairwise

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from caraus.accounts.models import Membership
from caraus.accounts.provision import provision_user
from caraus.core.formatting import today
from caraus.fleet.models import Issue
from caraus.fleet.queries import IssueCode
from caraus.transports.models import Mark, Transport
from caraus.workspace.models import SavedView
from tests import factories
from tests.transports.test_views import transport
from tests.web.test_in_a_browser import EMAIL, PASSWORD, signed_in_page

LONG_NAME = "SOCIETATEA DE TRANSPORTURI INTERNAȚIONALE ȘI LOGISTICĂ FRIGORIFICĂ DUNĂREA S.R.L."
# Rows that are whole in the visible part of the screen: below the frame, above a phone's menu.
WHOLE_ROWS = """() => {
    const frame = document.querySelector('.topbar').getBoundingClientRect().bottom;
    const nav = document.querySelector('.nav').getBoundingClientRect();
    const end = nav.top > innerHeight / 2 ? nav.top : innerHeight;
    return [...document.querySelectorAll('#lista tr[data-uit]')].filter(row => {
        const box = row.getBoundingClientRect();
        return box.height && box.top >= frame && box.bottom <= end;
    }).length;
}"""
HEAD_MIDDLES = """() => [...document.querySelectorAll(
    '.desk > :is(.desk-title, nav, .tools, form), #lista > :is(.groups, .state-line)'
)].map(part => {
    const box = part.getBoundingClientRect();
    return (box.top + box.bottom) / 2;
}).sort((one, other) => one - other)"""
ROW_HEIGHTS = """() => [...new Set([...document.querySelectorAll('#lista tr[data-uit]')]
    .map(row => Math.round(row.getBoundingClientRect().height)))]"""


@pytest.fixture
def lorries(transactional_db: None) -> list[Transport]:
    """Sixty lorries in all states, with long names, odd places and issues."""
    organization = factories.organization()
    factories.authorization(organization)
    ana = provision_user(email=EMAIL, password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=ana, organization=organization, role="owner")
    companies = [factories.company(organization), factories.company(organization, cui="900030302")]
    day = today()
    rows = []
    for number in range(60):
        row = transport(
            companies[number % 2],
            uit=f"1A2B3C4D5E6F{number:04d}",
            plate="BOSCH2601KMABCDEFGHI" if number == 7 else f"B{100 + number}ABC",
            trailer1=f"CT{10 + number}WPT" if number % 3 else "",
            trailer2="TM09REM" if number == 4 else "",
            declarant_name=LONG_NAME if number % 2 else "AGRO BĂRĂGAN SRL",
            start={"county": "AR", "locality": "Nădlac"},
            end={"county": "CJ", "locality": "Cluj-Napoca" if number % 5 else LONG_NAME},
            documents=[{"text": "CMR 1"}, {"text": "Factura 2"}],
            transport_date=day + timedelta(days=number % 4 - 1),
            first_expired_day=day + timedelta(days=number % 7),
            carrier_cui="900020201" if number == 3 else "",
            state="delisted" if number == 5 else "missing" if number == 9 else "active",
        )
        rows.append(row)
        if number % 4 == 0:
            for place, plate in (("plate", row.plate), ("trailer1", "CT10WPT")):
                Issue.objects.create(
                    transport=row,
                    company=row.company,
                    code=IssueCode.NOT_IN_FLEET,
                    plate_field=place,
                    plate=plate,
                )
    return rows


def save_view(name: str, query: str) -> None:
    owner = Membership.objects.get()
    SavedView.objects.create(
        organization=owner.organization, user=owner.user, name=name, query=query
    )


def test_a_screen_shows_many_rows(
    browser: Browser, live_server: LiveServer, lorries: list[Transport]
) -> None:
    sizes = {(1440, 900): 14, (1366, 768): 10, (1152, 720): 10, (390, 844): 8}
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/?arata=toate")
        page.wait_for_load_state("networkidle")
        for (width, height), least in sizes.items():
            page.set_viewport_size({"width": width, "height": height})
            heights = page.evaluate(ROW_HEIGHTS)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            limits = (62, 72) if width < 900 else (40, 44)
            assert all(limits[0] <= row <= limits[1] for row in heights), (width, heights)
            assert page.evaluate(WHOLE_ROWS) >= least, (width, height)
            if width > 900:  # on a phone the words stand on the UIT's page
                title = page.locator(".desk h1")
                assert title.evaluate("title => title.scrollWidth <= title.clientWidth"), width
                row = page.locator("#lista tr[data-uit]", has=page.locator(".pill-warn")).first
                words = row.locator(".pill-warn > span").first
                assert words.evaluate("element => element.clientWidth") <= 1
                row.locator(".col-uit a").focus()
                assert words.evaluate("element => element.clientWidth") > 50
                row.locator(".col-uit a").blur()


def test_the_words_of_the_validity_are_whole(
    browser: Browser, live_server: LiveServer, lorries: list[Transport]
) -> None:
    cut = """() => [...document.querySelectorAll('#lista .validity-words')].filter(words =>
        words.scrollWidth > words.clientWidth + 1 || words.scrollHeight > words.clientHeight + 1
    ).map(words => words.textContent)"""
    with signed_in_page(browser, live_server) as page:
        page.goto("/transporturi/?arata=toate")
        for width, height in ((1440, 900), (1152, 720), (900, 800), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.locator("#lista .validity-words", has_text="începe").count() > 0
            assert page.evaluate(cut) == [], width
            # Both ends of a route can be read, and reach into no other column.
            routes = page.locator("#lista .col-route").evaluate_all(
                "cells => cells.map(cell => [...cell.querySelectorAll('.route > span')].map(part =>"
                " part.getBoundingClientRect().right <= cell.getBoundingClientRect().right"
                " ? part.clientWidth : 0))"
            )
            assert min(chain.from_iterable(routes)) >= 50, width


def test_the_heads_stand_in_two_lines_and_stay_in_reach(
    browser: Browser, live_server: LiveServer, lorries: list[Transport]
) -> None:
    save_view("Camioanele de pe ruta Nădlac – Cluj", "arata=toate&sortare=uit")
    with signed_in_page(browser, live_server) as page:
        for view in ("&sortare=uit", ""):
            page.goto(f"/transporturi/?arata=toate{view}")
            for width, height in ((1440, 900), (1152, 720)):
                page.set_viewport_size({"width": width, "height": height})
                middles = page.evaluate(HEAD_MIDDLES)
                assert len(middles) == 7
                lines = [middles[0]]
                lines += [low for high, low in pairwise(middles) if low - high > 15]
                assert len(lines) == 2, (width, middles)
        page.set_viewport_size({"width": 390, "height": 844})
        page.mouse.wheel(0, 3000)
        page.wait_for_function("() => scrollY > 500")
        assert page.locator("#q").evaluate("field => field.getBoundingClientRect().top") < 200
        page.locator("summary", has_text="Filtre").click()
        page.get_by_label("Ordinea").select_option("vehicul")
        page.wait_for_url("**sortare=vehicul**")


def test_on_a_phone_the_active_view_is_the_title_and_rows_stay(
    browser: Browser, live_server: LiveServer, lorries: list[Transport]
) -> None:
    save_view("Camioanele de pe ruta Nădlac – Cluj, cu remorcă", "arata=toate&sortare=vehicul")
    with signed_in_page(browser, live_server, 390) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto("/transporturi/?arata=toate&sortare=vehicul")
        title = page.get_by_role("heading", level=1, name="Camioanele de pe ruta")
        box = title.bounding_box()
        assert box
        assert 20 <= box["height"] <= 32
        assert box["width"] > 250
        assert page.evaluate(WHOLE_ROWS) >= 8
        page.locator(".desk-title summary").click()
        page.get_by_role("link", name="Fără vedere", exact=True).click()
        expect(page.get_by_role("heading", level=1, name="Transporturi")).to_be_attached()


# Rows of which an icon of the states reaches into the next column, or out of the row on a phone.
TOUCHING = """() => [...document.querySelectorAll('#lista tr[data-uit]')].filter(row => {
    const cell = row.querySelector('.col-status');
    const end = (innerWidth < 900 ? row : cell).getBoundingClientRect().right;
    return [...cell.querySelectorAll('.pill')].some(pill => {
        const box = pill.getBoundingClientRect();
        return box.width > 1 && box.right > end;
    });
}).map(row => row.dataset.uit)"""


@pytest.mark.parametrize("issues", [2, 3, 4])
def test_many_icons_of_a_row_touch_nothing_and_the_rest_are_counted(
    browser: Browser, live_server: LiveServer, lorries: list[Transport], issues: int
) -> None:
    row = next(row for row in lorries if row.state == "active" and row.trailer1)
    Issue.objects.filter(transport=row).delete()
    kinds = (
        (IssueCode.NOT_IN_FLEET, "plate"),
        (IssueCode.RETIRED, "trailer1"),
        (IssueCode.NOT_IN_FLEET, "trailer1"),
        (IssueCode.TRAILER_AS_VEHICLE, "plate"),
    )
    for code, place in kinds[:issues]:
        Issue.objects.create(
            transport=row, company=row.company, code=code, plate_field=place, plate=row.plate
        )
    ana = Membership.objects.get().user
    Mark.objects.create(transport=row, kind=Mark.Kind.TAKEN, by=ana, at=timezone.now())
    with signed_in_page(browser, live_server) as page:
        page.goto(f"/transporturi/?arata=toate&q={row.uit}")
        for width, height, shown in ((1440, 900, 4), (1152, 720, 3), (900, 800, 3), (390, 844, 3)):
            page.set_viewport_size({"width": width, "height": height})
            pills = page.locator(f"tr[data-uit='{row.uit}'] .col-status .pill")
            number = pills.count()
            assert number == issues + 2
            widths = [pill.bounding_box()["width"] for pill in pills.all()]  # type: ignore[index]
            visible = sum(width > 1 for width in widths)
            assert visible == (number if number <= shown else shown - 1), (width, number)
            assert page.evaluate(TOUCHING) == []
            more = page.evaluate(
                "uit => getComputedStyle(document.querySelector("
                "`tr[data-uit='${uit}'] .states`), '::after').content",
                row.uit,
            )
            assert (more == "none") == (number <= shown)
