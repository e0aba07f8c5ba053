"""The tokens that ANAF gives, and what can be read in them.

ANAF's OAuth procedure (p. 28) says that the tokens are JWTs which „pot fi decodate” and shows
`exp`; the names of the other claims are documented nowhere, and a refresh token was seen that is
no JWT. So everything here is read if it can be, and marked as an estimate where it can't.
Signatures are not checked: ANAF checks them, we only read.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

#: Documented lifetimes: 129600 and 525600 minutes (OAuth procedure, p. 33).
ACCESS_LIFE = timedelta(days=90)
REFRESH_LIFE = timedelta(days=365)

_SERIAL_CLAIMS = (
    "serial_certificate",
    "certificate_serial",
    "serialcertificate",
    "certificateserial",
    "cert_serial",
    "serial_number",
    "serialnumber",
    "serial",
)
_HOLDER_CLAIMS = ("holder", "common_name", "commonname", "cn", "name", "nume")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F:]{8,64}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token, its refresh token, and their ends. All moments are UTC.

    `…_estimated` is True where the end is not in the token but follows from ANAF's documented
    lifetime. `certificate_serial` and `holder` are None where the token does not say.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    issued_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime
    access_expiry_estimated: bool
    refresh_expiry_estimated: bool
    certificate_serial: str | None
    holder: str | None


def read_tokens(response: object, *, issued_at: datetime) -> Tokens:
    """Read the token service's JSON; raises ValueError when it holds no two tokens."""
    if not isinstance(response, dict):
        raise ValueError("not an object")  # noqa: TRY004
    access = _token(response, "access_token")
    refresh = _token(response, "refresh_token")
    claims, refresh_claims = claims_of(access), claims_of(refresh)
    access_end, refresh_end = _end_of(claims), _end_of(refresh_claims)
    life = _life_of(response.get("expires_in"))
    return Tokens(
        access_token=access,
        refresh_token=refresh,
        issued_at=issued_at,
        access_expires_at=access_end or issued_at + life,
        refresh_expires_at=refresh_end or issued_at + REFRESH_LIFE,
        access_expiry_estimated=access_end is None,
        refresh_expiry_estimated=refresh_end is None,
        certificate_serial=_serial_of(claims) or _serial_of(refresh_claims),
        holder=_first(claims, _HOLDER_CLAIMS) or _first(refresh_claims, _HOLDER_CLAIMS),
    )


def is_sendable(token: str) -> bool:
    """Return whether a token can stand in a header: printable ASCII without spaces."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def claims_of(token: str) -> dict[str, Any]:
    """Return a JWT's claims by lower-case name; empty when it can't be decoded."""
    import jwt  # brings all of X.509, which only who reads a token needs

    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return {}
    return {str(name).lower(): value for name, value in claims.items()}


def roles_of(token: str) -> frozenset[str] | None:
    """Return the services that a token names in its `role` claim: a list, or a text with commas.
    None when it names none at all, which says nothing."""
    claims = claims_of(token)
    given = claims.get("role") or claims.get("roles")
    items = given if isinstance(given, list) else re.split(r"[,;\s]+", str(given or ""))
    names = {re.sub(r"[^A-Z0-9]", "", str(item).upper()).removeprefix("ROLE") for item in items}
    return frozenset(filter(None, names)) or None


def lacks_etransport(token: str) -> bool:
    """Return whether a token names services and e-Transport is none of them: the application was
    not registered for it at ANAF, and every poll will be refused."""
    roles = roles_of(token)
    return roles is not None and "ETRANSPORT" not in roles


def _token(response: dict[str, Any], name: str) -> str:
    value = response.get(name)
    if not isinstance(value, str) or not is_sendable(value.strip()):
        raise ValueError(f"no {name}")
    return value.strip()


def _end_of(claims: dict[str, Any]) -> datetime | None:
    exp = claims.get("exp")
    if isinstance(exp, str) and exp.isdecimal():
        exp = int(exp) if len(exp) < 12 else None
    if isinstance(exp, bool) or not isinstance(exp, int | float) or exp <= 0:
        return None
    try:
        return datetime.fromtimestamp(exp, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _life_of(expires_in: object) -> timedelta:
    """Return the access token's life from `expires_in` (seconds), else the documented 90 days."""
    try:
        seconds = float(str(expires_in))
        return (
            timedelta(seconds=seconds)
            if 0 < seconds <= REFRESH_LIFE.total_seconds() * 3
            else ACCESS_LIFE
        )
    except ValueError:
        return ACCESS_LIFE


def _serial_of(claims: dict[str, Any]) -> str | None:
    """Return the serial from a claim named for it, or a `sub` that looks like one."""
    if named := _first(claims, _SERIAL_CLAIMS):
        return named
    subject = _first(claims, ("sub",))
    return subject if subject and _HEX.fullmatch(subject) else None


def _first(claims: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = claims.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()[:200]
    return None
