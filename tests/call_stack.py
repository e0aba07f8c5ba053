"""Room for the frames of all calls that a test makes.

Python keeps frames in pieces of memory of 16 KB: it maps one when a call needs it and unmaps it
when that call returns. Calls of pytest and Django are a hundred deep; a loop that calls over the
end of a piece maps one each time, which took a seventh of the time. For a frame that is larger
Python takes a larger piece, and what that frame calls gets the rest of it.
"""

from collections.abc import Callable

import pytest

FRAME = 70_000  # words of 8 bytes: the piece has 1 MB, and nearly half of it is left


def _call(function: Callable[[], object]) -> object:
    return function()


_call.__code__ = _call.__code__.replace(co_stacksize=FRAME)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> object:
    """Run all tests under one large frame."""
    plugins = session.config.pluginmanager
    others = plugins.subset_hook_caller("pytest_runtestloop", [plugins.get_plugin(__name__)])
    return _call(lambda: others(session=session))
