"""The authorization over real mutual TLS: ANAF's login asks for a certificate in the handshake, and
the browser presents the one that is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import shared_folders
from tests.commands.installation import PASSWORD, Installation
from tests.folders import temporary_folder
from tests.simulator_process import SimulatorProcess

EMAIL = "ana@example.ro"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def anaf(keys: Path) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(tls_folder=keys) as process:
        yield process


@pytest.fixture(scope="module")
def address(anaf: SimulatorProcess, keys: Path, blank: Path) -> Iterator[str]:
    """Run a real server of the product's own, which trusts the test authority."""
    with temporary_folder("caraus-tls-") as top:
        yield from _served(anaf, keys, blank, top / "data")


def _served(anaf: SimulatorProcess, keys: Path, blank: Path, folder: Path) -> Iterator[str]:
    shared_folders.copy(blank, folder)
    installation = Installation(folder, anaf)
    installation.environment |= {
        "ANAF_LOGIN_URL": anaf.secure_url,
        "SSL_CERT_FILE": str(keys / "authority.pem"),
        "ANAF_TIMEOUT_SECONDS": "10",
    }
    person = ("createuser", "--email", EMAIL, "--name", "Ana Pop", "--password-stdin")
    done = installation.run(
        *person, "--organization", "Trans", "--cui", "900010100", stdin=PASSWORD
    )
    assert done.returncode == 0, done.stderr
    with installation.web():
        yield installation.address


def signed_in(
    browser: Browser, anaf: SimulatorProcess, keys: Path, address: str, person: str
) -> Page:
    context = browser.new_context(
        base_url=address,
        locale="ro-RO",
        ignore_https_errors=True,  # the authority is a test's own
        client_certificates=[
            {
                "origin": anaf.secure_url,
                "certPath": str(keys / f"{person}.pem"),
                "keyPath": str(keys / f"{person}.key"),
            }
        ],
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto("/")
    page.locator("[name=login]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.goto("/integrari/")
    return page


def press(page: Page) -> Page:
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Autorizare cu ANAF SPV").click()
    return opened.value


def test_a_certificate_that_is_not_enrolled_is_explained_with_its_help(
    browser: Browser, anaf: SimulatorProcess, keys: Path, address: str
) -> None:
    page = signed_in(browser, anaf, keys, address, "renewed")
    window = press(page)
    expect(window.get_by_text("ANAF nu a acceptat certificatul").first).to_be_visible()
    window.get_by_role("link", name="Acces refuzat (Access Denied): pas cu pas").click()
    expect(window.get_by_text("Înregistrează certificatul la ANAF")).to_be_visible()
    page.context.close()


def test_the_browsers_certificate_authorizes_in_the_handshake(
    browser: Browser, anaf: SimulatorProcess, keys: Path, address: str
) -> None:
    page = signed_in(browser, anaf, keys, address, "three")
    window = press(page)
    expect(window.get_by_text("Autorizarea a reușit")).to_be_visible()
    expect(page.get_by_text("Activ", exact=True)).to_be_visible()
    expect(page.get_by_text("2006…E6F701").first).to_be_visible()
    login = [call for call in anaf.calls("authorize") if call["status"] == 302]
    assert login[-1]["serial"] == "2006051671C0FFEE01A2B3C4D5E6F701"
    page.context.close()
