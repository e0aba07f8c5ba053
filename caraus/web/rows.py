"""Jinja's environment for the rows of long lists, which it draws quicker than Django's templates;
those draw everything else. The templates lie in the folders `jinja2`."""

from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from jinja2 import Environment, StrictUndefined

from caraus.fleet.templatetags.fleet import problem_words
from caraus.transports import present
from caraus.web.templatetags import words


def environment(**options: Any) -> Environment:
    """What the settings name as `environment`; a name that does not exist is an error."""
    options.pop("autoescape")
    made = Environment(autoescape=True, **(options | {"undefined": StrictUndefined}))
    made.globals |= {
        "_": gettext,
        "icon": words.icon,
        "problem_words": problem_words,
        "status_of": present.status,
        "uit_address": uit_address,
        "uit_bar": words.uit_bar,
        "uit_left": present.validity_left,
        "uit_validity": present.validity,
        "url": reverse,
        "view_address": words.view_address,
        "when": words.when,
    }
    made.filters |= {
        "day_brief": words.day_brief,
        "day_full": words.day_full,
        "grouped_uit": present.grouped_uit,
        "place_title": present.place_title,
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
