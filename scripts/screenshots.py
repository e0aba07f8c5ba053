"""The pictures of docs/screenshots: starts the demo on a folder of its own and walks the path.

Run it with `make screenshots`. The simulated world is seeded, so that the pictures differ from
one run to the next by their dates and times only.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, cast

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e import chromium, walking  # noqa: E402 - the project's root is on the path only now
from tests.e2e.demo_process import DemoProcess  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
CUI = "900010100"
Scheme = Literal["light", "dark"]
WIDE, PHONE = (1280, 740), (390, 844)
VEHICLE = {"nr_veh": "CJ77CAR", "nr_rem1": "CJ78REM"}


class Photographer:
    """A signed-in browser at every size and scheme, and where the pictures go."""

    def __init__(self, browser: Browser, demo: DemoProcess) -> None:
        self.browser, self.demo = browser, demo
        self.main = self._context(WIDE, "light")
        self.page = self.main.new_page()

    def _context(self, size: tuple[int, int], scheme: Scheme) -> BrowserContext:
        state = self.main.storage_state() if hasattr(self, "main") else None
        return self.browser.new_context(
            base_url=self.demo.address,
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="ro-RO",
            timezone_id="Europe/Bucharest",
            storage_state=state,
        )

    @contextmanager
    def at(self, address: str, size: tuple[int, int], scheme: Scheme) -> Iterator[Page]:
        context = self._context(size, scheme)
        page = context.new_page()
        page.goto(address)
        yield page
        context.close()

    def everywhere(self, address: str, name: str) -> None:
        """Wide and on a phone, light and dark."""
        sizes = ((WIDE, ""), (PHONE, "-telefon"))
        schemes: tuple[tuple[Scheme, str], ...] = (("light", ""), ("dark", "-intunecat"))
        for size, size_word in sizes:
            for scheme, scheme_word in schemes:
                with self.at(address, size, scheme) as page:
                    snap(page, f"{name}{size_word}{scheme_word}")


def snap(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")


def authorize(photographer: Photographer) -> None:
    """Sign in, the card, ANAF's window, success, and the card again."""
    page = photographer.page
    page.goto("/")
    snap(page, "intrare")
    walking.sign_in(page)
    photographer.everywhere("/integrari/", "integrari-inainte")
    walking.open_integrations(page)
    window = walking.press_authorize(page)
    snap(page, "integrari-asteapta")
    snap(window, "anaf-certificat")
    walking.choose_certificate(window)
    snap(window, "anaf-pin")
    walking.type_pin(window)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    snap(window, "succes")
    window.close()
    expect(page.get_by_text("acoperită").first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("întrebăm ANAF")).to_have_count(0, timeout=20_000)
    photographer.everywhere("/integrari/", "integrari")


def authorization_life(photographer: Photographer) -> None:
    """The test of the connection, a link and its holder, the notice, the help, a new certificate.

    The rest of an authorization's life, for `docs/autorizarea.md`.
    """
    page = photographer.page
    page.goto("/integrari/")
    page.get_by_role("button", name="Testează conexiunea").first.click()
    expect(page.get_by_text("Test terminat")).to_be_visible()
    photographer.everywhere(page.url, "test-conexiune")
    photographer.everywhere("/integrari/certificat-reinnoit/", "certificat-reinnoit")
    photographer.everywhere("/integrari/ajutor/certificat-neinrolat/", "ajutor")
    photographer.everywhere("/integrari/linkuri/", "link")
    page.goto("/integrari/linkuri/")
    page.get_by_role("button", name="Fă linkul").click()
    link = page.locator("#linkul").text_content() or ""
    holder = photographer.browser.new_context(
        viewport={"width": WIDE[0], "height": 1000}, locale="ro-RO"
    ).new_page()
    holder.goto(link)
    snap(holder, "link-titular")
    holder.get_by_label("Numele tău").fill("Ion Contabilul")
    holder.get_by_role("button", name="Autorizare cu ANAF SPV").click()
    walking.choose_certificate(holder, "single")
    walking.type_pin(holder)
    expect(holder.get_by_text("Mulțumim, Ion Contabilul")).to_be_visible()
    holder.context.close()
    photographer.everywhere("/notificari/", "notificari")
    photographer.everywhere("/notificari/preferinte/", "preferinte")


def list_and_detail(photographer: Photographer) -> None:
    """The list, and a UIT whose vehicle was changed after ANAF first showed it."""
    page, demo = photographer.page, photographer.demo
    added = cast("dict[str, str]", demo.control("uit", {"cui": CUI, **VEHICLE}))
    uit = added["uit"]
    sync_until(page, f'[data-uit="{uit}"]:has-text("CJ77CAR")')
    demo.control(f"vehicle-change/{uit}", {"nr_veh": "CJ79NOU", "nr_rem1": "CJ78REM"})
    sync_until(page, f'[data-uit="{uit}"]:has-text("CJ79NOU")')
    photographer.everywhere("/transporturi/", "transporturi")
    page.goto(str(page.locator(f'[data-uit="{uit}"] .col-uit a').first.get_attribute("href")))
    page.get_by_label("Nota", exact=True).fill("Poarta 3; sună la rampă înainte de ora 8.")
    page.get_by_role("button", name="Adaugă nota").click()
    photographer.everywhere(page.url.partition("#")[0], "uit")
    photographer.everywhere("/", "panou")
    photographer.everywhere("/transporturi/saptamana/", "saptamana")
    photographer.everywhere("/transporturi/harta/", "harta")
    photographer.everywhere("/firme/", "firme")


FLEET = """Număr;Fel;Notă
CJ 77 ABC;cap tractor;Volvo FH, Ionescu
CJ 79 NOU;remorcă;
CJ 78 REM;semiremorcă;Schmitz, prelată
CJ 12 DUB;autoutilitară;
CJ 80 REM;zmeu;Kögel
fără număr;camion;MAN nou, de la leasing
"""


def fleet(photographer: Photographer) -> None:
    """A list with errors before it is taken, the fleet, and the problems that it raises."""
    page = photographer.page
    photographer.everywhere("/flota/", "flota-goala")
    page.goto(f"/flota/import/?firma={CUI}")
    page.get_by_label("Lista lipită").fill(FLEET)
    snap(page, "flota-lista")
    page.get_by_role("button", name="Citește lista").click()
    expect(page.get_by_role("heading", name="De corectat")).to_be_visible()
    photographer.everywhere(page.url, "flota-verificare")
    page.get_by_role("button", name="Adaugă în flotă").click()
    expect(page.get_by_text("4 vehicule adăugate")).to_be_visible()
    photographer.everywhere("/flota/", "flota")
    page.goto(f"/transporturi/?firma={CUI}&q=CJ79NOU&probleme=1")
    page.locator("[data-uit]").get_by_role("link").first.click()
    page.wait_for_url("**/transporturi/*/")
    photographer.everywhere(page.url, "uit-probleme")
    photographer.everywhere("/transporturi/?probleme=1", "transporturi-probleme")


def sync_until(page: Page, selector: str) -> None:
    """Press „Sincronizează acum” and wait until the row is there."""
    page.goto(f"/transporturi/?firma={CUI}")
    page.get_by_role("button", name="Sincronizează acum").click()
    expect(page.locator(selector)).to_be_visible(timeout=30_000)


def anaf_down(photographer: Photographer) -> None:
    """The list while ANAF does not answer."""
    page, demo = photographer.page, photographer.demo
    demo.control("scenario", {"name": "down_503", "on": True})
    page.goto("/transporturi/")
    page.get_by_role("button", name="Sincronizează acum").click()
    expect(page.get_by_text("Toate firmele", exact=True).last).to_be_visible(timeout=60_000)
    with photographer.at("/transporturi/", WIDE, "light") as shown:
        expect(shown.get_by_text("Problemă la ANAF")).to_be_visible()
        snap(shown, "anaf-nu-raspunde")
    demo.control("scenario", {"name": "down_503", "on": False})


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="caraus-screenshots-") as folder,
        DemoProcess(Path(folder) / "data") as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.find(playwright), args=chromium.FLAGS
        )
        photographer = Photographer(browser, demo)
        authorize(photographer)
        list_and_detail(photographer)
        fleet(photographer)
        authorization_life(photographer)
        anaf_down(photographer)
        browser.close()
    pictures = sorted(FOLDER.glob("*.png"))
    print(f"{len(pictures)} pictures in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
