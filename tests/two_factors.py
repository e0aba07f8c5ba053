"""Second factors as an authenticator app makes them (RFC 6238): SHA-1, 30 seconds, six digits."""

import base64
import hmac
import secrets
import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from caraus.accounts.models import User


def totp_code(secret: str) -> str:
    """Return the code that an app shows now."""
    counter = int(time.time()) // 30
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


def add_totp(user: User) -> str:
    """Set up an authenticator app for the person; return its secret."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    _add(user, Authenticator.Type.TOTP, secret=secret)
    return secret


def add_recovery_codes(user: User) -> None:
    _add(user, Authenticator.Type.RECOVERY_CODES, seed=secrets.token_hex(40))


def _add(user: User, kind: Authenticator.Type, **secret_data: str) -> None:
    sealed = {name: get_adapter().encrypt(value) for name, value in secret_data.items()}
    counts = {"used_mask": 0} if kind == Authenticator.Type.RECOVERY_CODES else {}
    Authenticator.objects.create(user=user, type=kind, data=sealed | counts)
