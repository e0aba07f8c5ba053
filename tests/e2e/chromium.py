"""A real Chromium: the system's, playwright's own, or one that is installed now; never skipped."""

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
    # What playwright switches off itself, for the last list of these counts; and two pages of the
    # address bar that each window draws unseen, for more than most of our pages take.
    "--disable-features="
    + ",".join(
        [
            *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "PreconnectToSearch"),
            *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose"),
            *("HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter"),
            *("NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding"),
            *("ThirdPartyStoragePartitioning", "WebUIOmniboxAimPopup", "WebUIOmniboxPopup"),
        ]
    ),
]


@contextmanager
def launched() -> Iterator[Browser]:
    """Start a browser of its own process; each test takes a new context of it. While playwright
    runs, Django takes this thread for one of an event loop, where a query would block all
    others: there are none."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=find(playwright), args=FLAGS)
        yield browser
        browser.close()


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
