"""What a web process does before its first page."""

import gc

from caraus import wsgi


def test_its_code_is_loaded_and_never_looked_through_for_garbage_again() -> None:
    frozen = gc.get_freeze_count()
    try:
        wsgi.settle()
        assert gc.get_freeze_count() > frozen + 100_000
    finally:
        gc.unfreeze()
