"""A package links to its own addresses and to those of the packages below it."""

import re
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
# What the frame of pages has, and the files that `workspace` makes of an organization.
NAMED_BY_ALL = {"companies", "organization_export", "audit_log_export"}
# `{% url 'companies' %}`, `reverse("sync:company_syncs", ...)`
LINK = re.compile(r"""\b(?:url|reverse|redirect|resolve_url)\b[ (]+["']([\w:]+)["']""")


def packages() -> list[str]:
    """Return the packages from the top down."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    return contracts["importlinter:contract:layers"]["layers"].split()


def names(
    patterns: Iterable[URLPattern | URLResolver], namespace: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the name of each address, with the package that has its view."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", pattern.callback)
            package = view.__module__.removeprefix("caraus.").partition(".")[0]
            yield f"{namespace}{pattern.name}", package
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern.url_patterns, inner)


def test_no_package_names_an_address_of_a_package_above_it() -> None:
    order = packages()
    rank = {package: order.index(package) for package in order}
    owners = dict(names(get_resolver().url_patterns))
    assert {"workspace:detail", *NAMED_BY_ALL} <= owners.keys()
    wrong = []
    for package in order:
        for path in (ROOT / "caraus" / package).rglob("*"):
            if path.suffix not in {".py", ".html", ".txt"}:
                continue
            for name in re.findall(
                r"""\b(?:url|reverse|redirect|resolve_url)\b[ (]+["']([\w:]+)["']""",
                path.read_text(),
            ):
                owner = owners.get(name, package)
                if owner in rank and rank[owner] < rank[package] and name not in NAMED_BY_ALL:
                    wrong.append(f"{path.relative_to(ROOT)}: {name} of {owner}")
    assert not wrong
