"""Where the rate limiter of the application is plugged in: it counts and delays calls to ANAF.

The boundary keeps no state. The package above sets the limiter once, when it starts; without a
limiter calls are not limited.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

#: Takes the CUI that the call is about, "" when it is about none.
type Limiter = Callable[[str], AbstractContextManager[object]]


def _no_limit(_cui: str) -> AbstractContextManager[object]:
    return nullcontext()


_limiters: list[Limiter] = [_no_limit]


def set_limiter(limiter: Limiter) -> Limiter:
    """Limit all calls from now on by `limiter`; return the previous one.

    It gives a context that waits for the turn of the call or raises AnafError, and that sees the
    AnafError of the call, if any.
    """
    previous, _limiters[0] = _limiters[0], limiter
    return previous


def call_context(cui: str = "") -> AbstractContextManager[object]:
    """Return the context of one call to ANAF's services, about the company with this CUI."""
    return _limiters[0](cui)
