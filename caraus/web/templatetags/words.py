"""Romanian words in templates: counts, days, moments; a UIT's state and validity."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone

from caraus import words
from caraus.transports import present
from caraus.transports.models import Transport

register = template.Library()

register.filter("grouped_uit", present.grouped_uit)
register.filter("place_title", present.place_title)
register.filter("place_details", present.place_details)
register.filter("change_lines", present.change_lines)


@register.simple_tag
def count(number: int, one: str, many: str) -> str:
    """{% count n "transport" "transporturi" %} → „20 de transporturi”."""
    return words.plural(number, one, many)


@register.filter
def day_words(day: date) -> str:
    """„azi”, „mâine”, „joi, 28 noiembrie”."""
    return words.day_in_words(day, today=words.today())


@register.filter
def day_full(day: date) -> str:
    return words.day_in_full(day, today=words.today())


@register.filter
def moment_words(moment: datetime | None) -> str:
    """„acum 5 minute”, „ieri la 9:05”; „niciodată” for none."""
    return words.moment_in_words(moment, now=timezone.now()) if moment else "niciodată"


@register.filter
def parsed_moment(text: str) -> datetime | None:
    """ISO text of a JSON field as a moment; None where there is none."""
    return datetime.fromisoformat(text) if text else None


@register.filter
def place_kind(place: dict[str, Any]) -> str:
    kind: str = place.get("kind", "")
    return present.PLACE_KINDS.get(kind, kind)


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
