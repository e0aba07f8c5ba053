"""What one sees of a page without a mouse, on paper, on a very wide and a very narrow screen."""

from collections.abc import Iterator

from playwright.sync_api import Page

# Everything that the keyboard reaches and that is seen; of a set of radio buttons, each.
FOCUSABLE = """
const seen = one => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length;
const focusable = [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex]')].filter(
    one => one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden' && seen(one));
const called = one => one.outerHTML.slice(0, 120).replace(/\\s+/g, ' ');
"""
FIRST_STOP = """() => ({
    isApp: document.body.matches('.app'),
    isSkip: document.activeElement.matches('.skip'),
    top: document.activeElement.offsetTop,
})"""
# The ring may be drawn by a neighbour (a segment) or within (a county).
UNSEEN_FOCUS = (
    "() => {"
    + FOCUSABLE
    + """
const look = one => [one, one.nextElementSibling, one.firstElementChild].map(part => {
    if (!part) return '';
    const style = getComputedStyle(part);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.strokeWidth].join();
}).join(';');
const unseen = focusable.filter(one => {
    if (document.activeElement) document.activeElement.blur();
    const before = look(one);
    one.focus();
    return one !== document.activeElement || look(one) === before;
}).map(called);
document.activeElement.blur();
scrollTo(0, 0);
return unseen;
}"""
)
# The next one never stands above the one before in the same column: eyes go down as Tab does.
OUT_OF_ORDER = (
    "() => {"
    + FOCUSABLE
    + """
const apart = one => {
    for (let at = one; at; at = at.parentElement)
        if (['fixed', 'sticky', 'absolute'].includes(getComputedStyle(at).position)) return true;
    return false;
};
const jumps = focusable.filter(one => one.tabIndex > 0).map(called);
const flow = focusable.filter(one => !apart(one)).map(one => [one, one.getBoundingClientRect()]);
for (let at = 1; at < flow.length; at++) {
    const [[, before], [one, now]] = [flow[at - 1], flow[at]];
    const under = Math.min(before.right, now.right) - Math.max(before.left, now.left) > 1;
    if (under && now.bottom <= before.top + 1) jumps.push(called(one));
}
return jumps;
}"""
)
NARROW = """() => [...document.querySelectorAll('.nav a, .nav a span, .topbar-end > *')]
    .filter(one => one.checkVisibility())
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1
        || one.scrollWidth > one.clientWidth + 1 && one.matches('.nav a'))
    .map(one => one.outerHTML.slice(0, 120))"""
WIDE = """() => {
    const {left, right, width} = document.querySelector('main').getBoundingClientRect();
    return {width, lean: Math.abs(left - (innerWidth - right)), all:
        document.documentElement.scrollWidth - innerWidth};
}"""
ON_PAPER = """() => {
    const left = [...document.querySelectorAll('nav, header.topbar, footer, .skip, .filters')]
        .filter(one => one.checkVisibility())
        .map(one => `${one.className || one.tagName} is printed`);
    if (document.documentElement.scrollWidth > innerWidth + 1) left.push('is wider than paper');
    for (const one of document.querySelectorAll('main *')) {
        const style = getComputedStyle(one);
        const cut = one.checkVisibility()
            && style.overflowY !== 'visible' && style.clipPath === 'none'
            && (one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)
            && !one.matches('input, textarea, select, svg, svg *');
        if (cut) left.push(`is cut on paper: ${one.outerHTML.slice(0, 120)}`);
    }
    return left;
}"""


def shifted(page: Page) -> float:
    """Return how far the layout has moved by itself since the page was opened (CLS)."""
    value: float = page.evaluate(
        """() => new Promise(done => {
            let sum = 0;
            new PerformanceObserver(list => {
                for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
            }).observe({type: "layout-shift", buffered: true});
            requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
        })"""
    )
    return value


def by_keyboard(page: Page) -> Iterator[str]:
    """Yield faults of the way past the menu, the ring around what is focused, the order of Tab."""
    page.keyboard.press("Tab")
    first = page.evaluate(FIRST_STOP)  # no locator: what those need is put into every new page
    if first["isApp"]:
        if not first["isSkip"] or first["top"] < 0:
            yield "Tab does not reach a visible link to the content first"
        page.keyboard.press("Enter")
        if page.evaluate("document.activeElement.id") != "continut":
            yield "the link to the content does not lead there"
    for element in page.evaluate(UNSEEN_FOCUS):
        yield f"is not seen to be focused: {element}"
    yield from out_of_order(page)


def out_of_order(page: Page) -> Iterator[str]:
    for element in page.evaluate(OUT_OF_ORDER):
        yield f"Tab goes up to: {element}"


def narrow(page: Page) -> Iterator[str]:
    """Yield faults of the frame at the width that the page has now."""
    for element in page.evaluate(NARROW):
        yield f"does not fit: {element}"


def wide(page: Page) -> Iterator[str]:
    page.set_viewport_size({"width": 2560, "height": 200})
    wide = page.evaluate(WIDE)
    if wide["all"] > 0 or wide["width"] > 1600 or wide["lean"] > 1:
        yield f"is not in the middle of a wide screen: {wide}"


def on_paper(page: Page) -> Iterator[str]:
    """A4 upright, within the margins; the page stays so."""
    page.set_viewport_size({"width": 680, "height": 1010})
    page.emulate_media(media="print")
    for element in page.evaluate(ON_PAPER):
        yield f"{element}"


def moves(page: Page) -> int:
    """Count the animations that run or may run."""
    number: int = page.evaluate(
        """document.getAnimations().length + [...document.querySelectorAll('*')].filter(one =>
            parseFloat(getComputedStyle(one).transitionDuration)).length"""
    )
    return number


def dialog(page: Page, address: str) -> Iterator[str]:
    """Yield faults of a dialog, which takes the focus, keeps it, closes by Esc and gives it
    back."""
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    page.locator("[data-opens]").focus()
    page.keyboard.press("Enter")
    for _ in range(4):
        if page.evaluate("!document.activeElement.closest('dialog, body:not(:has(:focus))')"):
            yield "the dialog does not keep the focus"
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    if page.locator("dialog[open]").count():
        yield "Esc does not close the dialog"
    if not page.evaluate("document.activeElement.matches('[data-opens]')"):
        yield "the dialog does not give the focus back"
