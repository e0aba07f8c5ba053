"""Each state of a UIT as a dispatcher sees it: on the list, on a phone's card, on its page.

The pages are made by Django, then one Chromium reads them, from memory.
"""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from caraus.accounts.models import Company
from caraus.core.formatting import today
from caraus.transports.models import Transport
from tests.web.page_server import PageServer

LIST = "/transporturi/?arata=toate"


def states() -> dict[str, dict[str, Any]]:
    """Return what makes a UIT so, by the word that stands for it."""
    day = today()

    def until(days: int) -> dict[str, Any]:
        return {"first_expired_day": day + timedelta(days=days)}

    return {
        "viitor": {"transport_date": day + timedelta(days=1)},
        "azi": {
            "plate": "BOSCH2601KMABCDEFGHI",
            "start": {"full_address": LONG},
            "end": {"county": "VL", "locality": LONG},
            "declarant_name": LONG,
            "declarant_ref": LONG,
            "documents": [{"text": LONG}],
        },
        "în curs": {"transport_date": day - timedelta(days=1)},
        "expiră azi": until(1),
        "expiră mâine": until(2),
        "expirat": until(0),
        "nu mai este în lista ANAF": {"state": "delisted"},
        "lipsă la ANAF": {"state": "missing"},
        "transportator schimbat": {"carrier_cui": "900020201"},
        "cod greșit": {"uit": "1A2B3C4D5E6F7H88"},
    }


LONG = "Ruse-foarte-lung_fără_spații_de_frontieră"
OVERFLOWING = """() => [...document.querySelectorAll('#lista td:not(.col-uit), html')].filter(
    one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
    .map(one => one.innerText.slice(0, 99))"""


def pill(place: Locator, word: str) -> tuple[str, str]:
    """Return its icon and its colours; it must be there to be seen, with its word."""
    pill = place.locator(".pill:visible", has_text=word).first
    expect(pill).to_have_text(word)
    icon = pill.locator("svg")
    expect(icon).to_be_visible()
    colours = pill.evaluate(
        "one => { const it = getComputedStyle(one); return it.color + it.backgroundColor; }"
    )
    return icon.inner_html(), colours


def test_each_state_has_its_word_icon_and_colour_wherever_it_stands(
    signed_in: Client, company: Company, browser: Browser, page_server: PageServer
) -> None:
    now = timezone.now()
    rows = {
        word: Transport.objects.create(
            **{
                "company": company,
                "uit": f"UT{number:012d}{(sum(map(ord, f'UT{number:012d}'))) % 100:02d}",
                "transport_date": today(),
                "first_expired_day": today() + timedelta(days=5),
                **dict.fromkeys(("first_seen_at", "last_seen_at", "last_changed_at"), now),
            }
            | fields
        )
        for number, (word, fields) in enumerate(states().items())
    }
    pages = {LIST: signed_in.get(LIST).content}
    pages |= {f"/transporturi/{row.pk}/": b"" for row in rows.values()}
    pages = {path: body or signed_in.get(path).content for path, body in pages.items()}
    page = browser.new_page(locale="ro-RO", reduced_motion="reduce")
    page_server.pages = pages
    page.goto(f"{page_server.origin}{LIST}")
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        looks = {word: _on_the_list(page, row, word) for word, row in rows.items()}
        assert len({icon for icon, _ in looks.values()}) == len(rows)
        # Good, in time to come, soon over, urgent, over: five colours, and a word each.
        assert len({colours for _, colours in looks.values()}) == 5
    for width in (320, 390, 1201, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOWING) == [], width
    for word, row in rows.items():
        page.goto(f"{page_server.origin}/transporturi/{row.pk}/")
        pill(page.get_by_role("main"), word)
        ended = "a fost valabil până" if word == "expirat" else "valabil până"
        expect(page.get_by_text(ended).first).to_be_visible()
        # What keeps a truck off the road is explained there, with what to do.
        notice = page.locator("main .notice").get_by_text("declarantul", exact=False)
        blocked = word in {
            *("transportator schimbat", "cod greșit", "lipsă la ANAF"),
            "nu mai este în lista ANAF",
        }
        assert bool(notice.count()) == blocked, word
        stop = page.locator("main .notice").get_by_text("oprește-l și cere un UIT valabil")
        assert bool(stop.count()) == (word == "expirat"), word
    page.close()


def _on_the_list(page: Page, row: Transport, word: str) -> tuple[str, str]:
    return pill(page.locator(f"[data-uit='{row.uit}']:visible"), word)
