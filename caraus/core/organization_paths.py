"""Paths of pages that belong to an organization: /o/<slug>/…, as if each organization were mounted
there. During a request Django's script prefix is that of the address, so that every `reverse` and
{% url %} stays within the organization."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.urls import get_script_prefix, reverse, set_script_prefix

_PATH = re.compile(r"/o/([a-z0-9_-]+)(/.*)", re.DOTALL)


def split_path(path: str) -> tuple[str, str]:
    """Return the organization's slug and the path within it; "" and the path itself where it names
    no organization."""
    match = _PATH.fullmatch(path)
    return (match[1], match[2]) if match else ("", path)


def without_organization(path: str) -> str:
    """Return the path as it is within any organization: to be stored."""
    return split_path(path)[1]


def path_in(slug: str, path: str) -> str:
    """Return the path within this organization, whichever the given path names."""
    return f"/o/{slug}{without_organization(path)}"


@contextmanager
def reversing_in(slug: str) -> Iterator[None]:
    """Reverse addresses within an organization; outside of all with ""."""
    before = get_script_prefix()
    set_script_prefix(f"/o/{slug}/" if slug else "/")
    try:
        yield
    finally:
        set_script_prefix(before)


def personal_path(name: str, *args: object) -> str:
    """Reverse an address that is of no organization."""
    with reversing_in(""):
        return reverse(name, args=args)
