"""What the environment says, read in one place; secrets by value or by file (`<NAME>_FILE`)."""

import os
import re
import secrets
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import dj_email_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from caraus import embedded
from caraus.core.secret_files import SecretError, generated_secret, read_secret

TRUE_VALUES = {"1", "true", "yes", "on"}


class SettingError(ImproperlyConfigured):
    """A setting is missing or unusable; `name` is its variable, the text a whole sentence."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def text(name: str, default: str = "") -> str:
    """Read a setting as text, stripped; an empty value counts as missing."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """Read a setting as yes or no; any value that is no word for yes means no."""
    value = os.environ.get(name, "").strip().lower()
    return value in TRUE_VALUES if value else default


def number(name: str, default: int, *, least: int | None = None) -> int:
    """Read a whole number, `least` or more."""
    value = text(name)
    if not value:
        return default
    try:
        parsed = int(value)
    except ValueError as error:
        raise SettingError(name, f"{name} must be a whole number, not {value!r}.") from error
    if least is not None and parsed < least:
        raise SettingError(name, f"{name} must be {least} or more, not {parsed}.")
    return parsed


def rates(name: str, default: str) -> str:
    """Read limits like `60/h/user,200/h/organization`, as `accounts.rate_limits` reads them."""
    value = text(name, default)
    for part in value.split(","):
        if not re.fullmatch(r"\d+/\d*[smhd]/(user|organization|ip|key)", part.strip()):
            raise SettingError(
                name, f"{name} must be like 60/h/user or 60/h/user,200/h/organization."
            )
    return value


def choice(name: str, default: str, *others: str) -> str:
    """Read one of a few words."""
    value = text(name, default)
    if value not in {default, *others}:
        raise SettingError(
            name, f"{name} must be one of {', '.join([default, *others])}, not {value!r}."
        )
    return value


def is_embedded() -> bool:
    """Return whether PostgreSQL runs from the wheel inside the data folder: so it is without
    DATABASE_URL."""
    return not text("DATABASE_URL")


def database_url() -> str:
    """Return the server's address; raises SettingError when it is not PostgreSQL's."""
    url = text("DATABASE_URL")
    if not url:
        return embedded.embedded_database_url(embedded.data_dir())
    if not _is_postgresql(url):
        raise SettingError(
            "DATABASE_URL",
            "DATABASE_URL must begin with postgresql:// (PostgreSQL is the only database here); "
            "leave it out to use the one that comes along.",
        )
    return url


def _is_postgresql(url: str) -> bool:
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:  # a port that is no number
        return False
    return parts.scheme in {"postgres", "postgresql"} and port != 0


def secret(name: str, *, make: Callable[[], str] | None = None) -> str:
    """Read a secret by value or by file; in the embedded mode a missing one with `make` is
    generated.

    Raises SettingError with a sentence when it is missing outside the embedded mode.
    """
    try:
        value = read_secret(name, os.environ)
        if value is not None:
            return value
        if make is None:
            return ""
        if is_embedded():
            return generated_secret(embedded.data_dir(), name, make)
    except SecretError as error:
        raise SettingError(name, str(error)) from error
    raise SettingError(
        name,
        f"{name} is missing. With DATABASE_URL set, secrets are yours to keep: set {name} "
        f"or {name}_FILE (for a new value: `caraus doctor --new-secrets`).",
    )


def new_secret_key() -> str:
    """Generate Django's secret key."""
    return secrets.token_urlsafe(50)


def new_token_key() -> str:
    """Generate a key for the tokens that are kept sealed."""
    return Fernet.generate_key().decode()


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine as it sees itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin(name: str, default: str) -> str:
    """Read an http(s) origin without path; plain http is accepted for loopback addresses only."""
    value = text(name, default).rstrip("/")
    parts = _origin_parts(value)
    if parts is None or not parts.hostname:
        raise SettingError(name, f"{name} must be like https://example.ro, not {value!r}.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingError(
            name,
            f"{name} is {value!r}: plain http is accepted for loopback addresses only. Use https.",
        )
    return value


def _origin_parts(value: str) -> SplitResult | None:
    """Parse scheme, host and port; None when the text is more, or less, than these."""
    try:
        parts = urlsplit(value)
        whole = f"{parts.scheme}://{parts.netloc}" == value and parts.port != 0
    except ValueError:
        return None
    is_http = parts.scheme in {"http", "https"} and "@" not in parts.netloc
    return parts if whole and is_http else None


def mailer(url: str) -> dict[str, Any]:
    """Read EMAIL_URL as an entry of Django's MAILERS: `smtp://user:password@host:port?tls=true`,
    `submission://…` (port 587, STARTTLS), `console:`, `file:///folder`, `memory:`."""
    try:
        parsed = dj_email_url.parse(url)
    except ValueError as error:  # its words may repeat the password
        sentence = "EMAIL_URL is no address like smtp://host:port."
        raise SettingError("EMAIL_URL", sentence) from error
    backend = parsed.get("EMAIL_BACKEND")
    if backend is None:
        sentence = "EMAIL_URL must begin with smtp:, submission: or console:."
        raise SettingError("EMAIL_URL", sentence)
    if "filebased" in backend:
        return {"BACKEND": backend, "OPTIONS": {"file_path": f"/{parsed['EMAIL_FILE_PATH']}"}}
    if not backend.endswith("smtp.EmailBackend"):
        return {"BACKEND": backend}
    names = {
        "host": "EMAIL_HOST",
        "port": "EMAIL_PORT",
        "username": "EMAIL_HOST_USER",
        "password": "EMAIL_HOST_PASSWORD",
        "use_tls": "EMAIL_USE_TLS",
        "use_ssl": "EMAIL_USE_SSL",
    }
    options = {name: parsed[key] for name, key in names.items()}
    return {"BACKEND": backend, "OPTIONS": options | {"timeout": parsed["EMAIL_TIMEOUT"] or 30}}


def package_dir() -> Path:
    """Return the folder of the package `caraus`, installed or in a checkout."""
    return Path(__file__).resolve().parent.parent
