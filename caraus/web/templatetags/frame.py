"""Template tags and filters of every page: forms, icons, numbers, days and moments."""

from datetime import date, datetime, timedelta

from django import template
from django.urls import reverse

from caraus.accounts.models import Organization
from caraus.core import formatting
from caraus.core.icons import draw_icon
from caraus.core.moments import draw_moment, exact_moment, moment_words
from caraus.core.organization_paths import path_in, personal_path, reversing_in

register = template.Library()

register.filter("number", formatting.grouped)
register.simple_tag(draw_icon, name="icon")
register.simple_tag(draw_moment, name="when")
register.filter(moment_words)
register.filter(exact_moment)


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
def date_words(moment: datetime) -> str:
    """Format „24 noiembrie 2026”: the day of a moment, always with its year."""
    return formatting.day_of_month(moment.astimezone(formatting.BUCHAREST).date())


@register.filter
def parsed_moment(text: str) -> datetime | None:
    """Parse ISO text of a JSON field; None where there is none."""
    return datetime.fromisoformat(text) if text else None
