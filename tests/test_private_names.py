"""Only what other libraries publish is used: their private names may go with any of their fixes."""

import ast
import contextlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

import anaf_simulator
import caraus

ROOT = Path(__file__).resolve().parent.parent
OURS = ("caraus", "anaf_simulator", "tests", "benchmarks", "scripts")
# Documented, for all their underscore.
PUBLISHED = {
    *("_meta", "_default_manager", "_base_manager", "_db"),  # Django's models and managers
    *("_replace", "_asdict", "_fields", "_make"),  # Python's named tuples
    "_exit",  # of os
    "_typeshed",  # of type checkers
}
# What only private names give, and only tests need.
NEEDED_BY_TESTS = {
    "_fixture_teardown",  # of Django: how a test that commits empties the database
    "_resource_closers",  # of Django: a response's file is closed, and the database not asked for
    "_set_running_loop",  # of asyncio: playwright leaves its loop running in the thread
    "_waitpid_lock",  # of subprocess: a signal in the very moment when a child is looked after
}


def _is_private(name: str) -> bool:
    """Return whether a name is private: not with underscores on both sides, which Python and its
    enumerations give."""
    return name.startswith("_") and not name.endswith("_") and name not in PUBLISHED


@cache
def _nodes(folder: str) -> list[tuple[Path, list[ast.AST]]]:
    return [
        (path.relative_to(ROOT), list(ast.walk(ast.parse(path.read_text()))))
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


@cache
def _own_names() -> set[str]:
    """Return every name that our own code gives to something."""
    names = {"_"}
    for _, nodes in chain.from_iterable(map(_nodes, OURS)):
        for node in nodes:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    names.add(node.name)
                case ast.Name(ctx=ast.Store()):
                    names.add(node.id)
                case ast.Attribute(ctx=ast.Store(), value=ast.Name(id="self" | "cls")):
                    names.add(node.attr)
    return names


@pytest.mark.parametrize("folder", OURS)
def test_nothing_private_of_a_library_is_imported(folder: str) -> None:
    faults = []
    for path, nodes in _nodes(folder):
        for node in nodes:
            match node:
                case ast.Import():
                    imported = [alias.name for alias in node.names]
                case ast.ImportFrom(module=str(module), level=0):
                    imported = [f"{module}.{alias.name}" for alias in node.names]
                case _:
                    continue
            faults += [
                f"{path}:{node.lineno} {name}"
                for name in imported
                if not name.startswith(OURS)
                and any(part == "internal" or _is_private(part) for part in name.split("."))
            ]
    assert not faults


def _attributes(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    """Yield the attributes that are read or set, also by a text („setattr”), with their lines."""
    for node in nodes:
        match node:
            case ast.Attribute():
                yield node.attr, node.lineno
            case ast.Call(func=ast.Name(id=function) | ast.Attribute(attr=function)):
                if function in {"getattr", "setattr", "delattr", "hasattr"}:
                    for argument in node.args:
                        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                            yield argument.value.rpartition(".")[2], node.lineno


@pytest.mark.parametrize("folder", OURS)
def test_no_private_attribute_of_a_library_is_read_or_set(folder: str) -> None:
    allowed = NEEDED_BY_TESTS if folder == "tests" else set()
    private = {
        (name, f"{path}:{line}")
        for path, nodes in _nodes(folder)
        for name, line in _attributes(nodes)
        if _is_private(name) and name not in _own_names()
    }
    assert not [(name, place) for name, place in private if name not in allowed]
    assert allowed == {name for name, _ in private}


@pytest.mark.parametrize("package", [caraus, anaf_simulator], ids=lambda package: package.__name__)
def test_no_private_method_of_a_library_is_overridden(package: ModuleType) -> None:
    faults = set()
    for module in _modules(package):
        for kind in vars(module).values():
            if not (isinstance(kind, type) and kind.__module__ == module.__name__):
                continue
            libraries = [base for base in kind.__mro__[1:] if not base.__module__.startswith(OURS)]
            private = set(filter(_is_private, _names_given(kind)))
            faults |= {
                f"{kind.__module__}.{kind.__qualname__}.{name}"
                for base in libraries
                for name in private & set(vars(base))
            }
    assert not faults


def _names_given(kind: type) -> Iterator[str]:
    """Yield what the class's own source defines, or sets on its objects."""
    with contextlib.suppress(OSError, TypeError):  # a class that a library made has no source
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(kind)))):
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield node.name
                case ast.Attribute(ctx=ast.Store()):
                    yield node.attr


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    paths, name = package.__path__, package.__name__
    for info in pkgutil.walk_packages(paths, f"{name}."):
        if not info.name.endswith((".__main__", ".wsgi")):
            yield sys.modules.get(info.name) or import_module(info.name)
