"""Template tags and filters of every page: forms, icons, numbers, days and moments."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from html import escape

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from caraus.accounts.models import Organization
from caraus.core import formatting
from caraus.core.icons import draw_icon
from caraus.core.organization_paths import path_in, personal_path, reversing_in

register = template.Library()

register.filter("number", formatting.grouped)
register.simple_tag(draw_icon, name="icon")


@register.simple_tag
def url_in(organization: Organization | None, name: str, *args: object) -> str:
    """Reverse an address within an organization, on pages whose own address may name none; without
    one, the address that leads to the organization used last."""
    with reversing_in(organization.slug if organization else ""):
        return reverse(name, args=args)


@register.filter
def in_organization(path: str, organization: Organization) -> str:
    """Return the path within the organization."""
    return path_in(organization.slug, path)


register.simple_tag(personal_path, name="personal_url")


@register.simple_block_tag
def capture(content: SafeString) -> SafeString:
    """{% capture as name %}…{% endcapture %}: a part of a page under a name, drawn once for a loop
    that repeats it."""
    return content


# The first match counts: each browser also names those that it descends from.
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
    """Name a browser by its User-Agent: „Chrome, Windows”; as it is where neither is known."""
    names = (
        next((name for part, name in names.items() if part in agent), "")
        for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, names)) or agent


@register.simple_tag
def count(number: int, singular: str, many: str) -> str:
    """{% count n "transport" "transporturi" %} → „20 de transporturi”."""
    return formatting.plural(number, singular, many)


@register.filter
def day_words(day: date | None) -> str:
    """Format „azi”, „mâine”, „joi, 28 noiembrie”."""
    return formatting.day_in_words(day, today=formatting.today())


@register.filter
def day_brief(day: date | None) -> str:
    """Format „azi”, „mâine”, „joi, 28 nov.”."""
    return formatting.day_in_brief(day, today=formatting.today())


@register.filter
def day_full(day: date | None) -> str:
    """Format „marți, 24 noiembrie”, in Romania; the text of an unknown day for None."""
    return formatting.day_in_full(day, today=formatting.today())


@register.filter
def day_year(day: date | None) -> str:
    """Format „joi, 28 noiembrie 2026”: for paper, on which „azi” does not last."""
    return formatting.day_with_year(day)


@register.filter
def is_yesterday(day: date | None) -> bool:
    """Return whether the moment is of yesterday in Romania."""
    return day == formatting.today() - timedelta(days=1)


@register.filter
def weekday_brief(day: date) -> str:
    """Format „joi”, „mie”: the head of a narrow column."""
    return formatting.weekday_in_brief(day)


@register.filter
def clock(moment: datetime) -> str:
    """Format „24.11.2026, 22:11”, in Romania: for paper too."""
    return f"{moment.astimezone(formatting.BUCHAREST):%d.%m.%Y, %H:%M}"


@register.filter
def clock_after(moment: datetime, earlier: datetime) -> str:
    """Format „22:11:05” for a moment on the day of an earlier one, else with its day."""
    local, earlier_local = (at.astimezone(formatting.BUCHAREST) for at in (moment, earlier))
    is_same_day = local.date() == earlier_local.date()
    return f"{local:%H:%M:%S}" if is_same_day else exact_moment(moment)


@register.filter
def moment_words(moment: datetime | None) -> str:
    """Format „acum 5 minute”, „ieri la 9:05”; „niciodată” for none."""
    return formatting.moment_in_words(moment, now=timezone.now())


@register.filter
def date_words(moment: datetime) -> str:
    """Format „24 noiembrie 2026”: the day of a moment, always with its year."""
    return formatting.day_of_month(moment.astimezone(formatting.BUCHAREST).date())


@register.filter
def exact_moment(moment: datetime) -> str:
    """Format „24.11.2026, 22:11:05”, in Romania."""
    local = moment.astimezone(formatting.BUCHAREST)
    day = f"{local.day:02}.{local.month:02}.{local.year:04}"
    return f"{day}, {local.hour:02}:{local.minute:02}:{local.second:02}"


@register.simple_tag
def when(moment: datetime | None) -> str:
    """Render a moment in words, its exact time on hover and for machines."""
    if moment is None:
        return moment_words(None)
    return SafeString(f"{_exactly(moment.astimezone(UTC))}{escape(moment_words(moment))}</time>")


@lru_cache(maxsize=4096)
def _exactly(moment: datetime) -> str:
    machine = moment.isoformat(timespec="seconds")
    return f'<time datetime="{machine}" title="{exact_moment(moment)}">'


@register.filter
def parsed_moment(text: str) -> datetime | None:
    """Parse ISO text of a JSON field; None where there is none."""
    return datetime.fromisoformat(text) if text else None
