"""What a web process does before its first page, and a command before its work."""

import gc
from collections.abc import Callable

import pytest

from caraus import wsgi
from caraus.commands.base import set_up_django


@pytest.mark.parametrize("load", [wsgi.preload, set_up_django])
def test_its_code_is_loaded_and_never_looked_through_for_garbage_again(
    load: Callable[[], None],
) -> None:
    gc.unfreeze()  # the tests' own
    load()
    assert gc.get_freeze_count() > 100_000
    assert gc.isenabled()
