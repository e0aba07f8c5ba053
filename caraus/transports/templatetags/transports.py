"""Template tags and filters of UITs: state, validity, places, events."""

import json
from datetime import date
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from caraus.core import formatting
from caraus.transports import display
from caraus.transports.models import Transport

register = template.Library()

register.filter("grouped_uit", display.grouped_uit)
register.filter("uit_groups", display.uit_groups)
register.filter("unreadable_words", display.unreadable_labels)
register.filter("place_title", display.place_title)
register.filter("route_title", display.route_title)
register.filter("place_lines", display.place_lines)
register.filter("change_lines", display.change_lines)
register.filter("event_look", display.event_look)
register.simple_tag(display.why_delisted, name="why_delisted")


@register.filter
def pretty_json(value: Any) -> str:
    """Indent JSON for people; a text that is no JSON stays as it is."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return json.dumps(parsed, ensure_ascii=False, indent=2)


@register.filter
def place_kind(place: dict[str, Any]) -> str:
    """Label the kind of a place."""
    kind: str = place.get("kind", "")
    return display.PLACE_KINDS.get(kind, kind)


@register.simple_tag
def uit_status(transport: Transport, today: date) -> display.Status:
    """Return the state of a UIT on a day."""
    return display.status(transport, today=today)


@register.simple_tag
def uit_validity(transport: Transport, today: date) -> str:
    """Format the validity of a UIT."""
    return display.validity(transport, today=today)


@register.simple_tag
def uit_left(transport: Transport, today: date) -> str:
    """Format what is left of the validity."""
    return display.validity_left(transport, today=today)


@register.simple_tag(name="clock_due")
def page_clock_due(transport: Transport | None = None) -> int:
    """Return after how many seconds what the page says is true no longer."""
    return display.clock_due(transport, now=timezone.now())


@register.filter(name="validity_bar")
def validity_bar_today(transport: Transport, status: display.Status) -> display.ValidityBar:
    """Return the cells of the validity."""
    return display.validity_bar(transport, status, today=formatting.today())


@register.simple_tag
@lru_cache(maxsize=1024)
def uit_bar(bar: display.ValidityBar) -> SafeString:
    """Render the validity as a row of cells, in the colour of its state."""
    return format_html(
        '<svg class="bar bar-{}" viewBox="0 0 {}0 4" preserveAspectRatio="none" aria-hidden="true">'
        "{}</svg>",
        bar.tone,
        bar.cells,
        format_html_join(
            "",
            '<rect x="{}0.6" width="8.8" height="4"{}/>',
            ((cell, _USED if cell < bar.used else "") for cell in range(bar.cells)),
        ),
    )


_USED = mark_safe(' class="used"')
