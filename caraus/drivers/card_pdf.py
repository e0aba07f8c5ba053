"""Drivers' cards as PDF: a program of its own, without Django, from JSON to PDF.

`python -m caraus.drivers.card_pdf < cards.json > cards.pdf`. Laying out fonts takes a good part of
a second of computing, which would hold up the other threads of a web process.

The libraries and faces are those of anafpy's `cards` extra. Its own function for a card wants the
kind of operation and the commercial partner, which ANAF does not show a carrier, and prints no
route.
"""

import json
import sys
from dataclasses import dataclass
from importlib.resources import as_file, files
from io import BytesIO
from typing import cast

import segno
from fpdf import FPDF
from fpdf.enums import MethodReturnValue

# Millimetres: the shape of a phone's screen, on which it is shown.
WIDTH, HEIGHT, MARGIN = 90.0, 195.0, 6.0
_CONTENT = WIDTH - 2 * MARGIN
_INK, _GRAY, _BLUE, _RED = (20, 28, 40), (90, 98, 110), (21, 87, 192), (165, 29, 29)
_RULE, _BAND = (210, 216, 224), (243, 245, 248)


@dataclass(frozen=True, slots=True)
class Card:
    """All texts are ready to print. `uit` is the bare code, `grouped` the same in fours.

    Each row of `rows` holds one or two pairs of caption and value; `warning` is "" when the UIT
    may be used.
    """

    uit: str
    grouped: str
    warning: str
    rows: list[list[list[str]]]
    footer: list[str]


def draw(cards: list[Card]) -> bytes:
    """Draw a page for each card; text that can be selected, the QR code of the bare UIT."""
    pdf = FPDF(unit="mm", format=(WIDTH, HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    with as_file(files("anafpy.etransport") / "_fonts") as faces:
        pdf.add_font("sans", "", faces / "NotoSans-Regular.ttf")
        pdf.add_font("sans", "B", faces / "NotoSans-Bold.ttf")
        pdf.add_font("mono", "B", faces / "NotoSansMono-Bold.ttf")
    pdf.set_title(", ".join(f"UIT {card.grouped}" for card in cards[:3]))
    pdf.set_lang("ro")
    for card in cards:
        _draw_page(pdf, card)
    out = BytesIO()
    pdf.output(out)
    return out.getvalue()


def _draw_page(pdf: FPDF, card: Card) -> None:
    pdf.add_page()
    _line(pdf, MARGIN, "RO e-Transport", size=13, style="B", colour=_INK)
    pdf.set_fill_color(*_BLUE)
    pdf.rect(MARGIN, 13.5, _CONTENT, 0.6, style="F")
    y = 17.0
    if card.warning:
        y = _warning(pdf, y, card.warning)
    colour = _RED if card.warning else _BLUE
    size = _fitting(pdf, card.grouped, _CONTENT, family="mono", style="B", size=20)
    _line(pdf, y, card.grouped, size=size, style="B", family="mono", colour=colour, align="C")
    foot = HEIGHT - MARGIN - 4 * len(card.footer)
    heights = [_height(pdf, row) for row in card.rows]
    y += size * 0.45 + 3
    # The code takes the space that the facts leave.
    side = max(24.0, min(62.0, foot - 4 - sum(heights) - y))
    _qr(pdf, card.uit, y, side)
    y += side + 2
    for row, height in zip(card.rows, heights, strict=True):
        _row(pdf, y, row, height)
        y += height
    for number, text in enumerate(card.footer):
        fitting = _fitting(pdf, text, _CONTENT, family="sans", style="", size=7)
        _line(pdf, foot + 4 * number, text, size=fitting, style="", colour=_GRAY)


def _line(
    pdf: FPDF,
    y: float,
    text: str,
    *,
    size: float,
    style: str,
    colour: tuple[int, int, int],
    family: str = "sans",
    align: str = "L",
) -> None:
    pdf.set_font(family, style, size)
    pdf.set_text_color(*colour)
    pdf.set_xy(MARGIN, y)
    pdf.cell(_CONTENT, size * 0.45, text, align=align)


def _fitting(pdf: FPDF, text: str, width: float, *, family: str, style: str, size: float) -> float:
    """Return the largest size, down to 4 points, in which the text stays on one line."""
    pdf.set_font(family, style, size)
    wide = pdf.get_string_width(text)
    return max(4.0, size if wide <= width else size * width / wide * 0.98)


def _warning(pdf: FPDF, y: float, text: str) -> float:
    pdf.set_fill_color(*_RED)
    pdf.set_font("sans", "B", 10)
    pdf.set_text_color(255, 255, 255)
    pdf.set_xy(MARGIN, y)
    pdf.multi_cell(_CONTENT, 5.5, text, align="C", fill=True, padding=1)
    return float(pdf.get_y()) + 3


# Points: a plate or a day stands alone and large; a place may need lines.
_LARGE, _NORMAL, _LINES = 15.0, 9.0, 3


def _height(pdf: FPDF, row: list[list[str]]) -> float:
    return 6.5 + max(len(lines) * size * 0.42 for lines, size in _cells(pdf, row))


def _cells(pdf: FPDF, row: list[list[str]]) -> list[tuple[list[str], float]]:
    """Return each value's lines and their size."""
    width = _CONTENT / len(row) - 3
    sized_cells = []
    for _, value in row:
        pdf.set_font("sans", "B", _LARGE)
        if pdf.get_string_width(value) <= width:
            sized_cells.append(([value], _LARGE))
            continue
        pdf.set_font("sans", "B", _NORMAL)
        wrapped = pdf.multi_cell(width, 4, value, dry_run=True, output=MethodReturnValue.LINES)
        lines = cast("list[str]", wrapped) or [""]
        if len(lines) > _LINES:
            lines = [*lines[: _LINES - 1], lines[_LINES - 1].rstrip() + " …"]
        sized_cells.append((lines, _NORMAL))
    return sized_cells


def _row(pdf: FPDF, y: float, row: list[list[str]], height: float) -> None:
    width = _CONTENT / len(row)
    pdf.set_draw_color(*_RULE)
    for number, ((caption, _), (lines, size)) in enumerate(zip(row, _cells(pdf, row), strict=True)):
        x = MARGIN + number * width
        pdf.set_fill_color(*_BAND)
        pdf.rect(x, y, width, 4.2, style="F")
        pdf.rect(x, y, width, height)
        pdf.set_font("sans", "", 6.5)
        pdf.set_text_color(*_GRAY)
        pdf.set_xy(x + 1.5, y + 0.6)
        pdf.cell(width - 3, 3, caption)
        pdf.set_text_color(*_INK)
        for at, line in enumerate(lines):
            pdf.set_font(
                "sans", "B", _fitting(pdf, line, width - 3, family="sans", style="B", size=size)
            )
            pdf.set_xy(x + 1.5, y + 5.2 + at * size * 0.42)
            pdf.cell(width - 3, size * 0.42, line)


def _qr(pdf: FPDF, payload: str, y: float, side: float) -> None:
    """Return the code as rectangles, sharp at any size; a run of dark modules is one of them."""
    matrix = [bytes(row) for row in segno.make(payload, error="m", micro=False).matrix]
    module = side / (len(matrix) + 4)
    left, top = (WIDTH - side) / 2 + 2 * module, y + 2 * module
    pdf.set_fill_color(0, 0, 0)
    for row, cells in enumerate(matrix):
        start = 0
        for run in cells.replace(b"\x00", b" \x00 ").split(b" "):
            if run and run[0]:
                pdf.rect(
                    left + start * module, top + row * module, len(run) * module, module, style="F"
                )
            start += len(run)


def main() -> None:
    """Read cards, write their PDF."""
    cards = [Card(**fields) for fields in json.load(sys.stdin)]
    sys.stdout.buffer.write(draw(cards))


if __name__ == "__main__":
    main()
