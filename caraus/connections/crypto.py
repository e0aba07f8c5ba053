"""Tokens at rest: encrypted under keys of their own, the first of which encrypts (rotation)."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext


class UnreadableTokenError(Exception):
    """None of CARAUS_TOKEN_KEYS opens the stored token: a key was lost or replaced."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "Jetoanele ANAF păstrate nu pot fi descifrate cu cheile din "
                "CARAUS_TOKEN_KEYS. Repune cheia veche sau autorizează din nou."
            )
        )


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "CARAUS_TOKEN_KEYS must hold Fernet keys (32 bytes in URL-safe base64), "
            "separated by commas; the first encrypts."
        ) from error


def encrypt(text: str) -> str:
    return _cipher(tuple(settings.TOKEN_KEYS)).encrypt(text.encode()).decode()


def decrypt(sealed: str) -> str:
    """The text that was encrypted; raises UnreadableTokenError when no key opens it."""
    try:
        return _cipher(tuple(settings.TOKEN_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise UnreadableTokenError from error
