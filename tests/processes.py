"""Mark the tests that need a browser or a process, for `make check` leaves them out.

They are marked by the folder or the fixture that needs it, so that nobody has to remember; a test
that starts a program by itself is marked by hand, and fails while it is not.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent

FOLDERS = {"commands", "e2e", "embedded", "running", "simulator", "upgrades"}
FIXTURES = {
    "browser": pytest.mark.browser,
    "simulator_process": pytest.mark.process,
    "blank": pytest.mark.process,
}
# Programs that live for the time of one page: they draw a card, they read a workbook.
HELPERS = {"caraus.drivers.card_pdf", "caraus.lists.workbook"}

_current: pytest.Item | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put `browser` and `process` on the tests that need one, before `-m` chooses."""
    for item in items:
        for fixture, needed in FIXTURES.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(needed)
        if FOLDERS & set(item.path.relative_to(TESTS).parts):
            item.add_marker(pytest.mark.process)


def may_start_programs(item: pytest.Item) -> bool:
    """Return whether the test is one of those that `make check` leaves out, or a check of the
    code."""
    return any(item.get_closest_marker(name) for name in ("browser", "process", "lint"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    global _current
    _current = item
    try:
        return (yield)
    finally:
        _current = None


def _refuse(command: object) -> None:
    if _current is None or may_start_programs(_current):
        return
    words = [str(word) for word in command] if isinstance(command, list | tuple) else [str(command)]
    if words[:2] == [sys.executable, "-m"] and words[2] in HELPERS:
        return
    raise RuntimeError(f"{_current.nodeid} starts {words[0]}: mark it with pytest.mark.process")


_start: Any = subprocess.Popen.__init__


def _start_if_allowed(process: Any, args: object, *more: Any, **options: Any) -> None:
    _refuse(args)
    _start(process, args, *more, **options)


# Not an audit hook: that would be called for every `id()` too.
subprocess.Popen.__init__ = _start_if_allowed  # type: ignore[method-assign, assignment]
