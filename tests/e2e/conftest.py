"""The whole product, started by its own command, and a real Chromium before it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests import shared_folders
from tests.commands.installation import Installation
from tests.e2e import page_steps
from tests.e2e.demo_process import DemoProcess
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess

MODULES = [path.stem for path in Path(__file__).parent.glob("test_*.py")]
# An account for each module, as new as the demo's own: what another module did is not seen in it.
# `test_demo_command.py` looks at the demo's own account, and at first starts.
PROVISION = f"""
from caraus.accounts.provision import provision_user
for module in {MODULES}:
    provision_user(
        email=f"{{module}}@caraus.example",
        password="{page_steps.PASSWORD}",
        name="Ioana Dobre",
        organization_name=f"Demo Transport {{module}}",
        cuis=["900010100", "900020201", "900030302"],
    )
"""


@pytest.fixture(scope="session")
def with_accounts(
    blank: Path,
    simulator_process: SimulatorProcess,
) -> Path:
    """Make a data folder at rest, with the accounts of the modules."""

    def make(folder: Path) -> None:
        shared_folders.copy(blank, folder)
        shell = ("manage", "shell", "--no-imports", "-c", PROVISION)
        done = Installation(folder, simulator_process).run(*shell)
        assert done.returncode == 0, done.stderr

    return shared_folders.folder("with-accounts", make)


@pytest.fixture(scope="package")
def demo(with_accounts: Path) -> Iterator[DemoProcess]:
    """Start one demo for all modules that a process runs in a row."""
    folder = make_folder("caraus-e2e-")
    shared_folders.copy(with_accounts, folder / "data")
    with DemoProcess(folder / "data") as process:
        yield process
        process.end_in_order()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def email(request: pytest.FixtureRequest) -> str:
    """Return the address by which the person of the module signs in."""
    return f"{request.path.stem}@caraus.example"


@pytest.fixture(scope="module")
def session(browser: Browser, demo: DemoProcess, email: str) -> StorageState:
    """Sign in once for the module: the cookies."""
    context = browser.new_context(base_url=demo.address, locale="ro-RO")
    page_steps.sign_in(context.new_page(), email)
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def context(browser: Browser, demo: DemoProcess, session: StorageState) -> Iterator[BrowserContext]:
    """Open a new browser profile of a person who has signed in."""
    demo.control("reset", {})
    context = browser.new_context(
        base_url=demo.address,
        storage_state=session,
        locale="ro-RO",
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",  # what turns while it waits is drawn sixty times a second
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Open a page; its complaints fail the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield page
    assert complaints == []
