"""A real Chromium: the system's, playwright's own, or one that is installed now; never skipped."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Quiet: no calls home, and root may run it.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What playwright switches off itself, for the last list of these counts; and what each window
    # does unseen, for more than most of our pages take: two pages of the address bar, and a
    # process for a page that may come.
    "--disable-features="
    + ",".join(
        [
            *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "PreconnectToSearch"),
            *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose"),
            *("HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter"),
            *("NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding"),
            *("SpareRendererForSitePerProcess",),
            *("ThirdPartyStoragePartitioning", "WebUIOmniboxAimPopup", "WebUIOmniboxPopup"),
        ]
    ),
]


class Chromium:
    """A browser of its own process, for one module of tests after another."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._loop = asyncio.get_running_loop()
        self._browser: Browser | None = None

    @contextmanager
    def in_use(self) -> Iterator[Browser]:
        """Yield the browser; each test takes a new context of it. Playwright's event loop counts as
        running in this thread meanwhile, and Django takes a query for one that blocks others: there
        are none."""
        asyncio._set_running_loop(self._loop)
        if self._browser is None or not self._browser.is_connected():
            path = find(self._playwright)
            self._browser = self._playwright.chromium.launch(executable_path=path, args=FLAGS)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
            yield self._browser
        for context in self._browser.contexts:
            context.close()
        self.rest()

    def rest(self) -> None:
        """Let other tests run event loops of their own."""
        asyncio._set_running_loop(None)

    def close(self) -> None:
        asyncio._set_running_loop(self._loop)
        if self._browser is not None:
            self._browser.close()


@contextmanager
def started() -> Iterator[Chromium]:
    """Start playwright, and a browser when one is used."""
    with sync_playwright() as playwright:
        chromium = Chromium(playwright)
        chromium.rest()
        yield chromium
        chromium.close()


def find(playwright: Playwright) -> str:
    """Return the path of a Chromium; install one where there is none."""
    with (Path(tempfile.gettempdir()) / f"caraus-tests-chromium-{os.getuid()}.lock").open(
        "w"
    ) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        return _present(playwright) or _install(playwright)


def _present(playwright: Playwright) -> str | None:
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    own = playwright.chromium.executable_path
    return on_path or (own if Path(own).exists() else None)


def _install(playwright: Playwright) -> str:
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands = [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]
        by_hand = "apt-get update && apt-get install -y chromium"
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
        by_hand = "uv run playwright install chromium"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    output = ""
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        output += done.stdout + done.stderr
    executable = _present(playwright)
    assert executable, (
        "The browser tests need Chromium, and it could not be installed. "
        f"Install it with:  {by_hand}\n{output[-2000:]}"
    )
    return executable
