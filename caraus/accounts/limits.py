"""Rate limits of our own pages, counted as django-allauth counts sign-ins: in the shared cache."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse


def allowed(request: HttpRequest, action: str) -> bool:
    """Count one use; False above `settings.RATE_LIMITS[action]`."""
    return bool(
        ratelimit.consume(
            request, app="caraus", action=action, config=settings.RATE_LIMITS, limit_get=True
        )
    )


def limited(action: str, *, posts_only: bool = False) -> Callable[..., Callable[..., HttpResponse]]:
    """A view that answers 429 above `settings.RATE_LIMITS[action]`."""

    def decorator(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused = ratelimit.consume_or_429(
                request,
                app="caraus",
                action=action,
                config=settings.RATE_LIMITS,
                limit_get=not posts_only,
            )
            return refused or view(request, *args, **kwargs)

        return wrapped

    return decorator
