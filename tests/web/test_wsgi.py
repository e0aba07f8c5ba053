"""What a web process does before its first page."""

import gc

from caraus import wsgi


def test_its_code_is_loaded_and_never_looked_through_for_garbage_again() -> None:
    gc.unfreeze()  # the tests' own
    wsgi.preload()
    assert gc.get_freeze_count() > 100_000
