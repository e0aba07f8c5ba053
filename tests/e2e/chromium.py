"""A real Chromium: the system's, playwright's own, or one that is installed now; never skipped.

Pages are tried in the headless shell, which is Chromium without its windows' own pages and takes
half the processor's time; where it is not to be had, in a whole one.
"""

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
from playwright.sync_api import Browser, BrowserType, Playwright, sync_playwright

SHELL = ("chromium-headless-shell",)
WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Quiet: no calls home, and root may run it.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Chromium:
    """A browser of its own process, for one module of tests after another."""

    def __init__(self, playwright: Playwright) -> None:
        self._browser_type = playwright.chromium
        self._loop = asyncio.get_running_loop()
        self._browser: Browser | None = None

    @contextmanager
    def in_use(self) -> Iterator[Browser]:
        """Yield the browser; each test takes a new context of it. Playwright's event loop counts as
        running in this thread meanwhile, and Django takes a query for one that blocks others: there
        are none."""
        asyncio._set_running_loop(self._loop)
        if self._browser is None or not self._browser.is_connected():
            path = find(self._browser_type)
            self._browser = self._browser_type.launch(executable_path=path, args=FLAGS)
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


def find(browser_type: BrowserType, *, whole: bool = False) -> str:
    """Return the path of a Chromium; install one where there is none. `whole`: with all that a
    window has, such as the notifications of the system."""
    with (Path(tempfile.gettempdir()) / f"caraus-tests-chromium-{os.getuid()}.lock").open(
        "w"
    ) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        names = WHOLE if whole else SHELL + WHOLE
        return _present(browser_type, names) or _install(browser_type, names)


def _present(browser_type: BrowserType, names: tuple[str, ...]) -> str | None:
    on_path = next(filter(None, map(shutil.which, names)), None)
    own = browser_type.executable_path
    return on_path or (own if Path(own).exists() else None)


def _install(browser_type: BrowserType, names: tuple[str, ...]) -> str:
    if shutil.which("apt-get") and os.geteuid() == 0:
        wanted = [name for name in ("chromium-headless-shell", "chromium") if name in names]
        commands = [["apt-get", "update"], *(["apt-get", "install", "-y", name] for name in wanted)]
        by_hand = "apt-get update && apt-get install -y chromium"
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
        by_hand = "uv run playwright install chromium"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    output = ""
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        output += done.stdout + done.stderr
        if executable := _present(browser_type, names):
            return executable
    raise AssertionError(
        "The browser tests need Chromium, and it could not be installed. "
        f"Install it with:  {by_hand}\n{output[-2000:]}"
    )
