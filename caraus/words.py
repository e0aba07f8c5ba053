"""Romanian in words: counts with the right plural, dates as people say them. Pure functions."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BUCHAREST = ZoneInfo("Europe/Bucharest")
MONTHS = (
    "ianuarie",
    "februarie",
    "martie",
    "aprilie",
    "mai",
    "iunie",
    "iulie",
    "august",
    "septembrie",
    "octombrie",
    "noiembrie",
    "decembrie",
)
# As abbreviated by Unicode CLDR.
MONTHS_BRIEF = (
    *("ian.", "feb.", "mar.", "apr.", "mai", "iun."),
    *("iul.", "aug.", "sept.", "oct.", "nov.", "dec."),
)
WEEKDAYS = ("luni", "marți", "miercuri", "joi", "vineri", "sâmbătă", "duminică")


def plural(number: int, one: str, many: str) -> str:
    """„1 transport”, „2 transporturi”, „20 de transporturi” (Unicode CLDR, Romanian cardinals)."""
    if number == 1:
        return f"1 {one}"
    few = number == 0 or 1 <= number % 100 <= 19
    return f"{number} {many}" if few else f"{number} de {many}"


def today() -> date:
    """The day in Bucharest."""
    return datetime.now(tz=BUCHAREST).date()


def day_in_words(day: date, *, today: date) -> str:
    """„azi”, „mâine”, „ieri”, else „joi, 28 noiembrie” (with the year when it is another one)."""
    near = {0: "azi", 1: "mâine", -1: "ieri"}.get((day - today).days)
    return near or day_in_full(day, today=today)


def day_in_brief(day: date, *, today: date) -> str:
    """„azi”, „mâine”, „ieri”, else „joi, 28 nov.” for narrow columns."""
    near = {0: "azi", 1: "mâine", -1: "ieri"}.get((day - today).days)
    year = f" {day.year}" if day.year != today.year else ""
    return near or f"{WEEKDAYS[day.weekday()][:3]}, {day.day} {MONTHS_BRIEF[day.month - 1]}{year}"


def day_in_full(day: date, *, today: date) -> str:
    """„joi, 28 noiembrie”, with the year when it is not this one."""
    year = f" {day.year}" if day.year != today.year else ""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]}{year}"


def moment_in_words(moment: datetime, *, now: datetime) -> str:
    """„acum”, „acum 5 minute”, „azi la 10:42”, „ieri la 9:05”, „12 noiembrie, 10:42”."""
    ago = now - moment
    if timedelta(seconds=-60) < ago < timedelta(seconds=60):
        return "acum"
    if timedelta() < ago < timedelta(hours=1):
        return f"acum {plural(int(ago.total_seconds() // 60), 'minut', 'minute')}"
    local, here = moment.astimezone(BUCHAREST), now.astimezone(BUCHAREST)
    clock = f"{local.hour}:{local.minute:02d}"
    days = (local.date() - here.date()).days
    if near := {0: "azi", -1: "ieri", 1: "mâine"}.get(days):
        return f"{near} la {clock}"
    year = f" {local.year}" if local.year != here.year else ""
    return f"{local.day} {MONTHS[local.month - 1]}{year}, {clock}"
