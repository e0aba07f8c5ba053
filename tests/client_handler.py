"""One chain of middleware for the test clients of a process, as a server has for its visitors.

Django's client builds its own with the first request, for which WhiteNoise reads the head of every
static file: longer than most pages take.
"""

from typing import Any

from django.core.signals import setting_changed
from django.test.client import ClientHandler

CHAIN = (
    *("_view_middleware", "_template_response_middleware", "_exception_middleware"),
    "_middleware_chain",
)
_load = ClientHandler.load_middleware
_built: ClientHandler | None = None


def _load_or_share(handler: ClientHandler, is_async: bool = False) -> None:
    global _built
    if _built is None:
        _load(handler, is_async)
        _built = handler
    for name in CHAIN:
        setattr(handler, name, getattr(_built, name))


def _forget(*, setting: str, **_: Any) -> None:
    """Middleware reads settings when it is built; none reads where ANAF is."""
    global _built
    if not setting.startswith("ANAF_"):
        _built = None


def install() -> None:
    """Let Django's clients share it until a setting changes."""
    ClientHandler.load_middleware = _load_or_share  # type: ignore[method-assign, assignment]
    setting_changed.connect(_forget)
