"""Each request: an id that its log lines and its jobs carry, one line when it ends, and the
headers that Django has no setting for."""

import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import structlog
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import resolve_url
from django.urls import is_valid_path
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from structlog.contextvars import bound_contextvars

from caraus.core.organization_paths import reversing_in, without_organization
from caraus.web.hosts import MACHINE_PATHS

log = structlog.get_logger(__name__)

# What a proxy may name a request; anything else could forge log lines.
_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NOT_LOGGED = (*MACHINE_PATHS, "/favicon.ico", "/static/")


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        started = time.perf_counter()
        with bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
            if not request.path.startswith(_NOT_LOGGED):
                _log_request(request, response, time.perf_counter() - started)
        return response


class NoStoreMiddleware:
    """No browser and no proxy keeps a page: after signing out, „back” shows nothing. The static
    files, which are served before this, may be kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        add_never_cache_headers(response)
        return response


def _log_request(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Log the route, not the path: the paths of links hold secrets."""
    user = getattr(request, "user", None)
    log.info(
        "request",
        method=request.method,
        route=request.resolver_match.route if request.resolver_match else "",
        status=response.status_code,
        milliseconds=round(seconds * 1000),
        user=getattr(user, "pk", None),
    )


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """A form that was sent after the session was lost can't be sent again by the sign-in page,
    whose way on is a GET: it leads back to the page on which the form stood, not to an address that
    takes POST only."""

    def get_login_url(self, view_func: Callable[..., HttpResponseBase]) -> str:
        with reversing_in(""):
            return resolve_url(super().get_login_url(view_func))

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(_page_address(request), self.get_login_url(view_func))


def _page_address(request: HttpRequest) -> str:
    """Return the page of ours that sent this form, as the browser names it; home otherwise."""
    given = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(given, hosts, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(given)
    above = f"{parts.path.rstrip('/').rpartition('/')[0]}/"
    if parts.path == request.path and is_valid_path(without_organization(above)):
        # The page was the response to a wrong form, perhaps at an address that takes POST only.
        return above
    return urlunsplit(("", "", parts.path, parts.query, "")) if parts.netloc else "/"


class CompressMiddleware(GZipMiddleware):
    """Pages, styles and scripts, where no proxy does it. What is packed already stays as it is.

    Django's random bytes in each response, and masked CSRF tokens, keep its size from telling
    secrets.
    """

    WORTH_IT = ("text/", "application/json", "application/javascript", "image/svg+xml")

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith(self.WORTH_IT):
            return response
        return super().process_response(request, response)
