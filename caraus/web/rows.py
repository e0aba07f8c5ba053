"""Jinja's environment for the rows of long lists, which it draws quicker than Django's templates;
those draw everything else. The templates lie in the folders `jinja2`."""

import re
from collections.abc import Collection
from datetime import date
from functools import cache, lru_cache
from typing import Any, cast

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


# So many cells are kept drawn: a few megabytes.
KEPT = 4096


@lru_cache(maxsize=KEPT)
def _cell(language: str | None, name: str, *values: Any) -> SafeString:
    """A cell of which plain values and the reader's language tell all: nobody else's look at it, no
    clock. A fleet has few plates, declarants and routes, and a list asks again and again by itself,
    so what was drawn once is kept."""
    drawn = _in(language).get_template(f"{name}.html").render(values=values)
    return SafeString(drawn)


def uit_cell(transport: Transport, *, language: str | None, with_company: bool) -> SafeString:
    company = str(transport.company) if with_company else ""
    return _cell(language, "transports/cells/uit", transport.uit, transport.pk, company)


def other_cells(
    transport: Transport, *, language: str | None, columns: Collection[str]
) -> SafeString:
    """Whose goods, from where to where, with what, under which papers: of the chosen columns."""
    cells = []
    if "declarant" in columns:
        name, cui = transport.declarant_name, transport.declarant_cui
        cells.append(_cell(language, "transports/cells/declarant", name, cui))
    if "ruta" in columns:
        start, end = map(present.place_title, (transport.start, transport.end))
        cells.append(_cell(language, "transports/cells/route", start, end))
    if "vehicul" in columns:
        vehicle, declared = transport.current_vehicle, transport.plate
        cells.append(
            _cell(
                language,
                "transports/cells/vehicle",
                *vehicle,
                declared,
                bool(transport.vehicle_changes),
            )
        )
    reference, documents = "referinta" in columns, "documente" in columns
    if reference or documents:
        texts = tuple(str(one.get("text", "")) for one in transport.documents[:2])
        given = transport.declarant_ref, texts, len(transport.documents)
        cells.append(_cell(language, "transports/cells/reference", reference, documents, *given))
    return SafeString("".join(cells))


@lru_cache(maxsize=KEPT)
def _of_days(
    language: str | None,
    name: str,
    status: str,
    days: tuple[date, date, bool],
    today: date,
    *told: str | bool,
) -> SafeString:
    """A cell of which, beside, the day tells all: the state and the validity are the same for many
    UITs."""
    one = Transport(transport_date=days[0], first_expired_day=days[1], expiry_computed=days[2])
    context = {"transport": one, "status": present.STATUSES[status], "today": today, "told": told}
    return SafeString(_in(language).get_template(f"{name}.html").render(context))


def _days(one: Transport) -> tuple[date, date, bool]:
    return one.transport_date, one.first_expired_day, one.expiry_computed


def state_cell(
    transport: Transport,
    status: present.Status,
    *,
    language: str | None,
    columns: Collection[str],
    today: date,
) -> SafeString:
    """Its state; the cell is left open for its problems."""
    with_day = "data" in columns and status.key != "today"
    name = "transports/cells/state"
    return _of_days(language, name, status.key, _days(transport), today, with_day)


def validity_cell(
    transport: Transport, status: present.Status, *, language: str | None, today: date
) -> SafeString:
    """How long it is valid still, which on the last day the clock tells."""
    left = present.validity_left(transport, today=today)
    name = "transports/cells/validity"
    return _of_days(language, name, status.key, _days(transport), today, left)


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
        "icon": words.icon,
        "problem_words": problem_words,
        "status_of": present.status,
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
        "other_cells": other_cells,
        "place_title": present.place_title,
        "state_cell": state_cell,
        "validity_cell": validity_cell,
        "seconds": lambda moment: int(moment.timestamp()),
        "uit_cell": uit_cell,
        "uit_spans": uit_spans,
        "when": words.when,
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
