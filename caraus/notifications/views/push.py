"""The browsers in which a person takes push messages."""

from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.rate_limits import rate_limited
from caraus.notifications.push_browsers import (
    forget_browser,
    remember_browser,
    subscription_of_browser,
)
from caraus.notifications.push_keys import Browser, is_valid, save_subscription, subscription_of
from caraus.notifications.tasks import sample_push


@login_not_required
@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Send the script that shows messages while no page is open. It stands at the root, for a
    browser gives it the addresses below its own."""
    path = finders.find("push-worker.js")
    if path is None:
        raise Http404
    response = HttpResponse(Path(path).read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_POST
@never_cache
@rate_limited("push")
def subscribe(request: HttpRequest) -> HttpResponse:
    """Save where the browser is reached."""
    access.current_membership(request)
    browser = _posted_browser(request)
    if not is_valid(browser):
        refusal = gettext(
            "Browserul folosește un serviciu de notificări pe care nu îl cunoaștem. Încearcă din "
            "Chrome, Edge, Firefox sau Safari."
        )
        return HttpResponse(refusal, status=400, content_type="text/plain; charset=utf-8")
    subscription = save_subscription(access.signed_in_user(request), browser)
    response = HttpResponse(status=204)
    remember_browser(response, subscription)
    return response


def _posted_browser(request: HttpRequest) -> Browser:
    fields = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    return Browser(**fields)


@login_not_required
@csrf_exempt
@require_POST
@never_cache
def renew(request: HttpRequest) -> HttpResponse:
    """Save the new address of a browser whose push service has given it another: its script says
    so, which has no form and perhaps no session. The cookie, which no other site can have sent,
    says whose browser it is."""
    old = subscription_of_browser(request)
    if old is None or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return HttpResponse(status=410)
    browser = _posted_browser(request)
    if not is_valid(browser):
        return HttpResponse(status=400)
    with transaction.atomic():
        user = old.user
        old.delete()
        subscription = save_subscription(user, browser)
    response = HttpResponse(status=204)
    remember_browser(response, subscription)
    return response


@require_POST
@never_cache
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Push to the browser no more."""
    access.current_membership(request)
    subscription = subscription_of(access.signed_in_user(request), request.POST.get("endpoint", ""))
    if subscription:
        subscription.delete()
    response = HttpResponse(status=204)
    forget_browser(response)
    return response


@require_POST
@never_cache
@rate_limited("push")
def request_sample(request: HttpRequest) -> HttpResponse:
    """Have a sample sent to the browser; 410 when it is not known, or was withdrawn."""
    access.current_membership(request)
    subscription = subscription_of(access.signed_in_user(request), request.POST.get("endpoint", ""))
    if subscription is None:
        return HttpResponse(status=410)
    sample_push.defer(subscription_id=subscription.pk)
    return HttpResponse(status=204)
