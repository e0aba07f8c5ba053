"""Moments on pages: in words, with the exact time on hover and for machines."""

from datetime import UTC, datetime
from functools import lru_cache
from html import escape

from django.utils import timezone
from django.utils.safestring import SafeString

from caraus.core.formatting import BUCHAREST, moment_in_words


def moment_words(moment: datetime | None) -> str:
    """Format „acum 5 minute”, „ieri la 9:05”; „niciodată” for none."""
    return moment_in_words(moment, now=timezone.now())


def exact_moment(moment: datetime) -> str:
    """Format „24.11.2026, 22:11:05”, in Romania."""
    local = moment.astimezone(BUCHAREST)
    day = f"{local.day:02}.{local.month:02}.{local.year:04}"
    return f"{day}, {local.hour:02}:{local.minute:02}:{local.second:02}"


def draw_moment(moment: datetime | None) -> str:
    """Draw a moment in words, its exact time on hover and for machines."""
    if moment is None:
        return SafeString(escape(moment_words(None)))
    return SafeString(f"{_exactly(moment.astimezone(UTC))}{escape(moment_words(moment))}</time>")


@lru_cache(maxsize=4096)
def _exactly(moment: datetime) -> str:
    machine = moment.isoformat(timespec="seconds")
    return f'<time datetime="{machine}" title="{exact_moment(moment)}">'
