"""The session store (SESSION_ENGINE), and a person's sessions.

A copy of the database opens no session: a row knows the SHA-256 of the cookie, and what the session
holds (who is signed in, from where; the secret of an invitation or of an authenticator app that is
being set up) is sealed under CARAUS_TOKEN_KEYS.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from caraus.accounts.models import Session, User
from caraus.core import crypto

# Where a session keeps from where and since when its person is signed in.
ORIGIN_KEY = "origin"


class SessionStore(DatabaseSessionStore):
    """Django's, but the key is kept as its digest and the data sealed."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return crypto.encrypt(self.serializer().dumps(session_dict).decode("latin-1"))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Open a session's data; without the key that sealed it, the session is empty."""
        try:
            opened = crypto.decrypt(
                session_data if isinstance(session_data, str) else session_data.decode()
            )
        except crypto.UnreadableTokenError:
            return {}
        data: dict[str, Any] = self.serializer().loads(opened.encode("latin-1"))
        return data

    @classmethod
    def get_model_class(cls) -> type[Session]:  # type: ignore[override] # its fields are our own
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:  # type: ignore[override]
        return Session(
            key_digest=crypto.secret_digest(self.session_key or ""),
            sealed=self.encode(data),
            expires_at=self.get_expiry_date(),
            user_id=int(data[SESSION_KEY]) if SESSION_KEY in data else None,
        )

    def load(self) -> dict[str, Any]:
        row = Session.objects.filter(
            key_digest=crypto.secret_digest(self.session_key or ""), expires_at__gt=timezone.now()
        ).first()
        if row is None:
            self.flush()  # what is kept from here on gets a new key
            return {}
        return self.decode(row.sealed)

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(key_digest=crypto.secret_digest(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(key_digest=crypto.secret_digest(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        Session.objects.filter(expires_at__lt=timezone.now()).delete()


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One of a person's sessions; `is_current`: that of the request."""

    ip: str
    user_agent: str
    created_at: datetime | None
    is_current: bool


def remember_origin(request: HttpRequest) -> None:
    """Keep in the session from where its person has just signed in."""
    request.session[ORIGIN_KEY] = {
        "ip": get_adapter().get_client_ip(request),
        "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200],
        "at": timezone.now().isoformat(),
    }


def sessions_of(user: User, *, current: str | None = None) -> list[SessionInfo]:
    """List the person's living sessions, the oldest first; `current` is the key of the one that
    asks. Those that a change of the password ended are deleted."""
    store, living, ended = SessionStore(), [], []
    expected = user.get_session_auth_hash()
    rows = Session.objects.filter(user_id=user.pk, expires_at__gt=timezone.now())
    for row in rows:
        data = store.decode(row.sealed)
        if not constant_time_compare(data.get(HASH_SESSION_KEY, ""), expected):
            ended.append(row.key_digest)
            continue
        origin = data.get(ORIGIN_KEY, {})
        living.append(
            SessionInfo(
                ip=origin.get("ip", ""),
                user_agent=origin.get("user_agent", ""),
                created_at=datetime.fromisoformat(origin["at"]) if origin else None,
                is_current=current is not None and row.key_digest == crypto.secret_digest(current),
            )
        )
    Session.objects.filter(key_digest__in=ended).delete()
    return sorted(living, key=lambda session: session.created_at or timezone.now())


def end_sessions(user: User, *, but: str | None = None) -> int:
    """End the person's sessions, all or all but the one with this key; how many that were."""
    sessions = Session.objects.filter(user_id=user.pk)
    if but is not None:
        sessions = sessions.exclude(key_digest=crypto.secret_digest(but))
    return sessions.delete()[0]


def rotate_session_keys() -> int:
    """Seal every session under the first key; how many that were. One that no key opens goes: it
    is empty for whoever has its cookie."""
    done = 0
    for name in Session.objects.values_list("pk", flat=True):
        with transaction.atomic():
            row = Session.objects.select_for_update().filter(pk=name).first()
            if row is None:
                continue
            try:
                row.sealed = crypto.encrypt(crypto.decrypt(row.sealed))
            except crypto.UnreadableTokenError:
                row.delete()
                continue
            row.save(update_fields=["sealed"])
            done += 1
    return done
