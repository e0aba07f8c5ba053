"""By which name the site may be requested: that of CARAUS_URL, its port included.

Django compares names only. Another port of the same name may be another program's, and what a page
makes of its own address would lead there.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

# Machines beside the server request these by whatever address they have: the responses name none,
# are in no language, and are not logged; they must come while the database does not respond.
MACHINE_PATHS = ("/healthz", "/readyz", "/metrics")
_PORTS = {"http": 80, "https": 443}


class HostMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        public = urlsplit(settings.PUBLIC_URL)
        if request.path in MACHINE_PATHS:
            request.META["HTTP_HOST"] = public.netloc
        elif _port(request.META.get("HTTP_HOST", "")) not in {
            None,
            public.port or _PORTS[public.scheme],
        }:
            raise DisallowedHost("The Host header names a port that is not CARAUS_URL's.")
        return self.get_response(request)


def _port(host: str) -> int | None:
    """Return the port that is named; None without one. What is no host at all is left to Django."""
    try:
        return urlsplit(f"//{host}").port
    except ValueError:
        return None
