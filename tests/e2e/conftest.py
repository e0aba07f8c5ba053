"""The whole product, started by its own command, and a real Chromium before it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import shared_folders
from tests.e2e.demo_process import DemoProcess
from tests.folders import make_folder


@pytest.fixture(scope="session")
def started_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder of a demo that was started once and has ended: the first start takes
    twice as long as the next ones. `test_demo_command.py` looks at first starts."""

    def make(folder: Path) -> None:
        with DemoProcess(folder):
            pass

    return shared_folders.folder(tmp_path_factory, worker_id, "demo", make)


@pytest.fixture(scope="module")
def demo(started_once: Path) -> Iterator[DemoProcess]:
    folder = make_folder("caraus-e2e-")
    shared_folders.copy(started_once, folder / "data")
    with DemoProcess(folder / "data") as process:
        yield process
    shutil.rmtree(folder)


@pytest.fixture
def context(browser: Browser, demo: DemoProcess) -> Iterator[BrowserContext]:
    """Open a new browser profile; the page's complaints fail the test."""
    demo.control("reset", {})
    context = browser.new_context(
        base_url=demo.address,
        locale="ro-RO",
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",  # what turns while it waits is drawn sixty times a second
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield page
    assert complaints == []
