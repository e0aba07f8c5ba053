"""Draw the icons of the home screen from `caraus.svg`: `uv run python scripts/icons.py`.

A phone cuts the corners itself, so those of an iPhone and the maskable one have none.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.e2e import chromium  # noqa: E402 - the project's root is on the path only now

STATIC = ROOT / "caraus" / "web" / "static"
# Of a maskable icon, a circle of four fifths is sure to be seen (W3C Application Manifest).
SAFE_SHARE = 0.72


def draw(page: Page, name: str, size: int, *, share: float = 1, corners: bool = True) -> None:
    """Draw one icon as a PNG; `share` of it is the drawing, the rest its ground."""
    drawing = (STATIC / "caraus.svg").read_text()
    ground = "transparent"
    if not corners:
        ground = "#1557c0"
        drawing = drawing.replace('rx="8" ', "")
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>body{{margin:0;height:100vh;display:grid;place-items:center;background:{ground}}}"
        f"svg{{width:{share:.0%};height:{share:.0%}}}</style>{drawing}"
    )
    page.screenshot(path=STATIC / name, omit_background=True)


def main() -> None:
    """Draw all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(playwright.chromium), args=chromium.FLAGS
        )
        page = browser.new_page()
        draw(page, "icon-192.png", 192)
        draw(page, "icon-512.png", 512)
        draw(page, "icon-180.png", 180, corners=False)
        draw(page, "icon-maskable.png", 512, share=SAFE_SHARE, corners=False)
        browser.close()


if __name__ == "__main__":
    main()
