"""Words in templates: counts, days, moments; a UIT's state and validity; icons."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from caraus.accounts.models import Company, Organization
from caraus.core import formatting
from caraus.sync.status import Situation, situation
from caraus.transports import display
from caraus.transports.models import Transport, TransportEvent
from caraus.workspace.filters import Asked

register = template.Library()

# What each form says of the organization that it was made for.
ORGANIZATION_FIELD = "in_organizatia"

register.filter("grouped_uit", display.grouped_uit)
register.filter("uit_groups", display.uit_groups)
register.filter("unreadable_words", display.unreadable_words)
register.filter("place_title", display.place_title)
register.filter("place_lines", display.place_lines)
register.filter("change_lines", display.change_lines)
register.filter("number", formatting.grouped)


@register.simple_tag(takes_context=True)
def csrf_token(context: Context) -> SafeString:
    """Django's own, and the organization that the form was made for (`web/organizations.py`): the
    one tag that every form has."""
    field = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
    secret = format_html(field, context.get("csrf_token", ""))
    return secret + organization_input(context.get("page_organization"))


def organization_input(pk: int | None) -> SafeString:
    """The hidden field that names the organization of a form."""
    if pk is None:
        return SafeString()
    return format_html('<input type="hidden" name="{}" value="{}">', ORGANIZATION_FIELD, pk)


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, size: int = 16) -> SafeString:
    """A decorative icon; the word beside it is what is read aloud."""
    drawn: str = lucide(f"{name}", size=size, **{"class": "icon", "aria-hidden": "true"})
    return mark_safe(drawn)  # noqa: S308 - drawn from the icon package's own files


@register.simple_block_tag
def capture(content: SafeString) -> SafeString:
    """{% capture as name %}…{% endcapture %}: a part of a page under a name, drawn once for a loop
    that repeats it."""
    return content


@register.simple_tag
def view_address(asked: Asked, **changed: str) -> str:
    """The query string of a view of the list with something changed, for a link."""
    return asked.link(**changed)


# The first that is named counts: each browser names those that it came from.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS": "Firefox",
    "Chrome/": "Chrome",
    "CriOS": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def browser(agent: str) -> str:
    """„Chrome, Windows” of a browser's User-Agent; as it is where neither is known."""
    found = (
        next((word for part, word in words_of.items() if part in agent), "")
        for words_of in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, found)) or agent


@register.simple_tag
def count(number: int, one: str, many: str) -> str:
    """{% count n "transport" "transporturi" %} → „20 de transporturi”."""
    return formatting.plural(number, one, many)


@register.simple_tag
def anaf_situation(organization: Organization, companies: list[Company]) -> Situation:
    """What ANAF's last answers about these companies were, for pages below the list of UITs."""
    return situation(organization, companies)


@register.filter
def day_words(day: date | None) -> str:
    """„azi”, „mâine”, „joi, 28 noiembrie”."""
    return formatting.day_in_words(day, today=formatting.today())


@register.filter
def day_brief(day: date | None) -> str:
    """„azi”, „mâine”, „joi, 28 nov.”."""
    return formatting.day_in_brief(day, today=formatting.today())


@register.filter
def day_full(day: date | None) -> str:
    return formatting.day_in_full(day, today=formatting.today())


@register.filter
def day_year(day: date | None) -> str:
    """„joi, 28 noiembrie 2026”: for paper, on which „azi” does not last."""
    return formatting.day_with_year(day)


@register.filter
def is_yesterday(day: date | None) -> bool:
    """In Romania."""
    return day == formatting.today() - timedelta(days=1)


@register.filter
def weekday_brief(day: date) -> str:
    """„joi”, „mie”: the head of a narrow column."""
    return formatting.weekday_in_brief(day)


@register.filter
def clock(moment: datetime) -> str:
    """„24.11.2026, 22:11”, in Romania: for paper too."""
    return f"{moment.astimezone(formatting.BUCHAREST):%d.%m.%Y, %H:%M}"


@register.filter
def clock_after(moment: datetime, earlier: datetime) -> str:
    """„22:11:05” for a moment on the day of an earlier one, else with its day."""
    here, there = (one.astimezone(formatting.BUCHAREST) for one in (moment, earlier))
    return f"{here:%H:%M:%S}" if here.date() == there.date() else exact_moment(moment)


@register.filter
def moment_words(moment: datetime | None) -> str:
    """„acum 5 minute”, „ieri la 9:05”; „niciodată” for none."""
    return formatting.moment_in_words(moment, now=timezone.now())


@register.filter
def date_words(moment: datetime) -> str:
    """„24 noiembrie 2026”: the day of a moment, always with its year."""
    return formatting.day_of_month(moment.astimezone(formatting.BUCHAREST).date())


@register.filter
def exact_moment(moment: datetime) -> str:
    """„24.11.2026, 22:11:05”, in Romania."""
    here = moment.astimezone(formatting.BUCHAREST)
    day = f"{here.day:02}.{here.month:02}.{here.year:04}"
    return f"{day}, {here.hour:02}:{here.minute:02}:{here.second:02}"


@register.simple_tag
def when(moment: datetime | None) -> str:
    """A moment in words, its exact time on hover and for machines."""
    if moment is None:
        return moment_words(None)
    return SafeString(f"{_exactly(moment.astimezone(UTC))}{escape(moment_words(moment))}</time>")


@lru_cache(maxsize=4096)
def _exactly(moment: datetime) -> str:
    machine = moment.isoformat(timespec="seconds")
    return f'<time datetime="{machine}" title="{exact_moment(moment)}">'


@register.filter
def parsed_moment(text: str) -> datetime | None:
    """ISO text of a JSON field as a moment; None where there is none."""
    return datetime.fromisoformat(text) if text else None


@register.filter
def pretty_json(value: Any) -> str:
    """As people read it; a text that is no JSON stays as it is."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return json.dumps(found, ensure_ascii=False, indent=2)


@register.filter
def place_kind(place: dict[str, Any]) -> str:
    kind: str = place.get("kind", "")
    return display.PLACE_KINDS.get(kind, kind)


@register.filter
def event_look(event: TransportEvent) -> display.Look:
    return display.event_look(event)


@register.simple_tag
def uit_status(transport: Transport, today: date) -> display.Status:
    return display.status(transport, today=today)


@register.simple_tag
def uit_validity(transport: Transport, today: date) -> str:
    return display.validity(transport, today=today)


@register.simple_tag
def uit_left(transport: Transport, today: date) -> str:
    return display.validity_left(transport, today=today)


@register.simple_tag
def why_delisted() -> str:
    return display.why_delisted()


@register.simple_tag
def clock_due(transport: Transport | None = None) -> int:
    """After how many seconds the words of the page are true no longer."""
    return display.clock_due(transport, now=timezone.now())


@register.filter
def validity_bar(transport: Transport, status: display.Status) -> display.Bar:
    return display.validity_bar(transport, status, today=formatting.today())


@register.simple_tag
@lru_cache(maxsize=1024)
def uit_bar(bar: display.Bar) -> SafeString:
    """The validity as a row of cells, in the colour of its state."""
    return format_html(
        '<svg class="bar bar-{}" viewBox="0 0 {}0 4" preserveAspectRatio="none" aria-hidden="true">'
        "{}</svg>",
        bar.tone,
        bar.cells,
        format_html_join(
            "",
            '<rect x="{}0.6" width="8.8" height="4"{}/>',
            ((cell, _USED_TAGS if cell < bar.used else "") for cell in range(bar.cells)),
        ),
    )


_USED_TAGS = mark_safe(' class="used"')
