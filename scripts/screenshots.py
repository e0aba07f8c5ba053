"""The pictures of docs/screenshots: starts the demo on a folder of its own and walks the path.

Run it with `make screenshots`. Each page is taken whole (to a height) at 1280 and 390 px in light
colours, the main pages in dark ones too. The simulated world is seeded, so that the pictures differ
from one run to the next by their dates and times only."""

import io
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, cast

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import scenes  # noqa: E402 - the project's root is on the path only now
from tests.e2e import chromium, page_steps  # noqa: E402
from tests.e2e.demo_process import DemoProcess  # noqa: E402
from tests.folders import temporary_folder  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
CUI = "900010100"
REFUSED = "900070706"
VEHICLE = {"nr_veh": "CJ77CAR", "nr_rem1": "CJ78REM"}
Scheme = Literal["light", "dark"]
# Width, the least and the greatest height, the word in the name.
WIDE, PHONE = (1280, 740, 1200, ""), (390, 844, 1500, "-telefon")
SIZES = (WIDE, PHONE)
SCHEMES: tuple[tuple[Scheme, str], ...] = (("light", ""), ("dark", "-intunecat"))
# The pages that are taken in dark colours too.
MAIN_PAGES = frozenset({"panou", "transporturi", "uit", "saptamana", "flota", "integrari"})
COLOURS, EXACT = 64, 24
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
WAIT = 30_000


class Photographer:
    """A browser, and where its pictures go."""

    def __init__(self, browser: Browser, demo: DemoProcess) -> None:
        self.browser, self.demo = browser, demo
        self.main = self.context()
        self.page = self.main.new_page()
        self.taken: set[str] = set()
        self.ending = ""
        self._writers = ThreadPoolExecutor(2)

    def context(self) -> BrowserContext:
        context = self.browser.new_context(
            base_url=self.demo.address,
            viewport={"width": WIDE[0], "height": WIDE[1]},
            reduced_motion="reduce",
            locale="ro-RO",
            timezone_id="Europe/Bucharest",
        )
        context.set_default_timeout(WAIT)
        return context

    def go(self, address: str, name: str) -> None:
        self.page.goto(address)
        self.everywhere(name)

    def everywhere(self, name: str, page: Page | None = None) -> None:
        """Take the page as it stands: wide and on a phone; a main page in dark colours too."""
        page = page or self.page
        in_dark = name in MAIN_PAGES and not self.ending  # in Romanian alone
        page.evaluate("scrollTo(0, 0)")
        for width, least, most, size_word in SIZES:
            page.set_viewport_size({"width": width, "height": least})
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(max(height, least), most)})
            for scheme, scheme_word in SCHEMES if in_dark else SCHEMES[:1]:
                page.emulate_media(color_scheme=scheme)
                page.evaluate(DRAWN)
                self.snap(f"{name}{size_word}{scheme_word}{self.ending}", page)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})

    def snap(self, name: str, page: Page | None = None) -> None:
        page = page or self.page
        if name in self.taken:
            raise ValueError(f"two pictures are called {name}")
        self.taken.add(name)
        picture = page.screenshot(animations="disabled", caret="hide")
        self._writers.submit(write, picture, FOLDER / f"{name}.png").add_done_callback(
            lambda done: done.result()
        )

    def finish(self) -> None:
        """Wait for the files, and remove those of pages that are no more."""
        self._writers.shutdown()
        for path in FOLDER.glob("*.png"):
            if path.stem not in self.taken:
                path.unlink()


def write(picture: bytes, path: Path) -> None:
    """Write it with a palette, a third of the size: flat colours as they are, the rest by the
    nearest."""
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    few = image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    # The grounds, to the bit: the palette's own are means of neighbours.
    palette, dots = few.getpalette() or [], image.get_flattened_data()
    often = sorted(image.getcolors(len(dots)) or [], reverse=True)[:EXACT]
    for _, colour in reversed(often):
        y, x = divmod(dots.index(colour), image.width)
        at = cast("int", few.getpixel((x, y))) * 3
        palette[at : at + 3] = cast("tuple[int, int, int]", colour)
    few.putpalette(palette)
    few.save(path, optimize=True)


def signed_out(photographer: Photographer) -> None:
    """Show the pages before anybody is in."""
    served = scenes.pages()
    session, invitation = scenes.people()
    page = photographer.page
    photographer.go("/cont/login/", "intrare")
    page.locator("[name=login]").fill(page_steps.EMAIL)
    page.locator("[name=password]").fill("alta")
    page.locator("form:has([name=password]) button[type=submit]").click()
    expect(page.locator(".notice-bad")).to_be_visible()
    photographer.everywhere("intrare-gresita")
    photographer.go("/cont/password/reset/", "parola-uitata")
    photographer.go(invitation, "invitatie")
    photographer.go("/integrari/ajutor/", "ajutor-toate")
    for name, body in served.items():
        show(page, f"/poza/{name}", body)
        photographer.everywhere(name)
    reader = photographer.context()
    reader.add_cookies([{"name": "sessionid", "value": session, "url": photographer.demo.address}])
    page = reader.new_page()
    page.goto("/firme/lista/")
    photographer.everywhere("eroare-403", page)
    page.goto("/nu-exista/")
    photographer.everywhere("eroare-404", page)
    page.context.clear_cookies(name="csrftoken")
    reader.close()


def show(page: Page, path: str, body: str) -> None:
    page.route(f"**{path}", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(path)
    page.unroute(f"**{path}")


def authorize(photographer: Photographer) -> None:
    """Sign in, the card, ANAF's window, success, and the card again."""
    page = photographer.page
    page_steps.sign_in(page)
    photographer.go("/transporturi/", "transporturi-inceput")
    photographer.go("/integrari/", "integrari-inainte")
    window = page_steps.press_authorize(page)
    photographer.snap("integrari-asteapta")
    photographer.snap("anaf-certificat", window)
    page_steps.choose_certificate(window)
    photographer.snap("anaf-pin", window)
    page_steps.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible(timeout=WAIT)
    photographer.everywhere("succes", window)
    window.close()
    expect(page.get_by_text("autorizată").first).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("interogăm ANAF")).to_have_count(0, timeout=WAIT)
    photographer.go("/integrari/", "integrari")


def authorization_life(photographer: Photographer) -> None:
    """Show the test of the authorization, a link and its holder, the help, the other states of
    the card."""
    page = photographer.page
    page.goto("/integrari/")
    page.get_by_role("button", name="Testează conexiunea").first.click()
    expect(page.get_by_text("Test terminat")).to_be_visible(timeout=WAIT)
    photographer.everywhere("test-conexiune")
    photographer.go("/integrari/certificat-reinnoit/", "certificat-reinnoit")
    photographer.go("/integrari/ajutor/certificat-neinrolat/", "ajutor")
    states = scenes.Authorization()
    for name, change in (
        ("integrari-expira", states.ends_soon),
        ("integrari-problema", states.limps),
        ("integrari-refuzata", states.refused),
    ):
        change()
        photographer.go("/integrari/", name)
        states.as_before()
    photographer.go("/integrari/linkuri/", "link")
    page.get_by_role("button", name="Generează linkul").click()
    expect(page.locator("#linkul")).to_be_visible()
    photographer.everywhere("link-facut")
    link = page.locator("#linkul").text_content() or ""
    holder = photographer.context().new_page()
    holder.goto(link)
    photographer.everywhere("link-titular", holder)
    holder.get_by_label("Numele tău").fill("Ion Contabilul")
    holder.get_by_role("button", name="Autorizare cu ANAF SPV").click()
    page_steps.choose_certificate(holder, "single")
    page_steps.type_pin(holder)
    expect(holder.get_by_text("fără drept").first).to_be_visible(timeout=WAIT)
    photographer.everywhere("link-fara-drept", holder)
    holder.context.close()
    photographer.go("/integrari/", "integrari-doua")


def list_and_detail(photographer: Photographer) -> None:
    """Show the list in its states, and a UIT whose vehicle was changed after ANAF first showed
    it."""
    page, demo = photographer.page, photographer.demo
    added = cast("dict[str, str]", demo.control("uit", {"cui": CUI, **VEHICLE}))
    uit = added["uit"]
    sync_until(page, f'[data-uit="{uit}"]:has-text("CJ77CAR")')
    demo.control(f"vehicle-change/{uit}", {"nr_veh": "CJ79NOU", "nr_rem1": "CJ78REM"})
    sync_until(page, f'[data-uit="{uit}"]:has-text("CJ79NOU")')
    photographer.go("/transporturi/", "transporturi")
    photographer.go("/transporturi/?arata=toate&sortare=expira", "transporturi-toate")
    photographer.go("/transporturi/?vehicul=CJ79&modificate=1", "transporturi-filtrate")
    photographer.go("/transporturi/?q=ZZ99ZZZ", "transporturi-nimic")
    page.goto("/transporturi/")
    page.keyboard.press("?")
    photographer.everywhere("taste")
    page.keyboard.press("Escape")
    page.locator("summary", has_text="Coloane").click()
    photographer.everywhere("coloane")
    arriving(photographer)
    page.goto(f"/transporturi/?q={uit}")
    page.goto(str(page.locator(f'[data-uit="{uit}"] .col-uit a').first.get_attribute("href")))
    page.get_by_label("Nota", exact=True).fill("Poarta 3; sună la rampă înainte de ora 8.")
    page.get_by_role("button", name="Adaugă nota").click()
    expect(page.locator(".note-text")).to_be_visible()
    photographer.everywhere("uit")
    page.evaluate("scrollTo(0, 0)")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 980})
    photographer.snap("uit-tipar")
    page.emulate_media(media="screen")
    for view in ("camioane", "saptamana", "harta"):
        photographer.go(f"/transporturi/{view}/", view)
    photographer.go(f"/transporturi/export/{scenes.export_under_way()}/", "export")
    photographer.go("/", "panou")


def arriving(photographer: Photographer) -> None:
    """Show a new UIT that comes while the list is looked at."""
    page = photographer.page
    page.goto(f"/transporturi/?firma={CUI}")
    uit = {"cui": CUI, "nr_veh": "TM55VIU"}
    added = cast("dict[str, str]", photographer.demo.control("uit", uit))
    colleague = photographer.main.new_page()
    sync_until(colleague, f'[data-uit="{added["uit"]}"]')
    colleague.close()
    page.evaluate("htmx.trigger('#lista', 'refresh')")
    expect(page.locator(f'[data-uit="{added["uit"]}"][data-mark=new]')).to_be_visible(timeout=WAIT)
    photographer.everywhere("transporturi-nou")


def fleet(photographer: Photographer) -> None:
    """Show a list with errors before it is taken, the fleet, and the issues that it raises."""
    page = photographer.page
    photographer.go("/flota/", "flota-goala")
    page.goto(f"/flota/import/?firma={CUI}")
    page.get_by_label("Lista lipită").fill(scenes.FLEET)
    photographer.everywhere("flota-lista")
    page.get_by_role("button", name="Citește lista").click()
    expect(page.get_by_role("heading", name="De corectat")).to_be_visible()
    photographer.everywhere("flota-verificare")
    page.get_by_role("button", name="Adaugă în flotă").click()
    expect(page.get_by_text("4 vehicule adăugate")).to_be_visible()
    photographer.go("/flota/", "flota")
    page.goto("/flota/?fel=vehicule")
    page.goto(str(page.get_by_label("Schimbă CJ77ABC").get_attribute("href")))
    photographer.everywhere("vehicul")
    page.goto(f"/transporturi/?firma={CUI}&q=CJ79NOU&probleme=1")
    page.goto(str(page.locator("[data-uit] .col-uit a").first.get_attribute("href")))
    photographer.everywhere("uit-probleme")
    photographer.go("/transporturi/?probleme=1", "transporturi-probleme")


def organization(photographer: Photographer) -> None:
    """Companies (ANAF refuses one), people, the account, the notifications."""
    page = photographer.page
    page.goto("/firme/")
    page.locator("summary", has_text="Adaugă o firmă").click()
    page.get_by_label("CUI", exact=True).fill(REFUSED)
    page.get_by_role("button", name="Adaugă firma").click()
    refused = page.locator(f'[data-cui="{REFUSED}"]')
    while not refused.get_by_text("fără drept").count():
        page.wait_for_timeout(250)
        page.goto("/firme/")
    page.goto("/firme/?ordine=uit")
    page.locator("tbody .cell-name a").first.click()
    photographer.everywhere("firma")
    for address, name in {
        "/firme/": "firme",
        "/firme/lista/": "firme-lista",
        "/organizatie/": "organizatie",
        "/organizatie/membri/": "membri",
        "/organizatie/jurnal/": "jurnal",
        "/notificari/": "notificari",
        "/notificari/preferinte/": "preferinte",
        "/cont/date/": "datele-mele",
        "/cont/password/change/": "parola",
        "/cont/2fa/": "doi-factori",
        "/cont/sessions/": "sesiuni",
    }.items():
        photographer.go(address, name)


def in_english(photographer: Photographer) -> None:
    page = photographer.page
    photographer.ending = "-en"
    page.goto("/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for address, name in {
        "/": "panou",
        "/transporturi/": "transporturi",
        "/transporturi/?q=ZZ99ZZZ": "transporturi-nimic",
        "/transporturi/saptamana/": "saptamana",
        "/transporturi/harta/": "harta",
        "/flota/": "flota",
        "/integrari/": "integrari",
        "/firme/": "firme",
        "/notificari/": "notificari",
        "/notificari/preferinte/": "preferinte",
        "/organizatie/membri/": "membri",
    }.items():
        photographer.go(address, name)
    page.goto("/transporturi/?probleme=1")
    page.goto(str(page.locator("[data-uit] .col-uit a").first.get_attribute("href")))
    photographer.everywhere("uit-probleme")
    page.get_by_role("button", name="Română").click()
    expect(page.locator("html")).to_have_attribute("lang", "ro")
    photographer.ending = ""


def sync_until(page: Page, selector: str) -> None:
    """Press „Sincronizează acum” and wait until the row is there."""
    page.goto(f"/transporturi/?firma={CUI}")
    page.get_by_role("button", name="Sincronizează acum").click()
    expect(page.locator(selector)).to_be_visible(timeout=WAIT)


def anaf_down(photographer: Photographer) -> None:
    """Show the list while ANAF does not respond."""
    page, demo = photographer.page, photographer.demo
    demo.control("scenario", {"name": "down_503", "on": True})
    page.goto("/transporturi/")
    page.get_by_role("button", name="Sincronizează acum").click()
    expect(page.get_by_text("ANAF nu răspunde din").last).to_be_visible(timeout=60_000)
    photographer.everywhere("anaf-nu-raspunde")
    photographer.go("/", "panou-anaf-nu-raspunde")
    photographer.go("/firme/", "firme-probleme")
    demo.control("scenario", {"name": "down_503", "on": False})


STEPS: tuple[Callable[[Photographer], None], ...] = (
    signed_out,
    authorize,
    list_and_detail,
    fleet,
    authorization_life,
    organization,
    in_english,
    anaf_down,
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with temporary_folder("caraus-screenshots-") as folder:
        data = folder / "data"
        with DemoProcess(data) as demo, sync_playwright() as playwright:
            scenes.enter(data / "demo.env")
            browser = playwright.chromium.launch(
                executable_path=chromium.find(playwright.chromium), args=chromium.FLAGS
            )
            photographer = Photographer(browser, demo)
            for part in STEPS:
                part(photographer)
            photographer.finish()
            browser.close()
    pictures = sorted(FOLDER.glob("*.png"))
    size = sum(path.stat().st_size for path in pictures) / 1_000_000
    print(f"{len(pictures)} pictures in {FOLDER.relative_to(ROOT)}, {size:.1f} MB")


if __name__ == "__main__":
    main()
