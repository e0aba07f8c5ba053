"""Silent renewal: a fresh pair of tokens without a person.

One renewal at a time per authorization, over any number of processes: the row is locked, one
request is made, and both new tokens are saved in the same transaction. A crash before the commit
leaves the old refresh token in place (OAuth procedure p. 3: both tokens can be reused).
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from caraus.anaf import oauth
from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.oauth import Tokens
from caraus.connections.configuration import anaf_settings
from caraus.connections.crypto import UnreadableTokenError, decrypt, encrypt
from caraus.connections.models import Connection

log = structlog.get_logger(__name__)

UNREADABLE = "token_unreadable"


def renew_before() -> timedelta:
    """How long before the access token's end its renewal begins."""
    return timedelta(days=settings.RENEW_BEFORE_DAYS)


def access_token(connection: Connection) -> str:
    """A usable access token; renewed first if its life is over. Raises AnafError."""
    if connection.access_expires_at <= timezone.now():
        renew(connection_id=connection.pk, refused=unseal(connection.access_token_sealed))
        connection.refresh_from_db()
    return unseal(connection.access_token_sealed)


def unseal(sealed: str) -> str:
    """The token; raises AnafError (token_unreadable) when no key opens it."""
    try:
        return decrypt(sealed)
    except UnreadableTokenError as error:
        raise AnafError(UNREADABLE) from error


def renew(*, connection_id: int, refused: str = "") -> bool:
    """Ask for new tokens; False when another process has already replaced the access token that
    is of no more use (`refused` by ANAF, or past its end).

    Raises AnafError. A refusal by the token service (4xx) marks the authorization as one that
    needs a person; anything temporary leaves it active.
    """
    try:
        with transaction.atomic():
            connection = Connection.objects.select_for_update().get(pk=connection_id)
            if refused and unseal(connection.access_token_sealed) != refused:
                return False
            if not connection.is_active:
                raise AnafError("refresh_rejected")
            tokens = oauth.refresh_tokens(
                anaf_settings(), refresh_token=unseal(connection.refresh_token_sealed)
            )
            store(connection, tokens)
            connection.last_renewed_at = connection.last_renewal_attempt_at = tokens.issued_at
            connection.last_failure_at, connection.last_failure_code = None, ""
            connection.save()
    except AnafError as error:
        keep_failure(connection_id, error, attempted=True)
        raise
    log.info("authorization_renewed", connection=connection_id)
    return True


def store(connection: Connection, tokens: Tokens) -> None:
    """Put both tokens and their ends on the row; the caller saves it."""
    connection.access_token_sealed = encrypt(tokens.access_token)
    connection.refresh_token_sealed = encrypt(tokens.refresh_token)
    connection.access_expires_at = tokens.access_expires_at
    connection.access_expiry_estimated = tokens.access_expiry_estimated
    connection.refresh_expires_at = tokens.refresh_expires_at
    connection.refresh_expiry_estimated = tokens.refresh_expiry_estimated
    if tokens.certificate_serial:
        connection.certificate_serial = tokens.certificate_serial


def keep_failure(connection_id: int, error: AnafError, *, attempted: bool = False) -> None:
    """What went wrong with a living authorization; one that ANAF refuses as such is not used again
    until a person acts. Tokens that no key opens may be opened by a key put back: it stays.
    """
    now = timezone.now()
    fields: dict[str, object] = {"last_failure_at": now, "last_failure_code": error.code}
    if attempted:
        fields["last_renewal_attempt_at"] = now
    if error.outcome is Outcome.REAUTHORIZE and error.code != UNREADABLE:
        fields["status"] = Connection.Status.REAUTHORIZE
    Connection.objects.filter(pk=connection_id, status=Connection.Status.ACTIVE).update(**fields)
    log.warning("authorization_failed", connection=connection_id, code=error.code)


def keep_good_call(connection_id: int, at: datetime) -> None:
    """ANAF answered: whatever kept the token from being read is over."""
    used = Connection.objects.filter(pk=connection_id)
    used.update(last_good_call_at=at)
    used.filter(last_failure_code=UNREADABLE).update(last_failure_at=None, last_failure_code="")


def due(now: datetime | None = None) -> list[int]:
    """The active authorizations whose access token ends soon and that were not tried today."""
    now = now or timezone.now()
    return list(
        Connection.objects.filter(
            status=Connection.Status.ACTIVE, access_expires_at__lte=now + renew_before()
        )
        .exclude(last_renewal_attempt_at__gt=now - timedelta(hours=20))
        .values_list("pk", flat=True)
    )
