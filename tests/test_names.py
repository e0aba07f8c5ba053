"""Names say what they are (docs/glossary.md): none is a word that says nothing, none is a metaphor
for which the trade has a word."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.lint

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("caraus", "anaf_simulator", "tests", "benchmarks", "scripts")
# As a whole name.
FILLERS = {
    *("answer", "answers", "anybody", "asked", "came", "everybody", "found", "it", "kept"),
    *("made", "mine", "news", "nobody", "one", "ones", "quiet", "said", "tell", "thing", "things"),
    *("told", "trouble", "walk", "whose", "wish"),
}
# As a word of a name.
METAPHORS = {
    *("burn", "burning", "burns", "clerk", "door", "doors", "foreman", "gate", "gatekeeper"),
    *("gates", "lapsed", "lapses", "lapsing", "rhythm", "settle", "settled", "wake", "wakes"),
    *("waking", "walker", "woken"),
}
# What a template binds: the element of a loop, a text kept by a tag, an argument of `with`.
IN_TEMPLATE = re.compile(r"{% for ([\w, ]+) in |(?:asvar|as) (\w+) %}|\b(\w+)=(?=[^<>{}]*%})")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def bound_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield each name that the code gives to something, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name, node.lineno


def is_banned(name: str) -> bool:
    """Return whether a name is a filler, or has a metaphor among its words."""
    return name.lower() in FILLERS or bool(
        {word.lower() for word in WORD.findall(name)} & METAPHORS
    )


@pytest.mark.parametrize(
    "name", ["found", "Told", "MINE", "open_door", "RhythmForm", "lapsing_uits"]
)
def test_a_banned_name_is_recognized(name: str) -> None:
    assert is_banned(name)


@pytest.mark.parametrize(
    "name", ["match", "found_at", "outdoors", "aggregate", "NOT_FOUND", "items"]
)
def test_a_name_that_only_holds_the_letters_is_free(name: str) -> None:
    assert not is_banned(name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_say_what_they_are(folder: str) -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
        for name, line in bound_names(ast.parse(path.read_text()))
        if is_banned(name)
    ]
    assert not faults


def test_templates_bind_no_banned_name() -> None:
    faults = [
        f"{path.relative_to(ROOT)} {name}"
        for path in sorted((ROOT / "caraus").rglob("*.html"))
        for match in IN_TEMPLATE.finditer(path.read_text())
        for name in re.findall(r"\w+", " ".join(filter(None, match.groups())))
        if is_banned(name)
    ]
    assert not faults
