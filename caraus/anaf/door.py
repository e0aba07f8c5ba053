"""Whoever asks ANAF's services passes a door: calls are counted, held back, and reported there.

The boundary keeps no state; what stands above it sets the door once, at its start. Without one,
everybody may pass.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

#: Takes the CUI that the call is about, "" when it is about none.
type Door = Callable[[str], AbstractContextManager[object]]


def _open_door(_cui: str) -> AbstractContextManager[object]:
    return nullcontext()


_doors: list[Door] = [_open_door]


def guard(door: Door) -> Door:
    """From now on calls pass through `door`: a context that waits for the call's turn or raises
    AnafError, and that sees the AnafError of the call, if any. Gives the door before it."""
    before, _doors[0] = _doors[0], door
    return before


def passing(cui: str = "") -> AbstractContextManager[object]:
    """The context of one call to ANAF's services, about the company with this CUI."""
    return _doors[0](cui)
