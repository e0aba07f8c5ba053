"""JWT tokens: issued and checked without any memory of them, but for revocations."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ACCESS_LIFE = timedelta(minutes=129_600)
"""90 days (OAuth text p. 33)."""
REFRESH_LIFE = timedelta(minutes=525_600)
"""365 days (OAuth text p. 33)."""
HARD_LIMIT = timedelta(days=730)
"""About every two years ANAF asks for a new authorization: a vendor's help page says so, ANAF's
texts do not."""
ISSUER = "Anaf"
"""As TestOauth shows it (OAuth text p. 31)."""
ROLES = ("EFACTURA", "ETRANSPORT", "HELLO")
"""The services that the application was registered for; the access token names them in its claim
``role`` (notes, November 2026: anafpy, live)."""
_ALGORITHM = "RS512"
_OPAQUE_PREFIX = "opaque-"

type Kind = Literal["access", "refresh"]


class TokenRefusedError(Exception):
    """The token is not one of ours, has expired or was revoked."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. Moments are in UTC, whole seconds."""

    kind: str
    client_id: str
    serial: str
    issued_at: datetime
    expires_at: datetime
    first_authorized_at: datetime
    jti: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The two tokens of one answer, and the life of the first in seconds."""

    access: str
    refresh: str
    expires_in: int


def _moment(value: object) -> datetime:
    if not isinstance(value, int | float):
        raise TokenRefusedError("a time is missing")
    return datetime.fromtimestamp(value, UTC)


class TokenService:
    """Issues and checks tokens under one key."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self._public = key.public_key()
        self._used: set[str] = set()
        self._revoked_before: dict[str, datetime] = {}

    def reset(self) -> None:
        """Clear which codes were used and what was revoked."""
        self._used.clear()
        self._revoked_before.clear()

    def issue(
        self,
        *,
        client_id: str,
        serial: str,
        now: datetime,
        first_authorized_at: datetime | None = None,
        refresh_end: datetime | None = None,
        opaque_refresh: bool = False,
        access_life: timedelta = ACCESS_LIFE,
        roles: dict[str, object] | None = None,
    ) -> Pair:
        """Issue a new pair. ``refresh_end``: an end to keep in place of now + 365 days. ``roles``:
        the access token's claims about its services, in place of the usual one."""
        first = first_authorized_at or now
        end = min(refresh_end or now + REFRESH_LIFE, first + HARD_LIMIT)
        claims: dict[str, object] = {"role": list(ROLES)} if roles is None else roles
        access = self._token("access", client_id, serial, now, now + access_life, first, claims)
        refresh = self._token("refresh", client_id, serial, now, end, first)
        if opaque_refresh:
            refresh = _OPAQUE_PREFIX + refresh.replace(".", "~")
        return Pair(access, refresh, int(access_life.total_seconds()))

    def _token(
        self,
        kind: Kind,
        client_id: str,
        serial: str,
        now: datetime,
        end: datetime,
        first: datetime,
        claims: dict[str, object] | None = None,
    ) -> str:
        """Sign a token. The text (p. 3, 28) says that a token names the application, the user,
        when it was issued and when it ends; of the claims' names it prints only iss and exp."""
        payload = {
            **(claims or {}),
            "iss": ISSUER,
            "iat": int(now.timestamp()),
            "exp": int(end.timestamp()),
            "jti": str(uuid.uuid4()),
            "client_id": client_id,
            "token_type": kind,
            "serial_certificate": serial,
            "first_authorization": int(first.timestamp()),
        }
        return jwt.encode(payload, self._key, algorithm=_ALGORITHM)

    def check(self, token: str, kind: Kind, now: datetime) -> Claims:
        """Return the claims of a good token; raises TokenRefusedError otherwise."""
        if token.startswith(_OPAQUE_PREFIX):
            token = token.removeprefix(_OPAQUE_PREFIX).replace("~", ".")
        try:
            # Times are compared with the simulator's clock below, not with the real one.
            payload = jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
                issuer=ISSUER,
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise TokenRefusedError("the signature or the form is wrong") from error
        claims = Claims(
            str(payload.get("token_type")),
            str(payload.get("client_id")),
            str(payload.get("serial_certificate")),
            _moment(payload.get("iat")),
            _moment(payload.get("exp")),
            _moment(payload.get("first_authorization")),
            str(payload.get("jti")),
        )
        self._check_standing(claims, kind, now)
        return claims

    def _check_standing(self, claims: Claims, kind: Kind, now: datetime) -> None:
        if claims.kind != kind:
            raise TokenRefusedError(f"this is no {kind} token")
        if now >= claims.expires_at:
            raise TokenRefusedError("the token has expired")
        if claims.jti in self._used:
            raise TokenRefusedError("the token was replaced by a newer one")
        limit = self._revoked_before.get(claims.serial)
        if limit is not None and claims.issued_at <= limit:
            raise TokenRefusedError("the authorization was given up")

    def use_up(self, claims: Claims) -> None:
        """Let a refresh token die after its use."""
        self._used.add(claims.jti)

    def revoke_all(self, serial: str, now: datetime) -> None:
        """Revoke every token of the certificate issued until now, as by „Renunțare OAuth”."""
        self._revoked_before[serial] = now
