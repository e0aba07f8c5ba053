"""The style sheets: one scale of type, one of spaces, colours by name; nothing beside them."""

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lucide.templatetags.lucide import lucide

from caraus.core.icons import draw_icon, drawings

STATIC = Path(__file__).parents[2] / "caraus/web/static"
SHEETS = sorted(STATIC.glob("*.css"))
DECLARATION = re.compile(r"(?<![\w-])(--[\w-]+|[a-z-]+): ([^;{}]+)(?=[;}])")
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch)\(|\b(?:white|black|red|green|blue"
    r"|gr[ae]y|silver|navy|orange|yellow|purple|maroon|teal|gold)\b",
    re.IGNORECASE,
)
# A length that should have a name; em, ch and % are relative to the text, vw to the screen.
RAW = re.compile(r"(?<![\w.-])-?(?:\d*\.)?\d+(?:rem|px|pt)\b")
SPACE = re.compile(r"(?:row-|column-)?gap|(?:padding|margin)(?:-[a-z-]+)?")
# Texts of a drawing: their unit is the drawing's own.
DRAWN = re.compile(r"\.(?:chart|map)[\w-]*(?: text[^{,]*)?$")


def declarations(sheet: str) -> Iterator[tuple[str, str, str]]:
    """Yield the selector, the property and the value of each declaration."""
    text = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    for selector, body in re.findall(r"([^{};]+)\{([^{}]*)\}", text):
        for name, value in DECLARATION.findall(body + "}"):
            yield " ".join(selector.split()), name, value


def complaints(sheet: str) -> Iterator[str]:
    for selector, name, value in declarations(sheet):
        if name.startswith("--"):
            if not selector.endswith(":root"):
                yield f"{selector}: {name} has a value of its own here"
            continue
        is_size = name in {"font-size", "font"} and not DRAWN.search(selector)
        named = is_size or SPACE.fullmatch(name) or name.endswith("radius")
        if COLOUR.search(value) or (named and RAW.search(value)):
            yield f"{selector}: {name}: {value}"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_no_raw_colour_size_or_space_stands_beside_the_tokens(sheet: Path) -> None:
    faults = list(complaints(sheet.read_text()))
    assert not faults, "\n".join(faults)


def test_every_token_is_there_and_of_use() -> None:
    all_of_it = "".join(path.read_text() for path in SHEETS)
    declared = set(re.findall(r"(--[\w-]+):", all_of_it))
    assert set(re.findall(r"var\((--[\w-]+)", all_of_it)) == declared
    # /stil shows a sample of each.
    shown = set(re.findall(r"\.sample-([\w-]+)", (STATIC / "stil.css").read_text()))
    root = (STATIC / "caraus.css").read_text().partition("@media")[0]
    tokens = set(re.findall(r"--([\w-]+):", root))
    assert tokens - {"font", "mono", "touch", "shadow", "shadow-high"} == shown


def test_the_judge_sees_each_kind() -> None:
    wrong = (
        "a { color: #fff; } b { background: rgb(1 2 3); } c { border: 1px solid red; }"
        "d { font-size: 15px; } e { font: 400 1rem/1.5 var(--font); } f { padding: 0 .3rem; }"
        "g { margin-block: -1rem 0; } h { gap: 4px; } i { border-start-start-radius: 3px; }"
        "@media print { j { color: black; } } k { --own: 1rem; }"
    )
    assert len(list(complaints(wrong))) == 11
    right = (
        ":root { --ink: #000; } a { color: var(--ink); padding: calc(-1 * var(--space-1)) 0; }"
        ".chart text { font-size: 11px; } b { font-size: .92em; border: 1px solid currentColor; }"
    )
    assert list(complaints(right)) == []


@pytest.mark.parametrize("name", ["truck", "circle-check", "map-pin"])
def test_an_icon_is_drawn_as_its_own_package_draws_it(name: str) -> None:
    for size in (16, 20):
        theirs = lucide(name, size=size, **{"class": "icon", "aria-hidden": "true"})
        assert draw_icon(name, size=size) == theirs


def test_threads_that_draw_their_first_icons_at_once_do_not_hinder_each_other() -> None:
    names = [name.removesuffix(".svg") for name in drawings().namelist() if name.endswith(".svg")]
    draw_icon.cache_clear()
    switch_interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            drawn = list(threads.map(draw_icon, names[:400]))
    finally:
        sys.setswitchinterval(switch_interval)
    draw_icon.cache_clear()
    assert drawn == [draw_icon(name) for name in names[:400]]
