"""Finds texts for people that are not marked for translation, in templates and in Python."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from translations import KEYWORDS, PACKAGE, ROOT

# The same in every language.
NAMES = {
    *(
        "Cărăuș",
        "RO",
        "e-Transport",
        "E-Transport",
        "UIT",
        "CUI",
        "ANAF",
        "SPV",
        "SRL",
        "PIN",
        "IP",
    ),
    *(
        "CSV",
        "XLSX",
        "PDF",
        "ZIP",
        "JSON",
        "CMR",
        "Enter",
        "Ctrl",
        "WhatsApp",
        "Esc",
        "TestOauth",
        "h",
        "min",
        "px",
        "B",
        "ABC",
    ),
    *("page-list", "page-narrow", "page-medium"),
}
# Words that only the terminal shows, that ANAF writes, or that are data.
FREE = (
    *("commands/", "settings.py", "anaf/documents.py"),
    # Names of counties; a paper that is read on Romania's roads.
    *("workspace/counties.py", "drivers/card.py"),
)
# An import's own headings and words, and a table of letters.
DATA = {
    "Cap tractor;Semiremorcă;Șofer;Telefon;Notă;În uz",
    "șțȘȚ",
}
READ_ALOUD = {
    *("alt", "aria-label", "aria-description", "title", "placeholder", "label"),
    *("data-label", "data-summary", "data-copied-words"),
}
_LETTER = re.compile(r"[^\W\d_]{2,}")
_DIACRITIC = re.compile(r"[ăâîșțĂÂÎȘȚ]")
_MARKED = re.compile(
    r"\{%\s*blocktrans(?:late)?\b.*?%\}.*?\{%\s*endblocktrans(?:late)?\s*%\}"
    r"|\{%\s*comment\b.*?\{%\s*endcomment\s*%\}|\{#.*?#\}",
    re.DOTALL,
)
_TAG = re.compile(r"\{%\s*(\w+)(.*?)%\}|\{\{(.*?)\}\}", re.DOTALL)
_MARKED_CONSTANT = re.compile(r"""_\((["']).*?\1\)""")
_CONSTANT = re.compile(r"""(["'])(.*?)\1""")
# Tags whose constants are no words: addresses, names of files, of icons, of states.
_SILENT_TAGS = {
    *("url", "icon", "static", "extends", "load", "if", "elif", "block", "translate", "trans"),
    *("count", "ifchanged", "with", "querystring"),
}


def unmarked() -> Iterator[str]:
    """Yield a sentence for each text that nobody could translate, and for each exemption that is
    of nothing."""
    unused = {*FREE}
    for path in sorted(PACKAGE.rglob("*")):
        name = path.relative_to(PACKAGE).as_posix()
        if path.suffix == ".py" and "migrations/" not in name and path.name != "apps.py":
            texts = list(_in_python(path))
            if name.startswith(FREE):
                unused -= {free for free in FREE if texts and name.startswith(free)}
            else:
                yield from texts
        if path.suffix in {".html", ".txt"} and "templates" in path.parts:
            yield from _in_template(path)
    for free in sorted(unused):
        yield f"scripts/unmarked.py: {free} is exempt, and has no text that is not marked"


def _said(path: Path, text: str) -> str:
    return f"{path.relative_to(ROOT)}: not marked for translation: {' '.join(text.split())[:120]}"


def _is_words(text: str) -> bool:
    return any(word not in NAMES for word in re.findall(r"[^\W\d_][\w-]*", text)) and bool(
        _LETTER.search(text)
    )


def _in_template(path: Path) -> Iterator[str]:
    source = _MARKED.sub(" ", path.read_text())
    for tag, rest, variable in _TAG.findall(source):
        yield from (_said(path, text) for text in _constants(tag, rest or variable))
    plain = _TAG.sub(" ", source)
    if path.suffix == ".txt":
        if _is_words(plain):
            yield _said(path, plain)
        return
    reader = _Reader()
    reader.feed(plain)
    reader.close()
    yield from (_said(path, text) for text in reader.texts if _is_words(text))


def _constants(tag: str, rest: str) -> Iterator[str]:
    """Words among the constants of a tag or of filters."""
    if tag in _SILENT_TAGS:
        return
    for _, text in _CONSTANT.findall(_MARKED_CONSTANT.sub(" ", rest)):
        # One lower-case word is a name of something; „opțional” has its diacritics.
        if _DIACRITIC.search(text) or (" " in text.strip() and _is_words(text)):
            yield text


class _Reader(HTMLParser):
    """Collects what a person reads, or hears read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._mute = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._mute += tag in {"script", "style", "code"}
        self.texts += [value for name, value in attrs if name in READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        self._mute -= tag in {"script", "style", "code"}

    def handle_data(self, data: str) -> None:
        if not self._mute:
            self.texts.append(data)


def _in_python(path: Path) -> Iterator[str]:
    """Constants with Romanian letters outside docstrings and marking calls."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    passed = {id(node) for call in nodes for node in _marked_by(call)}
    passed |= {id(node) for owner in nodes for node in _docstring_of(owner)}
    for node in nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in passed
            and node.value not in DATA
            and _DIACRITIC.search(node.value)
            and _is_words(node.value)
        ):
            yield _said(path, node.value)


def _marked_by(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in KEYWORDS:
            yield from (argument for argument in node.args if isinstance(argument, ast.Constant))


def _docstring_of(node: ast.AST) -> Iterator[ast.AST]:
    body = getattr(node, "body", None)
    for statement in body if isinstance(body, list) else []:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            yield statement.value
