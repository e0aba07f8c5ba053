"""Push messages: encrypted for one browser, signed with this installation's key, to its push
service (RFC 8030, 8188, 8291, 8292).

The subscription is locked while its push service takes a message, so that no other worker sends it
too. A crash after that and before the commit sends it again: the browser replaces the first by its
tag.
"""

import json
import ssl
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cache
from typing import Any

import httpx2
import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext

from caraus.accounts import access
from caraus.accounts.models import Membership, User
from caraus.core.crypto import UnreadableTokenError, secret_digest
from caraus.core.formatting import in_language_of
from caraus.mail.delivery import retry_delay
from caraus.notifications.escalation_texts import turn_sentence
from caraus.notifications.kinds import registered_kinds
from caraus.notifications.models import Notification, NotificationPush, PushSubscription
from caraus.notifications.push_keys import Browser, is_valid, open_subscription, vapid_key
from caraus.notifications.rendering import render_cards
from caraus.notifications.visible_notifications import visible_to_member

log = structlog.get_logger(__name__)

# An alarm that comes hours late helps nobody; the bell and the e-mail have it.
GIVE_UP_AFTER = timedelta(hours=3)
_TIMEOUT_SECONDS = 10.0
# A push message has 4096 bytes at most (RFC 8030, 7.2); encrypting takes about a hundred of them.
MAX_BODY = 300


class _GoneError(Exception):
    """The browser has withdrawn the subscription."""


class _RefusedError(Exception):
    """The push service will not take this message, however often it is sent."""


def due_pushes(now: datetime | None = None) -> list[int]:
    """Return the push messages that wait and may be tried now; delete what nobody could send."""
    now = now or timezone.now()
    NotificationPush.objects.filter(created_at__lt=now - 2 * GIVE_UP_AFTER).delete()
    waiting = NotificationPush.objects.filter(next_attempt_at__lte=now)
    return list(waiting.order_by("next_attempt_at", "pk").values_list("pk", flat=True))


@transaction.atomic
def send_push(push_id: int, *, now: datetime | None = None) -> bool:
    """Send it if it still waits, with what else of its card is due to the same browser; False when
    it does not wait, may no longer be read or was read, or when the push service failed."""
    now = now or timezone.now()
    waiting = NotificationPush.objects.filter(next_attempt_at__lte=now)
    push = waiting.select_related("notification").filter(pk=push_id).first()
    if push is None:
        return False
    # One worker at a time writes to a browser, and sees what the one before it has sent; who
    # notifies its owner meanwhile does not wait.
    subscriptions = PushSubscription.objects.select_for_update(no_key=True, of=("self",))
    subscription = subscriptions.select_related("user").filter(pk=push.subscription_id).first()
    if subscription is None:
        return False
    pushes = list(
        waiting.filter(subscription=subscription, notification__card=push.notification.card)
    )
    if push not in pushes:
        return False
    keys = [each.pk for each in pushes]
    payload = _payload(subscription.user, [each.notification_id for each in pushes], now)
    if payload is None or now - push.created_at >= GIVE_UP_AFTER:
        NotificationPush.objects.filter(pk__in=keys).delete()
        return False
    try:
        _post(open_subscription(subscription), payload, now)
    except _GoneError:
        subscription.delete()
        return False
    except _RefusedError:
        NotificationPush.objects.filter(pk__in=keys).delete()
        return False
    except (UnreadableTokenError, httpx2.HTTPError) as error:
        # A worker with other keys deletes nothing: with the right ones it is sent.
        log.warning("push_not_sent", error=type(error).__name__, attempts=push.attempts + 1)
        NotificationPush.objects.filter(pk__in=keys).update(
            attempts=push.attempts + 1, next_attempt_at=now + retry_delay(push.attempts + 1)
        )
        return False
    NotificationPush.objects.filter(pk__in=keys).delete()
    return True


def send_sample(subscription_id: int) -> bool:
    """Send a browser a sample, once; return whether its push service has it."""
    subscription = (
        PushSubscription.objects.select_related("user").filter(pk=subscription_id).first()
    )
    if subscription is None:
        return False
    with in_language_of(subscription.user):
        payload = _message(
            gettext("Notificare de probă"),
            gettext("Așa te anunțăm când un UIT este pe cale să expire."),
            reverse("notifications:preferences"),
            "sample",
        )
    try:
        _post(open_subscription(subscription), payload, timezone.now())
    except _GoneError:
        subscription.delete()
        return False
    except (_RefusedError, UnreadableTokenError, httpx2.HTTPError) as error:
        log.warning("push_sample_not_sent", error=type(error).__name__)
        return False
    return True


def _payload(user: User, keys: list[int], now: datetime) -> dict[str, Any] | None:
    """Return what the browser shows of a card; None when there is nothing left to be read."""
    notifications = Notification.objects.filter(pk__in=keys, user=user, read_at=None)
    first = notifications.exclude(matters_until__lte=now).order_by("pk").first()
    if first is None or not user.is_active:
        return None
    membership = Membership.objects.filter(user=user, organization=first.organization).first()
    if membership is None:
        return None
    own = visible_to_member(Notification.objects.filter(user=user), membership)
    if access.lacks_two_factors(user, first.organization):
        own = own.filter(kind__in=[kind.code for kind in registered_kinds() if kind.essential])
    with in_language_of(user):
        cards = render_cards([first.card], own.filter(pk__in=keys), [membership])
        if not cards:
            return None
        (card,) = cards
        body = card.detail if card.is_many else card.lead.text.rpartition("\n\n")[2]
        turn = turn_sentence(user, keys)
        return _message(
            card.title,
            f"{turn} {body}" if turn else body,
            reverse("notifications:open", args=[card.lead.pk]),
            secret_digest(first.card)[:32],
        )


def _message(title: str, body: str, path: str, tag: str) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        body = body[: MAX_BODY - 1].rstrip() + "…"
    return {"title": title, "body": body, "path": path, "tag": tag, "lang": get_language()}


@cache
def _tls_context() -> ssl.SSLContext:
    """Return the process's one TLS context: building it costs more than a message."""
    return httpx2.create_ssl_context(trust_env=False)


def _post(browser: Browser, payload: dict[str, Any], now: datetime) -> None:
    """Send a message to the browser's push service, once. No redirect is followed, and no proxy of
    the environment is used: it goes to one of `settings.PUSH_SERVICES` or nowhere."""
    if not is_valid(browser):
        raise _GoneError
    # They take longer to load than all else of a worker, and few need them.
    from py_vapid import Vapid02
    from pywebpush import WebPusher

    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    pusher = WebPusher({"endpoint": browser.endpoint, "keys": keys})
    body = pusher.encode(json.dumps(payload, ensure_ascii=False).encode())["body"]
    claims = {
        "aud": browser.origin,
        "exp": int((now + timedelta(hours=12)).timestamp()),
        "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
    }
    headers = {
        **Vapid02(vapid_key()).sign(claims),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(GIVE_UP_AFTER.total_seconds())),
        "Urgency": "high",
    }
    with httpx2.Client(
        verify=_tls_context(), timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
    ) as client:
        response = client.post(browser.endpoint, content=body, headers=headers)
    if response.status_code in {404, 410}:
        raise _GoneError
    if response.status_code == 429 or response.status_code >= 500:
        response.raise_for_status()
    if not response.is_success:
        log.warning("push_refused", status=response.status_code)
        raise _RefusedError
