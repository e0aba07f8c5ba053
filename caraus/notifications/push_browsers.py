"""Which of the subscriptions is the browser's that sends a request: a signed cookie names it, for
longer than any session. Who signs out, or signs in after another, is not shown the other's alarms.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest, HttpResponse

from caraus.accounts.models import User
from caraus.accounts.signals import other_sessions_ended
from caraus.notifications.models import PushSubscription

COOKIE = "caraus_push"
_AGE_SECONDS = 365 * 24 * 3600


def connect_signals() -> None:
    """Forget browsers when their person signs out of them."""
    user_logged_out.connect(_on_signed_out, dispatch_uid="notifications.push")
    user_logged_in.connect(_on_signed_in, dispatch_uid="notifications.push")
    other_sessions_ended.connect(_on_other_sessions_ended, dispatch_uid="notifications.push")


def remember_browser(response: HttpResponse, subscription: PushSubscription) -> None:
    """Let the browser say at the next requests which subscription is its own."""
    response.set_signed_cookie(
        COOKIE,
        subscription.endpoint_digest,
        max_age=_AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_browser(response: HttpResponse) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, samesite="Lax")


def subscription_of_browser(request: HttpRequest) -> PushSubscription | None:
    """Return the subscription of the browser that sends the request, whoever's it is."""
    digest = request.get_signed_cookie(COOKIE, default=None)
    if digest is None:
        return None
    return PushSubscription.objects.filter(endpoint_digest=digest).first()


def _on_signed_out(sender: object, request: HttpRequest, **_: Any) -> None:
    if subscription := subscription_of_browser(request):
        subscription.delete()


def _on_signed_in(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    subscription = subscription_of_browser(request)
    # The session of the person before may just have ended, without signing out.
    if subscription and subscription.user_id != user.pk:
        subscription.delete()


def _on_other_sessions_ended(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    others = PushSubscription.objects.filter(user=user)
    if own := subscription_of_browser(request):
        others = others.exclude(pk=own.pk)
    others.delete()
