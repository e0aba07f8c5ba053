"""Silent renewal: a fresh pair of tokens without a person.

One renewal at a time per authorization, over any number of processes: an advisory lock of the
transaction is held while one request is made and both new tokens are saved. The row itself is
locked only to be written: nothing that concerns it waits for ANAF. A crash before the commit leaves
the old refresh token in place (OAuth procedure p. 3: both tokens can be reused).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from caraus.anaf import oauth, tokens
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
# A token that ANAF refuses so soon after it gave it is its own trouble.
JUST_RENEWED = timedelta(hours=1)
# What is kept of failures, until they are over.
FAILURE = (
    *("last_failure_at", "last_failure_code", "last_failure_detail"),
    *("renewal_failures", "renewal_not_before"),
)
# The first key of the advisory lock that keeps an authorization from being renewed twice at once.
LOCK_SPACE = 0x5E


def renew_before(connection: Connection) -> timedelta:
    """How long before the access token's end its renewal begins."""
    return renewal_schedule.window(
        life=connection.access_life, setting=timedelta(days=settings.RENEW_BEFORE_DAYS)
    )


def access_token(connection: Connection) -> str:
    """A usable access token; renewed first if its life is over. Raises AnafError."""
    now, renewed_at = timezone.now(), connection.last_renewed_at
    if connection.access_expires_at <= now and not (
        renewed_at and now - renewed_at < renewal_schedule.SHORTEST
    ):
        renew(connection_id=connection.pk, refused=unseal(connection.access_token_sealed))
        connection.refresh_from_db()
    return unseal(connection.access_token_sealed)


def unseal(sealed: str) -> str:
    """The token; raises AnafError (token_unreadable) when no key opens it."""
    try:
        return decrypt(sealed)
    except UnreadableTokenError as error:
        raise AnafError(UNREADABLE) from error


def lacks_etransport(connection: Connection) -> bool:
    """Whether ANAF's token says that the application is not registered for e-Transport."""
    try:
        return tokens.lacks_etransport(unseal(connection.access_token_sealed))
    except AnafError:
        return False


def after_refusal(connection: Connection, refused: str) -> str:
    """A new access token in the place of one that ANAF refused although it should be valid.

    Raises AnafError; `token_refused_anew` when it was renewed within the hour, or within half of a
    shorter life: asking for another would not help, and would be asked for at each poll of each
    company.
    """
    connection.refresh_from_db()
    same = unseal(connection.access_token_sealed) == refused
    renewed_at = connection.last_renewed_at
    young = max(min(JUST_RENEWED, connection.access_life / 2), renewal_schedule.SHORTEST)
    if same and renewed_at and timezone.now() - renewed_at < young:
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
    renewed = False
    with _one_at_a_time(connection_id):
        connection = Connection.objects.get(pk=connection_id)
        try:
            tokens = _new_tokens(connection, refused, only_if_due=only_if_due, now=now)
            renewed = tokens is not None and _save(connection_id, tokens)
        except TooSoonError as wait:
            raise AnafError(wait.code) from None
        except AnafError as error:
            # Kept before the lock goes: whoever waits for it sees that this attempt was made.
            keep_failure(connection_id, error, attempted=True, now=now)
            trouble = error
    if trouble is not None:
        raise trouble
    if renewed:
        log.info("authorization_renewed", connection=connection_id)
    return renewed


@contextmanager
def _one_at_a_time(connection_id: int) -> Iterator[None]:
    """A transaction that holds the authorization's advisory lock, not its row."""
    with transaction.atomic():
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [LOCK_SPACE, connection_id])
        yield


def _new_tokens(
    connection: Connection, refused: str, *, only_if_due: bool, now: datetime | None
) -> Tokens | None:
    """Ask ANAF for them; None when there is nothing to do."""
    started_at = now or timezone.now()
    if refused and unseal(connection.access_token_sealed) != refused:
        return None
    if not connection.is_active:
        raise AnafError("refresh_rejected")
    if only_if_due and next_renewal_at(connection) > started_at:
        return None
    if refused:
        _check_pause(connection, started_at)
    return oauth.refresh_tokens(
        anaf_settings(), refresh_token=unseal(connection.refresh_token_sealed), now=now
    )


def _save(connection_id: int, tokens: Tokens) -> bool:
    """Both tokens on the row as it is now: a person may have ended the authorization while ANAF
    was answering, and then nothing is kept of the answer."""
    connection = _locked(connection_id)
    if connection is None or not connection.is_active:
        raise AnafError("refresh_rejected")
    store(connection, tokens)
    _forget_failures(connection)
    connection.last_renewed_at = connection.last_renewal_attempt_at = tokens.issued_at
    connection.save()
    return True


def _locked(connection_id: int, *, skip_locked: bool = False) -> Connection | None:
    """The row, to be written. Its key stays, so rows that point to it are not held up."""
    return (
        Connection.objects.select_for_update(no_key=True, skip_locked=skip_locked)
        .filter(pk=connection_id)
        .first()
    )


class TooSoonError(Exception):
    """The last renewal failed a moment ago; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _check_pause(connection: Connection, now: datetime) -> None:
    last, code = connection.last_renewal_attempt_at, connection.last_failure_code
    if not connection.renewal_failures or last is None or code not in PROBLEMS:
        return
    pause = renewal_schedule.at_most(ON_DEMAND_PAUSE, before=renew_before(connection))
    until = max(last + pause, connection.renewal_not_before or last)
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
    connection.access_life = tokens.access_expires_at - tokens.issued_at
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
    connection = _locked(connection_id)
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


@transaction.atomic
def keep_good_call(connection_id: int, at: datetime) -> None:
    """ANAF answered: whatever kept the token from being read is over, and so is the failure to
    replace a token that ANAF had refused, when it takes that same token again.

    Called outside the transaction that keeps an answer, and waits for nobody: where another writes
    to the row just now, the next good call says the same.
    """
    connection = _locked(connection_id, skip_locked=True)
    if connection is None:
        return
    fields = ["last_good_call_at"]
    connection.last_good_call_at = at
    failed_at, code = connection.last_failure_at, connection.last_failure_code
    works = code == UNREADABLE or connection.access_expires_at > at + renew_before(connection)
    if connection.is_active and failed_at is not None and failed_at < at and works:
        _forget_failures(connection)
        fields += FAILURE
    connection.save(update_fields=fields)


def due(now: datetime | None = None) -> list[int]:
    """The active authorizations whose renewal is due."""
    now = now or timezone.now()
    widest = timedelta(days=settings.RENEW_BEFORE_DAYS)
    near = Connection.objects.filter(
        status=Connection.Status.ACTIVE, access_expires_at__lte=now + widest
    ).defer("access_token_sealed", "refresh_token_sealed")
    return [connection.pk for connection in _in_order(near) if next_renewal_at(connection) <= now]


def _in_order(connections: QuerySet[Connection]) -> Iterable[Connection]:
    return connections.order_by("access_expires_at").iterator()


def next_renewal_at(connection: Connection) -> datetime:
    """When the renewal is tried next; a moment in the past means now."""
    standing = renewal_schedule.Standing(
        key=connection.pk,
        access_end=connection.access_expires_at,
        renewed=connection.last_renewed_at,
        last_attempt=connection.last_renewal_attempt_at,
        failures=connection.renewal_failures,
        not_before=connection.renewal_not_before,
    )
    return renewal_schedule.next_renewal(standing, before=renew_before(connection))
