"""Silent renewal: a fresh pair of tokens without a person.

One renewal at a time per authorization, over any number of processes: the row is locked, one
request is made, and both new tokens are saved in the same transaction. A crash before the commit
leaves the old refresh token in place (OAuth procedure p. 3: both tokens can be reused).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from caraus.anaf import oauth
from caraus.anaf.errors import PROBLEMS, AnafError, Outcome
from caraus.anaf.oauth import Tokens
from caraus.connections import renewal_schedule, telling
from caraus.connections.configuration import anaf_settings
from caraus.connections.models import Connection
from caraus.crypto import UnreadableTokenError, decrypt, encrypt

log = structlog.get_logger(__name__)

UNREADABLE = "token_unreadable"
# A token that ANAF refuses is renewed at once; while that fails, not again sooner than this, though
# a hundred companies ask for it.
ON_DEMAND_PAUSE = timedelta(minutes=5)


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


def after_refusal(connection: Connection, refused: str) -> str:
    """A new access token in the place of one that ANAF refused although it should be valid.

    Raises AnafError; `token_refused_anew` when it was renewed within the hour: asking for another
    would not help, and would be asked for at each poll of each company.
    """
    connection.refresh_from_db()
    same = unseal(connection.access_token_sealed) == refused
    renewed_at = connection.last_renewed_at
    if same and renewed_at and timezone.now() - renewed_at < timedelta(hours=1):
        raise AnafError("token_refused_anew")
    renew(connection_id=connection.pk, refused=refused)
    connection.refresh_from_db()
    return access_token(connection)


@contextmanager
def refused_anew() -> Iterator[None]:
    """ANAF has just renewed the token that it refuses: its own trouble, not the authorization's
    end. A person is not sent for the certificate by a fault that passes."""
    try:
        yield
    except AnafError as error:
        if error.code != "token_refused":
            raise
        raise AnafError("token_refused_anew", http_status=error.http_status) from None


def renew(
    *,
    connection_id: int,
    refused: str = "",
    only_if_due: bool = False,
    now: datetime | None = None,
) -> bool:
    """Ask for new tokens; False when another process has already replaced the access token that
    is of no more use (`refused` by ANAF, or past its end), or, with `only_if_due`, was quicker.

    Raises AnafError. A refusal by the token service (4xx) marks the authorization as one that
    needs a person, and tells so; anything temporary leaves it active.
    """
    trouble: AnafError | None = None
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        try:
            renewed = _renew_locked(connection, refused, only_if_due=only_if_due, now=now)
        except TooSoonError as wait:
            raise AnafError(wait.code) from None
        except AnafError as error:
            # Kept before the lock goes: whoever waits for it sees that this attempt was made.
            _keep(connection, error, attempted=True, now=now or timezone.now())
            trouble, renewed = error, False
    if trouble is not None:
        raise trouble
    if renewed:
        log.info("authorization_renewed", connection=connection_id)
    return renewed


def _renew_locked(
    connection: Connection, refused: str, *, only_if_due: bool, now: datetime | None
) -> bool:
    started_at = now or timezone.now()
    if refused and unseal(connection.access_token_sealed) != refused:
        return False
    if not connection.is_active:
        raise AnafError("refresh_rejected")
    if only_if_due and next_renewal_at(connection) > started_at:
        return False
    if refused:
        _check_pause(connection, started_at)
    tokens = oauth.refresh_tokens(
        anaf_settings(), refresh_token=unseal(connection.refresh_token_sealed), now=now
    )
    store(connection, tokens)
    _forget_failures(connection)
    connection.last_renewed_at = connection.last_renewal_attempt_at = tokens.issued_at
    connection.save()
    return True


class TooSoonError(Exception):
    """The last renewal failed a moment ago; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _check_pause(connection: Connection, now: datetime) -> None:
    last, code = connection.last_renewal_attempt_at, connection.last_failure_code
    if not connection.renewal_failures or last is None or code not in PROBLEMS:
        return
    until = max(last + ON_DEMAND_PAUSE, connection.renewal_not_before or last)
    if now < until:
        raise TooSoonError(code)


def _forget_failures(connection: Connection) -> None:
    connection.last_failure_at, connection.renewal_not_before = None, None
    connection.last_failure_code = connection.last_failure_detail = ""
    connection.renewal_failures = 0


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


@transaction.atomic
def keep_failure(
    connection_id: int, error: AnafError, *, attempted: bool = False, now: datetime | None = None
) -> None:
    """What went wrong with a living authorization; one that ANAF refuses as such is not used again
    until a person acts, who is told in the same transaction. Tokens that no key opens may be
    opened by a key put back: it stays.

    `attempted`: it was a renewal that failed; such a one is told when the end comes near.
    """
    connection = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if connection is not None:
        _keep(connection, error, attempted=attempted, now=now or timezone.now())


def _keep(connection: Connection, error: AnafError, *, attempted: bool, now: datetime) -> None:
    """On the row, which is locked."""
    if not connection.is_active:
        return
    connection.last_failure_at, connection.last_failure_code = now, error.code
    connection.last_failure_detail = error.detail
    if attempted:
        connection.last_renewal_attempt_at = now
        connection.renewal_failures += 1
        wait = timedelta(seconds=min(error.retry_after or 0, 86_400))
        connection.renewal_not_before = now + wait if wait else None
    if error.outcome is Outcome.REAUTHORIZE and error.code != UNREADABLE:
        connection.status = Connection.Status.REAUTHORIZE
        telling.needs_a_person(connection, now=now)
    elif attempted:
        telling.renewal_fails(connection, now=now)
    connection.save()
    log.warning("authorization_failed", connection=connection.pk, code=error.code)


def keep_good_call(connection_id: int, at: datetime) -> None:
    """ANAF answered: whatever kept the token from being read is over, and so is the failure to
    replace a token that ANAF had refused, when it takes that same token again."""
    used = Connection.objects.filter(pk=connection_id)
    used.update(last_good_call_at=at)
    works = Q(last_failure_code=UNREADABLE) | Q(access_expires_at__gt=at + renew_before())
    used.filter(works, status=Connection.Status.ACTIVE, last_failure_at__lt=at).update(
        last_failure_at=None,
        last_failure_code="",
        last_failure_detail="",
        renewal_failures=0,
        renewal_not_before=None,
    )


def due(now: datetime | None = None) -> list[int]:
    """The active authorizations whose renewal is due."""
    now = now or timezone.now()
    near = Connection.objects.filter(
        status=Connection.Status.ACTIVE, access_expires_at__lte=now + renew_before()
    )
    return [one.pk for one in _in_order(near) if next_renewal_at(one) <= now]


def _in_order(connections: QuerySet[Connection]) -> Iterable[Connection]:
    return connections.order_by("access_expires_at").iterator()


def next_renewal_at(connection: Connection) -> datetime:
    """When the renewal is tried next; a moment in the past means now."""
    standing = renewal_schedule.Standing(
        key=connection.pk,
        access_end=connection.access_expires_at,
        last_attempt=connection.last_renewal_attempt_at,
        failures=connection.renewal_failures,
        not_before=connection.renewal_not_before,
    )
    return renewal_schedule.next_renewal(standing, before=renew_before())
