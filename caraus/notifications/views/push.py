"""The browsers that a person lets be woken (web push)."""

from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.rate_limits import rate_limited
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
    fields = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    browser = Browser(**fields)
    if not is_valid(browser):
        refusal = gettext(
            "Browserul folosește un serviciu de notificări pe care nu îl cunoaștem. Încearcă din "
            "Chrome, Edge, Firefox sau Safari."
        )
        return HttpResponse(refusal, status=400, content_type="text/plain; charset=utf-8")
    save_subscription(access.signed_in_user(request), browser)
    return HttpResponse(status=204)


@require_POST
@never_cache
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Wake the browser no more."""
    access.current_membership(request)
    subscription = subscription_of(access.signed_in_user(request), request.POST.get("endpoint", ""))
    if subscription:
        subscription.delete()
    return HttpResponse(status=204)


@require_POST
@never_cache
@rate_limited("push")
def send_sample(request: HttpRequest) -> HttpResponse:
    """Have a sample sent to the browser; 410 when it is not known, or was withdrawn."""
    access.current_membership(request)
    subscription = subscription_of(access.signed_in_user(request), request.POST.get("endpoint", ""))
    if subscription is None:
        return HttpResponse(status=410)
    sample_push.defer(subscription_id=subscription.pk)
    return HttpResponse(status=204)
