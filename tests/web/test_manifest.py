"""The product on a home screen: its manifest and icons."""

import re
from pathlib import Path
from struct import unpack

from django.contrib.staticfiles import finders
from django.test import Client

from caraus.accounts.models import User


def test_the_manifest_names_the_product_its_start_and_its_icons(client: Client) -> None:
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert (manifest["name"], manifest["display"]) == ("Cărăuș", "standalone")
    assert (manifest["start_url"], manifest["scope"]) == ("/", "/")
    style = Path(str(finders.find("caraus.css"))).read_text()
    light = style[: style.index("prefers-color-scheme: dark")]
    assert f"--surface: {manifest['background_color']};" in light
    assert manifest["theme_color"] == manifest["background_color"]
    assert {icon.get("purpose") for icon in manifest["icons"]} == {None, "maskable"}
    for icon in manifest["icons"]:
        path = Path(str(finders.find(icon["src"].removeprefix("/static/"))))
        if icon["type"] == "image/png":
            assert png_size(path) == icon["sizes"]
        else:
            assert path.suffix == ".svg"


def png_size(path: Path) -> str:
    """Read the size that a PNG says it has."""
    width, height = unpack(">II", path.read_bytes()[16:24])
    return f"{width}x{height}"


def test_pages_link_to_manifest_and_icon_of_the_home_screen(signed_in: Client, owner: User) -> None:
    for page in (Client().get("/cont/login/"), signed_in.get("/notificari/")):
        html = page.content.decode()
        assert 'rel="manifest" href="/manifest.webmanifest"' in html
        (icon,) = re.findall(r'rel="apple-touch-icon" href="/static/([^"]+)"', html)
        assert png_size(Path(str(finders.find(icon)))) == "180x180"
