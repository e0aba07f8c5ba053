"""The keys of web push: this installation's (VAPID), and those of each browser with its address."""

import base64
import json
import re
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction

from caraus.accounts.models import User
from caraus.core.crypto import UnreadableTokenError, decrypt, encrypt, secret_digest
from caraus.notifications.models import PushKey, PushSubscription

# Browsers that a person may have; the oldest gives way.
MAX_SUBSCRIPTIONS = 20
# Without what two readers of an address might read differently.
_ENDPOINT = re.compile(r"[!-\[\]-~]{1,2000}")


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a browser is reached, and what its messages are encrypted with (RFC 8291)."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


def is_push_service(endpoint: str) -> bool:
    """Return whether an address is one of the push services of browsers. The server writes to no
    other: an address that a person sends may name any host, one of its own network too."""
    try:
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return False
    if parts.username is not None or not _ENDPOINT.fullmatch(endpoint):
        return False
    return any(_is_of(service, origin) for service in settings.PUSH_SERVICES)


def _is_of(service: str, origin: str) -> bool:
    scheme, any_of, domain = service.partition("*.")
    if not any_of:
        return origin == service
    return origin.startswith(scheme) and origin.endswith(f".{domain}")


def is_valid(browser: Browser) -> bool:
    """Return whether a browser could be written to."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(browser.p256dh))
        return is_push_service(browser.endpoint) and len(_bytes(browser.auth)) == 16
    except ValueError:
        return False


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def vapid_key() -> ec.EllipticCurvePrivateKey:
    """Return this installation's key, made at its first use. Raises UnreadableTokenError."""
    row = PushKey.objects.filter(pk=1).first()
    if row is None:
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        row, _new = PushKey.objects.get_or_create(pk=1, defaults={"sealed": encrypt(pem.decode())})
    key = serialization.load_pem_private_key(decrypt(row.sealed).encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 # made above
    return key


def vapid_public_key() -> str:
    """Return what a browser is given when it subscribes."""
    point = (
        vapid_key()
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


@transaction.atomic
def save_subscription(user: User, browser: Browser) -> PushSubscription:
    """Save where a browser is reached; it is now this person's."""
    subscription, _new = PushSubscription.objects.update_or_create(
        endpoint_digest=secret_digest(browser.endpoint),
        defaults={"user": user, "sealed": encrypt(json.dumps(asdict(browser)))},
    )
    newest = PushSubscription.objects.filter(user=user).order_by("-pk")[:MAX_SUBSCRIPTIONS]
    PushSubscription.objects.filter(user=user).exclude(pk__in=newest.values("pk")).delete()
    return subscription


def open_subscription(subscription: PushSubscription) -> Browser:
    """Return where the browser is reached. Raises UnreadableTokenError."""
    return Browser(**json.loads(decrypt(subscription.sealed)))


def subscription_of(user: User, endpoint: str) -> PushSubscription | None:
    """Return the person's subscription at an address."""
    return PushSubscription.objects.filter(
        user=user, endpoint_digest=secret_digest(endpoint)
    ).first()


def rotate_push_keys() -> tuple[int, int]:
    """Seal everything of web push with the first key; return how much is, and how much none of the
    keys opens."""
    done = unreadable = 0
    for model in (PushKey, PushSubscription):
        for pk in model._default_manager.values_list("pk", flat=True):
            with transaction.atomic():
                row = model._default_manager.select_for_update().filter(pk=pk).first()
                if row is None:
                    continue
                try:
                    row.sealed = encrypt(decrypt(row.sealed))
                except UnreadableTokenError:
                    unreadable += 1
                    continue
                row.save(update_fields=["sealed"])
                done += 1
    return done, unreadable
