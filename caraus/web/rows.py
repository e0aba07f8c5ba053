"""Jinja's environment for the rows of long lists, which it draws quicker than Django's templates;
those draw everything else. The templates lie in the folders `jinja2`."""

import re
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from django.http import HttpRequest
from django.template import engines
from django.template.backends.jinja2 import Jinja2, Template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from jinja2 import Environment, StrictUndefined
from jinja2.ext import Extension

from caraus.fleet.templatetags.fleet import problem_words
from caraus.transports import present
from caraus.transports.models import Transport
from caraus.web.templatetags import words
from caraus.workspace.week import Bar


class Constants(Extension):
    """Texts and icons that stand alone, `{{ _("nou") }}` and `{{ icon("copy") }}`, are put into the
    template when it is compiled, which is once in each language: rows repeat them many times."""

    _TEXT = re.compile(r"""\{\{ _\((["'])([^"'{}]*)\1\) \}\}""")
    _ICON = re.compile(r"""\{\{ icon\("([\w-]+)"(?:, (\d+))?\) \}\}""")

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        source = self._TEXT.sub(lambda found: escape(gettext(found[2])), source)
        return self._ICON.sub(lambda found: words.icon(found[1], int(found[2] or 16)), source)


@cache
def _in(language: str | None) -> Environment:
    """The environment whose templates are compiled in the language that is active now."""
    return _backend().env.overlay()


def _backend() -> Jinja2:
    return cast("Jinja2", engines["jinja2"])


def draw(name: str, context: dict[str, Any], request: HttpRequest | None) -> SafeString:
    """A template in the reader's language."""
    template = Template(_in(get_language()).get_template(name), _backend())
    drawn: str = template.render(context, request)
    return mark_safe(drawn)  # noqa: S308 - the environment escapes


# So many cells, and so many rows, are kept drawn: some megabytes.
KEPT, KEPT_ROWS = 4096, 2048


@lru_cache(maxsize=KEPT)
def _cell(language: str | None, name: str, *values: Any) -> SafeString:
    """A cell of which plain values and the reader's language tell all: nobody else's look at it, no
    clock. A fleet has few plates, declarants and routes, and a list asks again and again by itself,
    so what was drawn once is kept."""
    drawn = _in(language).get_template(f"{name}.html").render(values=values)
    return SafeString(drawn)


class Row(NamedTuple):
    """All that a row of the list tells, in plain values: two that are equal look the same."""

    language: str | None
    columns: frozenset[str]
    today: date
    uit: str
    pk: int
    company: str
    # A key of `present.STATUSES`.
    status: str
    # Of transport, the first expired one, whether that one is computed.
    days: tuple[date | None, date | None, bool]
    # In words, which the clock changes.
    left: str
    first_seen: str
    last_changed: str
    first_seen_at: datetime
    last_changed_at: datetime
    declarant: tuple[str, str]
    route: tuple[str, str]
    # Plate and trailers now, the plate as declared, whether it was changed.
    vehicle: tuple[str, str, str, str, bool]
    # The reference, the first two documents, and how many there are.
    papers: tuple[str, tuple[str, ...], int]
    problems: tuple[str, ...]


def list_row(
    one: Transport,
    *,
    language: str | None,
    columns: frozenset[str],
    today: date,
    with_company: bool,
    has_problems: bool,
) -> SafeString:
    """`has_problems`: whether any row of the list has one."""
    return _row(
        Row(
            language=language,
            columns=columns,
            today=today,
            uit=one.uit,
            pk=one.pk,
            company=str(one.company) if with_company else "",
            status=present.status(one, today=today).key,
            days=(one.transport_date, one.first_expired_day, one.expiry_computed),
            left=present.validity_left(one, today=today),
            first_seen=words.when(one.first_seen_at) if "vazut" in columns else "",
            last_changed=words.when(one.last_changed_at) if "modificat" in columns else "",
            first_seen_at=one.first_seen_at,
            last_changed_at=one.last_changed_at,
            declarant=(one.declarant_name, one.declarant_cui),
            route=(present.place_title(one.start), present.place_title(one.end)),
            vehicle=(*one.current_vehicle, one.plate, bool(one.vehicle_changes)),
            papers=(
                one.declarant_ref,
                tuple(str(each.get("text", "")) for each in one.documents[:2]),
                len(one.documents),
            ),
            problems=(
                *(map(str, problem_words(one)) if has_problems else ()),
                *([gettext("câmpuri necitite")] if one.unreadable_fields else ()),
            ),
        )
    )


@lru_cache(maxsize=KEPT_ROWS)
def _row(row: Row) -> SafeString:
    template = _in(row.language).get_template("transports/cells/row.html")
    return SafeString(template.render(row=row, columns=row.columns))


@lru_cache(maxsize=KEPT)
def _cell_of_days(
    language: str | None,
    name: str,
    status: str,
    days: tuple[date | None, date | None, bool],
    today: date,
    told: str,
) -> SafeString:
    """A cell of which, beside, the day tells all: the state and the validity are the same for many
    UITs."""
    one = Transport(transport_date=days[0], first_expired_day=days[1], expiry_computed=days[2])
    context = {"transport": one, "status": present.STATUSES[status], "today": today, "told": told}
    return SafeString(_in(language).get_template(f"{name}.html").render(context))


def bar_cell(bar: Bar, *, language: str | None, said: tuple[str, ...]) -> SafeString:
    """A UIT in the week's strip; `said`: its days and state, and its icon."""
    one = bar.transport
    lies = bar.start, bar.days, bar.began_before, bar.goes_on, bar.status.tone
    start, end = map(present.place_title, (one.start, one.end))
    return _cell(language, "workspace/cells/bar", one.uit, one.pk, *lies, start, end, said)


def environment(**options: Any) -> Environment:
    """What the settings name as `environment`; a name that does not exist is an error."""
    options.pop("autoescape")
    options |= {"undefined": StrictUndefined, "extensions": [Constants]}
    made = Environment(autoescape=True, **options)
    made.globals |= {
        "_": gettext,
        "language_now": get_language,
        "cell": _cell,
        "cell_of_days": _cell_of_days,
        "icon": words.icon,
        "organization_input": words.organization_input,
        "uit_address": uit_address,
        "uit_bar": words.uit_bar,
        "uit_validity": present.validity,
        "url": reverse,
        "view_address": words.view_address,
    }
    made.filters |= {
        "bar_cell": bar_cell,
        "day_brief": words.day_brief,
        "day_full": words.day_full,
        "grouped_uit": present.grouped_uit,
        "list_row": list_row,
        "seconds": lambda moment: int(moment.timestamp()),
        "uit_spans": uit_spans,
    }
    return made


def uit_spans(uit: str) -> SafeString:
    """The code in fours, as `transports/_uit.html` has it."""
    groups = present.uit_groups(uit)
    if not uit.isalnum():  # ANAF's are; a code that is not validated may hold anything
        groups = [escape(group) for group in groups]
    return SafeString("".join(f"<span>{group}</span>" for group in groups))


def uit_address() -> tuple[SafeString, SafeString]:
    """What stands before and after the key in the address of a UIT's page."""
    before, _, after = reverse("transports:detail", args=[0]).rpartition("0")
    return mark_safe(before), mark_safe(after)  # noqa: S308 - our own addresses
