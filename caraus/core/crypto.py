"""Secrets at rest (ANAF's tokens, second factors, sessions): sealed under CARAUS_TOKEN_KEYS, the
first of which encrypts, so that a copy of the database opens nothing."""

from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext


class UnreadableTokenError(Exception):
    """None of CARAUS_TOKEN_KEYS opens what is stored: a key was lost or replaced."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "Cheile primite de la ANAF nu pot fi descifrate cu cheile din "
                "CARAUS_TOKEN_KEYS. Repune cheia veche sau autorizează din nou."
            )
        )


def secret_digest(secret: str) -> str:
    """Return the digest by which an index finds a secret: the secret cannot be read from it, and no
    comparison of secrets reveals anything by its time."""
    return sha256(secret.encode()).hexdigest()


@lru_cache(maxsize=4)
def _cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "CARAUS_TOKEN_KEYS must hold Fernet keys (32 bytes in URL-safe base64), "
            "separated by commas; the first encrypts."
        ) from error


def cipher() -> MultiFernet:
    """Return the cipher of the present keys."""
    return _cipher_of(tuple(settings.TOKEN_KEYS))


def encrypt(text: str) -> str:
    """Seal a text under the first key."""
    return cipher().encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """Open what was sealed; raises UnreadableTokenError when no key opens it."""
    try:
        return cipher().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise UnreadableTokenError from error
