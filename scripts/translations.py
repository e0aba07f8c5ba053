"""The catalogues of each language in caraus/locale, without GNU gettext.

    python scripts/translations.py extract   # collect the texts into the .po files, then compile
    python scripts/translations.py compile   # .po → .mo
    python scripts/translations.py check     # what is missing, stale or unmarked; exit code 1

Each has every text. Romanian, the language of the sources, has only the counts, with their three
forms; those are made here („2 firme”, „20 de firme”) and can be corrected by hand.
"""

import io
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "caraus"
# Our own texts, and those of libraries that we say otherwise: these are kept by hand.
OWN, OVERRIDES = "locale", "locale_overrides"
# A folder for each language; Romanian is that of the sources.
LOCALES = sorted(path.name for path in (PACKAGE / OWN).iterdir() if path.is_dir())
#: The context of the words after a number: `formatting.plural`, `{% count %}`.
NUMBER = "number"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "plural": (2, 3),
}
_COUNT = re.compile(r"""\{%\s*count\s[^%]*?(["'])(.+?)\1\s+\1(.+?)\1[^%]*%\}""")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{\w*\}")
_NUMBER_FIRST = re.compile(r"(%\((?:n|count|number|counter|how_many)\)[sd]|\{n\})(?=\s)")

type Key = tuple[str, str | tuple[str, str]]


def _sources() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield path
        if path.suffix in {".html", ".txt"} and "templates" in path.parts:
            yield path


def _django() -> None:
    """Django's lexer of templates wants settings, any."""
    from django.conf import settings

    if not settings.configured:
        settings.configure()


def texts_of(path: Path) -> Iterator[Key]:
    """Yield (context, text) or (context, (one, many)) of every marked text of a file."""
    source = path.read_text()
    if path.suffix != ".py":
        from django.utils.translation.template import templatize

        for match in _COUNT.finditer(source):
            yield NUMBER, (match[2], match[3])
        # One statement a line: the original's indentation means nothing to Python.
        lines = templatize(source, origin=str(path)).splitlines()
        source = "\n".join(line.strip() for line in lines)
    for _, function, messages, _ in extract_python(
        io.BytesIO(source.encode()), list(KEYWORDS), [], {"encoding": "utf-8"}
    ):
        if key := _key(function, messages):
            yield key


def _key(function: str, messages: str | tuple[str | None, ...] | None) -> Key | None:
    given = messages if isinstance(messages, tuple) else (messages,)
    if function == "plural":
        singular, many = (*given, None, None, None)[1:3]
        return (NUMBER, (singular, many)) if singular and many else None
    context = ""
    if "pgettext" in function:
        context, given = given[0] or "", given[1:]
    if "ngettext" in function or "npgettext" in function:
        singular, many = (*given, None, None)[:2]
        return (context, (singular, many)) if singular and many else None
    return (context, given[0]) if given[0] else None


@cache
def collected() -> dict[Key, list[str]]:
    """Return every marked text with the files that hold it."""
    _django()
    messages: dict[Key, list[str]] = {}
    for path in _sources():
        for key in texts_of(path):
            places = messages.setdefault(key, [])
            if (name := str(path.relative_to(ROOT))) not in places:
                places.append(name)
    return messages


def po(locale: str, folder: str = OWN) -> Path:
    return PACKAGE / folder / locale / "LC_MESSAGES" / "django.po"


def _read(locale: str, folder: str = OWN) -> Catalog:
    path = po(locale, folder)
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def wanted(locale: str) -> Catalog:
    """Build the catalogue as it should be: today's texts, with the translations that there are."""
    old, new = (
        _read(locale),
        Catalog(locale=locale, project="Cărăuș", charset="utf-8", header_comment="", fuzzy=False),
    )
    for key, places in sorted(collected().items(), key=lambda item: str(item[0])):
        context, text = key
        if locale == "ro" and isinstance(text, str):
            continue
        known = old.get(text, context or None)
        translated = known.string if known else ""
        if locale == "ro" and not (translated and all(translated)):
            translated = _romanian(text)
        new.add(
            text,
            translated or ("" if isinstance(text, str) else ("",) * new.num_plurals),
            locations=[(name, None) for name in places],
            context=context or None,
            flags=known.flags - {"fuzzy"} if known else (),
        )
    return new


def _romanian(text: str | tuple[str, str]) -> tuple[str, str, str]:
    singular, many = text
    if _NUMBER_FIRST.search(many):
        return singular, many, _NUMBER_FIRST.sub(r"\1 de", many)
    return singular, many, f"de {many}"


def as_po(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalog, width=100, sort_output=True, omit_header=False, include_lineno=False)
    # Neither dates nor versions: they would only make merges harder.
    dropped = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By', b'"Last-Translator')
    dropped += (b'"Report-Msgid', b'"Project-Id', b'"Language-Team')
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(dropped))


class _Bare(Catalog):
    """With a header that says the same tomorrow: no dates, no versions."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Plural-Forms", self.plural_forms),
        ]


def as_mo(catalog: Catalog) -> bytes:
    catalog.__class__ = _Bare
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def extract() -> None:
    for locale in LOCALES:
        path = po(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(wanted(locale)))
    compile_all()


def _catalogues() -> Iterator[tuple[str, str]]:
    """Yield the language and the folder of each catalogue."""
    for locale, folder in product(LOCALES, (OWN, OVERRIDES)):
        if folder == OWN or po(locale, folder).exists():
            yield locale, folder


def compile_all() -> None:
    for locale, folder in _catalogues():
        po(locale, folder).with_suffix(".mo").write_bytes(as_mo(_read(locale, folder)))


def _troubles_of(message: Message, *, folder: str) -> Iterator[str]:
    translations = message.string if isinstance(message.string, tuple) else (message.string,)
    originals = message.id if isinstance(message.id, tuple) else (message.id,)
    if not all(translations):
        yield "is not translated"
    elif message.fuzzy:
        yield "is fuzzy"
    else:
        names = set(_names(originals[-1]))
        used = set(_names(translations[-1]))
        # What is said otherwise may leave out what a library would name.
        if used - names or (names - used and folder == OWN):
            yield "has other placeholders in its translation"
        if any(_is_slip(translation) for translation in translations):
            yield "has a translation that repeats itself, or is a single letter"


def _is_slip(translation: str) -> bool:
    """Return whether it is what a slip of a program leaves: a text several times over, or one
    letter of it."""
    return bool(re.fullmatch(r"(.{9,}?)\1+", translation)) or (
        len(translation) == 1 and translation.isalpha()
    )


def _names(text: str) -> list[str]:
    return [match[0] for match in _PLACEHOLDER.finditer(text)]


def problems() -> Iterator[str]:
    """Yield every sentence about what is wrong with the catalogues."""
    for locale in LOCALES:
        if not po(locale).exists() or po(locale).read_bytes() != as_po(wanted(locale)):
            yield f"{locale}: the .po is behind the sources; run scripts/translations.py extract"
    for locale, folder in _catalogues():
        catalog = _read(locale, folder)
        compiled = po(locale, folder).with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != as_mo(catalog):
            yield f"{locale}: the .mo is stale; run scripts/translations.py compile"
        for message in catalog:
            if message.id:
                for error in _troubles_of(message, folder=folder):
                    yield f"{locale}: {message.id!r} {error}"


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    if arguments == ["extract"]:
        extract()
        return 0
    if arguments == ["compile"]:
        compile_all()
        return 0
    if arguments == ["check"]:
        from unmarked import unmarked

        faults = [*problems(), *unmarked()]
        print(*faults, sep="\n")
        return bool(faults)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
