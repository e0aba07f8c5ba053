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


def renew_before() -> timedelta:
    """How long before the access token's end its renewal begins."""
    return timedelta(days=settings.RENEW_BEFORE_DAYS)


def access_token(connection: Connection) -> str:
    """A usable access token; renewed first if its life is over. Raises AnafError."""
    if connection.access_expires_at <= timezone.now():
        renew(connection_id=connection.pk)
        connection.refresh_from_db()
    return unseal(connection.access_token_sealed)


def unseal(sealed: str) -> str:
    """The token; raises AnafError (token_unreadable) when no key opens it."""
    try:
        return decrypt(sealed)
    except UnreadableTokenError as error:
        raise AnafError("token_unreadable") from error


def renew(*, connection_id: int, refused: str = "") -> bool:
    """Ask for new tokens; False when another process has already replaced the `refused` one.

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
        _failed(connection_id, error)
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


def _failed(connection_id: int, error: AnafError) -> None:
    now = timezone.now()
    fields: dict[str, object] = {
        "last_renewal_attempt_at": now,
        "last_failure_at": now,
        "last_failure_code": error.code,
    }
    if error.outcome is Outcome.REAUTHORIZE:
        fields["status"] = Connection.Status.REAUTHORIZE
    Connection.objects.filter(pk=connection_id, status=Connection.Status.ACTIVE).update(**fields)
    log.warning("authorization_not_renewed", connection=connection_id, code=error.code)


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
