"""Whoever asks ANAF's services passes a door: calls are counted, held back, and reported there.

The boundary keeps no state; what stands above it sets the door once, at its start. Without one,
everybody may pass.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

type Door = Callable[[], AbstractContextManager[object]]

_doors: list[Door] = [nullcontext]


def guard(door: Door) -> Door:
    """From now on calls pass through `door`: a context that waits for the call's turn or raises
    AnafError, and that sees the AnafError of the call, if any. Gives the door before it."""
    before, _doors[0] = _doors[0], door
    return before


def passing() -> AbstractContextManager[object]:
    """The context of one call to ANAF's services."""
    return _doors[0]()
