"""Rate limits of our own pages, counted as django-allauth counts sign-ins: in the shared cache."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse


def limited(action: str) -> Callable[..., Callable[..., HttpResponse]]:
    """A view that answers 429 above `settings.RATE_LIMITS[action]`."""

    def decorator(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refused = ratelimit.consume_or_429(
                request,
                app="caraus",
                action=action,
                config=settings.RATE_LIMITS,
                limit_get=True,
            )
            return refused or view(request, *args, **kwargs)

        return wrapped

    return decorator
