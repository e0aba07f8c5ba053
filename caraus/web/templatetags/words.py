"""Words in templates: counts, days, moments; a UIT's state and validity; icons."""

import json
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from lucide.templatetags.lucide import lucide

from caraus import words
from caraus.accounts.models import Company, Organization
from caraus.transports import present
from caraus.transports.models import Transport, TransportEvent
from caraus.transports.situation import Situation, situation
from caraus.workspace.asked import Asked

register = template.Library()

register.filter("grouped_uit", present.grouped_uit)
register.filter("uit_groups", present.uit_groups)
register.filter("place_title", present.place_title)
register.filter("place_lines", present.place_lines)
register.filter("change_lines", present.change_lines)


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, size: int = 16) -> SafeString:
    """A decorative icon; the word beside it is what is read aloud."""
    drawn: str = lucide(f"{name}", size=size, **{"class": "icon", "aria-hidden": "true"})
    return mark_safe(drawn)  # noqa: S308 - drawn from the icon package's own files


@register.simple_tag
def view_address(asked: Asked, **changed: str) -> str:
    """The query string of a view of the list with something changed; never empty, or the list
    would open with the person's default view."""
    return asked.address(**changed) or "arata="


@register.simple_tag
def count(number: int, one: str, many: str) -> str:
    """{% count n "transport" "transporturi" %} → „20 de transporturi”."""
    return words.plural(number, one, many)


@register.simple_tag
def anaf_situation(organization: Organization, companies: list[Company]) -> Situation:
    """What ANAF's last answers about these companies were, for pages below the list of UITs."""
    return situation(organization, companies)


@register.filter
def day_words(day: date) -> str:
    """„azi”, „mâine”, „joi, 28 noiembrie”."""
    return words.day_in_words(day, today=words.today())


@register.filter
def day_brief(day: date) -> str:
    """„azi”, „mâine”, „joi, 28 nov.”."""
    return words.day_in_brief(day, today=words.today())


@register.filter
def day_full(day: date) -> str:
    return words.day_in_full(day, today=words.today())


@register.filter
def day_year(day: date) -> str:
    """„joi, 28 noiembrie 2026”: for paper, on which „azi” does not last."""
    return words.day_with_year(day)


@register.filter
def weekday_brief(day: date) -> str:
    """„joi”, „mie”: the head of a narrow column."""
    return words.weekday_in_brief(day)


@register.filter
def clock(moment: datetime) -> str:
    """„24.11.2026, 22:11”, in Romania: for paper too."""
    return f"{moment.astimezone(words.BUCHAREST):%d.%m.%Y, %H:%M}"


@register.filter
def clock_after(moment: datetime, earlier: datetime) -> str:
    """„22:11:05” for a moment on the day of an earlier one, else with its day."""
    here, there = (one.astimezone(words.BUCHAREST) for one in (moment, earlier))
    return f"{here:%H:%M:%S}" if here.date() == there.date() else exact_moment(moment)


@register.filter
def moment_words(moment: datetime | None) -> str:
    """„acum 5 minute”, „ieri la 9:05”; „niciodată” for none."""
    return words.moment_in_words(moment, now=timezone.now())


@register.filter
def date_words(moment: datetime) -> str:
    """„24 noiembrie 2026”: the day of a moment, always with its year."""
    return words.day_of_month(moment.astimezone(words.BUCHAREST).date())


@register.filter
def exact_moment(moment: datetime) -> str:
    """„24.11.2026, 22:11:05”, in Romania."""
    return f"{moment.astimezone(words.BUCHAREST):%d.%m.%Y, %H:%M:%S}"


@register.simple_tag
def when(moment: datetime | None) -> str:
    """A moment in words, its exact time on hover and for machines."""
    if moment is None:
        return moment_words(None)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        exact_moment(moment),
        moment_words(moment),
    )


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
    return present.PLACE_KINDS.get(kind, kind)


@register.filter
def event_look(event: TransportEvent) -> present.Look:
    return present.event_look(event)


@register.simple_tag
def uit_status(transport: Transport, today: date) -> present.Status:
    return present.status(transport, today=today)


@register.simple_tag
def uit_validity(transport: Transport, today: date) -> str:
    return present.validity(transport, today=today)


@register.simple_tag
def uit_left(transport: Transport, today: date) -> str:
    return present.validity_left(transport, today=today)


@register.simple_tag
def uit_days(transport: Transport, today: date) -> tuple[int, int]:
    return present.validity_days(transport, today=today)


@register.simple_tag
def uit_bar(transport: Transport, today: date) -> present.Bar:
    return present.validity_bar(transport, today=today)


# All that a row of the list shows: whatever is added there belongs here, or old rows stay.
_ROW = (
    *("pk", "uit", "state", "company", "transport_date", "first_expired_day", "expiry_computed"),
    *("declarant_cui", "declarant_name", "declarant_ref", "carrier_cui", "plate", "trailer1"),
    *("trailer2", "vehicle_changes", "start", "end", "documents", "last_changed_at"),
)


@register.simple_tag
def uit_row_key(
    transport: Transport,
    today: date,
    columns: frozenset[str],
    with_company: bool,  # noqa: FBT001
) -> str:
    """What a row of the list is drawn from, the words that change with the clock among them."""
    shown = [str(getattr(transport, name)) for name in _ROW]
    beside = getattr(transport, "_prefetched_objects_cache", {})
    shown += [str(one) for objects in beside.values() for one in objects]
    clock = (
        present.validity_left(transport, today=today),
        moment_words(transport.first_seen_at),
        moment_words(transport.last_changed_at) if "modificat" in columns else "",
    )
    return repr((get_language(), today, sorted(columns), with_company, shown, clock))
