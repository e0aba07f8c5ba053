"""Every page, as everyone meets it: with a screen reader, a keyboard, a phone, in the dark, abroad.

The pages are made by Django, then one Chromium reads them all, from memory.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page

from caraus.accounts.models import Company, Organization, User
from caraus.workspace.counties import COUNTIES
from caraus.workspace.models import ListExport
from tests import factories
from tests.web import page_checks
from tests.web.addresses import (
    OBJECT_ROUTES,
    OWN_ROUTES,
    PUBLIC_ROUTES,
    SECRET_ROUTES,
    SIGN_IN_ROUTES,
    address,
)
from tests.web.page_server import AXE, PageServer

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What stands around every page of who is signed in: read with the home page, the page of all parts
# and where nothing is yet; on the others it would be the same again.
FRAME = [["body > header.topbar"], ["body > footer"]]
# Responses for machines, files, and pages that only send on.
NO_PAGES = {"healthz", "readyz", "metrics"}
LARGEST = 150_000
# Letters that English has not; names of people, companies and places, and ANAF's own words stay.
ROMANIAN = re.compile(r"[ăâîșțĂÂÎȘȚ]")
NAMES = re.compile(
    r"Cărăuș|Română|Secretul Organizației|Străin|„[^”]*”"
    r"|Înregistrare utilizatori|Reînnoire certificat|Renunțare Oauth|(?:re)?înnoire certificat"
    r"|Persoane fizice cu certificat|Anulează|"
    + "|".join(county.name for county in COUNTIES.values())
)
# Of the session, in every form.
SECRETS = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")\w+')

type Responses = dict[str, tuple[str, bytes]]


def routes() -> Iterator[tuple[str, bool]]:
    """Yield every route that shows something by GET, and whether one has to be signed in."""
    for route in [*OBJECT_ROUTES, *OWN_ROUTES]:
        yield route, True
    for route in [*PUBLIC_ROUTES, *SECRET_ROUTES]:
        yield route, False
    for route in SIGN_IN_ROUTES:
        yield route, False
        yield route, True


def is_page(content: bytes) -> bool:
    """Return whether it is a whole page, not a part of one."""
    return content.lstrip()[:9].lower() == b"<!doctype"


def seen(client: Client, path: str, language: str) -> bytes | None:
    response = client.get(path, headers={"Accept-Language": language})
    if "text/html" not in response.get("Content-Type", "") or response.streaming:
        return None
    return response.content if is_page(response.content) else None


def all_pages(owner: User, ids: dict[str, int], language: str) -> Responses:
    """Return the path and the page, by a name of its own."""
    signed_in, visitor = Client(), Client()
    signed_in.force_login(owner)
    responses: Responses = {}
    for route, inside in routes():
        if route in NO_PAGES:
            continue
        path = address(route, ids).replace("<slug:slug>", "anulata").replace("<str:secret>", "x")
        page = seen(signed_in if inside else visitor, path, language)
        if page is not None:
            responses[f"{path} {'in' if inside else 'out'}"] = path, page
    with override_settings(ROOT_URLCONF="tests.web.with_style"):
        page = seen(signed_in, "/stil", language)
        assert page
        responses["/stil in"] = "/stil", page
    empty = Client()
    empty.force_login(factories.member(factories.organization("Gol SRL"), "owner"))
    for path in ("/transporturi/", "/integrari/", "/firme/", "/notificari/", "/nu-exista/"):
        page = seen(empty, path, language)
        assert page
        responses[f"{path} empty"] = path, page
    return responses


def different(pages: Responses) -> Responses:
    """Leave out the pages of which another has every byte, but for the secrets of its forms."""
    by_body = {SECRETS.sub(b"", body): name for name, (_, body) in pages.items()}
    return {name: pages[name] for name in by_body.values()}


@pytest.fixture
def page_ids(ids: dict[str, int], stranger: User) -> dict[str, int]:
    """Return the keys by route, as pages find them."""
    ListExport.objects.update(total=3)
    return ids


def test_every_page_is_for_everyone(
    owner: User,
    page_ids: dict[str, int],
    settings: LazySettings,
    browser: Browser,
    page_server: PageServer,
) -> None:
    settings.SIGNUP = "open"
    Company.objects.update(name="TRANSPORTURI " + "INTERNAȚIONALE" * 6)
    pages = all_pages(owner, page_ids, "ro")
    shown = {path for path, _ in pages.values()}
    expected = {
        address(route, page_ids)
        for route, methods in (OBJECT_ROUTES | OWN_ROUTES).items()
        if methods.get("GET") in {200, 404} and route in page_ids | OWN_ROUTES
    }
    unseen = {path for path in expected - shown if not path.endswith(("/fisier/", ".pdf"))}
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name, (path, body) in different(pages).items():
        page_server.pages = {path: body}
        whole = path in {"/", "/stil"} or name.endswith("empty")
        faults = _read(page, page_server.origin + path, whole=whole)
        complaints += [f"{name}: {fault}" for fault in faults]
        weight = sum(page_server.weight(part) for part in _loaded(page))
        assert weight > page_server.weight(path) > 0
        if weight > LARGEST:
            complaints.append(f"{name}: weighs {weight} bytes compressed")
    page_server.pages = {"/stil": pages["/stil in"][1]}
    complaints += page_checks.dialog(page, f"{page_server.origin}/stil")
    # The judge is awake.
    page.emulate_media(reduced_motion="no-preference")
    assert page_checks.moves(page) > 3
    page.emulate_media(reduced_motion="reduce")
    page_server.pages = {"/firme/": pages["/firme/ in"][1].replace(b"<label", b"<span")}
    assert any(
        "label" in fault or "select-name" in fault
        for fault in _read(page, f"{page_server.origin}/firme/", whole=False)
    )
    page.close()
    assert not complaints, "\n".join(complaints)
    assert len(pages) > 60
    # What answers a GET with no page of its own: files, parts of pages, forms that send on.
    assert {path for path in unseen if path not in _sent_on(owner, unseen)} == set()


def _sent_on(owner: User, paths: set[str]) -> set[str]:
    client = Client()
    client.force_login(owner)
    responses = {path: client.get(path) for path in paths}
    return {
        path
        for path, response in responses.items()
        if response.status_code in {302, 404}
        or "text/html" not in response.get("Content-Type", "")
        or not is_page(response.content)
    }


def _loaded(page: Page) -> list[str]:
    """Return the paths of the page and of all that it loaded, but for the judge."""
    addresses = page.evaluate(
        "[location.href, ...performance.getEntriesByType('resource').map(one => one.name)]"
    )
    paths = {urlsplit(address)._replace(scheme="", netloc="", fragment="") for address in addresses}
    return [path.geturl() for path in paths if path.path != AXE]


def _read(page: Page, address: str, *, whole: bool) -> Iterator[str]:
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    shifted = page_checks.shifted(page)
    if shifted > 0.01:
        yield f"the layout shifts by {shifted:.3f}"
    if moves := page_checks.moves(page):
        yield f"{moves} parts move for who wants nothing to move"
    yield from page_checks.by_keyboard(page)
    page.add_script_tag(url=AXE)
    yield from _axe(page, {"type": "tag", "values": RULES}, whole=whole)
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    yield from (
        f"phone, dark: {each}"
        for each in _axe(
            page, {"type": "rule", "values": ["color-contrast", "target-size"]}, whole=whole
        )
    )
    yield from page_checks.out_of_order(page)
    for width in (320, 720, 768, 1024):
        page.set_viewport_size({"width": width, "height": 200})  # low: less is painted
        if width == 320:
            yield from page_checks.narrow(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield f"is {wide} px wide on a screen of {width}"
    yield from page_checks.wide(page)
    yield from page_checks.on_paper(page)


def _axe(page: Page, only: dict[str, Any], *, whole: bool) -> Iterator[str]:
    options = {"runOnly": only, "reporter": "no-passes"}
    violations = page.evaluate(
        "([frame, options]) => axe.run(frame.length ? {exclude: frame} : document, options)",
        [[] if whole else FRAME, options],
    )
    for violation in violations["violations"]:
        if violation["impact"] in {"serious", "critical"}:
            where = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
            yield f"{violation['id']}: {violation['help']} ({where})"


def test_english_pages_hold_no_romanian(
    organization: Organization, owner: User, page_ids: dict[str, int], settings: LazySettings
) -> None:
    settings.SIGNUP = "open"
    left = {}
    for name, (_, body) in all_pages(owner, page_ids, "en").items():
        text = re.sub(r"<(script|style|pre)\b.*?</\1>", " ", body.decode(), flags=re.DOTALL)
        assert '<html lang="en">' in text
        text = re.sub(r'\s(?:href|action|value|id|for|hx-\w+|name)="[^"]*"', " ", text)
        words = NAMES.sub(" ", re.sub(r"<[^>]*?>", lambda tag: " ".join(_read_aloud(tag[0])), text))
        if match := ROMANIAN.search(words):
            at = match.start()
            left[name] = " ".join(words[max(at - 60, 0) : at + 40].split())
    assert left == {}


def _read_aloud(tag: str) -> list[str]:
    labels: list[str] = re.findall(
        r'(?:aria-label|title|placeholder|alt|data-label)="([^"]*)"', tag
    )
    return [" ", *labels, " "]
