"""Token refresh: a fresh pair of tokens without a person.

One refresh at a time per authorization, over any number of processes: an advisory lock of the
transaction is held while one request is made and both new tokens are saved. The row itself is
locked only to be written: nothing that concerns it waits for ANAF. A crash before the commit leaves
the old refresh token in place (OAuth procedure p. 3: both tokens can be reused).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from caraus.anaf import oauth, tokens
from caraus.anaf.errors import ERRORS, AnafError, Outcome
from caraus.anaf.oauth import Tokens
from caraus.authorizations import notifications, refresh_schedule
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization
from caraus.core.advisory_locks import LockSpace, lock_until_commit
from caraus.core.crypto import UnreadableTokenError, decrypt, encrypt

log = structlog.get_logger(__name__)

UNREADABLE_CODE = "token_unreadable"
# A token that ANAF refuses is refreshed at once; while that fails, not again sooner than this,
# though a hundred companies need it.
ON_DEMAND_PAUSE = timedelta(minutes=5)
# A token that ANAF refuses so soon after it gave it is ANAF's error.
JUST_REFRESHED = timedelta(hours=1)
# What is kept of failures, until they are over.
FAILURE_FIELDS = (
    *("last_failure_at", "last_failure_code", "last_failure_detail"),
    *("refresh_failures", "refresh_not_before"),
)


def refresh_window(authorization: Authorization) -> timedelta:
    """Return how long before the access token's end it is refreshed."""
    return refresh_schedule.window(
        life=authorization.access_life, setting=timedelta(days=settings.REFRESH_BEFORE_DAYS)
    )


def usable_access_token(authorization: Authorization) -> str:
    """Return a usable access token, refreshed first if it has expired. Raise AnafError."""
    now, refreshed_at = timezone.now(), authorization.last_refreshed_at
    if authorization.access_expires_at <= now and not (
        refreshed_at and now - refreshed_at < refresh_schedule.SHORTEST_REFRESH_PAUSE
    ):
        refresh_authorization(
            authorization_id=authorization.pk,
            refused=decrypt_token(authorization.access_token_sealed),
        )
        authorization.refresh_from_db()
    return decrypt_token(authorization.access_token_sealed)


def decrypt_token(sealed: str) -> str:
    """Decrypt the token; raise AnafError (token_unreadable) when no key opens it."""
    try:
        return decrypt(sealed)
    except UnreadableTokenError as error:
        raise AnafError(UNREADABLE_CODE) from error


def authorization_lacks_etransport(authorization: Authorization) -> bool:
    """Return whether ANAF's token says that the application is not registered for e-Transport."""
    try:
        return tokens.lacks_etransport(decrypt_token(authorization.access_token_sealed))
    except AnafError:
        return False


def replace_refused_token(authorization: Authorization, refused: str) -> str:
    """Replace an access token that ANAF refused although it should be valid.

    Raises AnafError; `token_refused_anew` when it was refreshed within the hour, or within half
    of a shorter life: another would not help, and would be requested at each poll of
    each company.
    """
    authorization.refresh_from_db()
    same = decrypt_token(authorization.access_token_sealed) == refused
    refreshed_at = authorization.last_refreshed_at
    young = max(
        min(JUST_REFRESHED, authorization.access_life / 2), refresh_schedule.SHORTEST_REFRESH_PAUSE
    )
    if same and refreshed_at and timezone.now() - refreshed_at < young:
        raise AnafError("token_refused_anew")
    refresh_authorization(authorization_id=authorization.pk, refused=refused)
    authorization.refresh_from_db()
    return usable_access_token(authorization)


@contextmanager
def as_refused_anew() -> Iterator[None]:
    """Raise ANAF's own error for a token that it has just refreshed and refuses: the authorization
    is not at its end. A person is not sent for the certificate by a fault that passes."""
    try:
        yield
    except AnafError as error:
        if error.code != "token_refused":
            raise
        raise AnafError("token_refused_anew", http_status=error.http_status) from None


def refresh_authorization(
    *,
    authorization_id: int,
    refused: str = "",
    only_if_due: bool = False,
    now: datetime | None = None,
) -> bool:
    """Request new tokens; False when another process has already replaced the access token that
    is of no more use (`refused` by ANAF, or past its end), or, with `only_if_due`, was quicker.

    Raises AnafError. A refusal by the token service (4xx) marks the authorization as one that
    needs a person, and notifies of it; anything temporary leaves it active.
    """
    failure: AnafError | None = None
    refreshed = False
    with _refresh_lock(authorization_id):
        authorization = Authorization.objects.get(pk=authorization_id)
        try:
            tokens = _new_tokens(authorization, refused, only_if_due=only_if_due, now=now)
            refreshed = tokens is not None and _save(authorization_id, tokens)
        except TooSoonError as wait:
            raise AnafError(wait.code) from None
        except AnafError as error:
            # Kept before the lock goes: whoever waits for it sees that this attempt was made.
            record_authorization_failure(authorization_id, error, attempted=True, now=now)
            failure = error
    if failure is not None:
        raise failure
    if refreshed:
        log.info("authorization_refreshed", authorization=authorization_id)
    return refreshed


@contextmanager
def _refresh_lock(authorization_id: int) -> Iterator[None]:
    """Open a transaction that holds the authorization's advisory lock, not its row."""
    with transaction.atomic():
        lock_until_commit(LockSpace.TOKEN_REFRESH, authorization_id)
        yield


def _new_tokens(
    authorization: Authorization, refused: str, *, only_if_due: bool, now: datetime | None
) -> Tokens | None:
    """Request them from ANAF; None when there is nothing to do."""
    started_at = now or timezone.now()
    if refused and decrypt_token(authorization.access_token_sealed) != refused:
        return None
    if not authorization.is_active:
        raise AnafError("refresh_rejected")
    if only_if_due and next_refresh_at(authorization) > started_at:
        return None
    if refused:
        _check_pause(authorization, started_at)
    return oauth.refresh_tokens(
        anaf_settings(), refresh_token=decrypt_token(authorization.refresh_token_sealed), now=now
    )


def _save(authorization_id: int, tokens: Tokens) -> bool:
    """Save both tokens on the row as it is now: a person may have ended the authorization while
    ANAF was being called, and then nothing of the response is kept."""
    authorization = _locked(authorization_id)
    if authorization is None or not authorization.is_active:
        raise AnafError("refresh_rejected")
    store_tokens(authorization, tokens)
    _clear_failures(authorization)
    authorization.last_refreshed_at = authorization.last_refresh_attempt_at = tokens.issued_at
    authorization.save()
    return True


def _locked(authorization_id: int, *, skip_locked: bool = False) -> Authorization | None:
    """Return the row, locked for writing. Its key stays, so rows that point to it are not held
    up."""
    return (
        Authorization.objects.select_for_update(no_key=True, skip_locked=skip_locked)
        .filter(pk=authorization_id)
        .first()
    )


class TooSoonError(Exception):
    """The last refresh failed a moment ago; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _check_pause(authorization: Authorization, now: datetime) -> None:
    last, code = authorization.last_refresh_attempt_at, authorization.last_failure_code
    if not authorization.refresh_failures or last is None or code not in ERRORS:
        return
    pause = refresh_schedule.limited_pause(ON_DEMAND_PAUSE, before=refresh_window(authorization))
    until = max(last + pause, authorization.refresh_not_before or last)
    if now < until:
        raise TooSoonError(code)


def _clear_failures(authorization: Authorization) -> None:
    authorization.last_failure_at, authorization.refresh_not_before = None, None
    authorization.last_failure_code = authorization.last_failure_detail = ""
    authorization.refresh_failures = 0


def store_tokens(authorization: Authorization, tokens: Tokens) -> None:
    """Put both tokens and their ends on the row; the caller saves it."""
    authorization.access_token_sealed = encrypt(tokens.access_token)
    authorization.refresh_token_sealed = encrypt(tokens.refresh_token)
    authorization.access_expires_at = tokens.access_expires_at
    authorization.access_life = tokens.access_expires_at - tokens.issued_at
    authorization.access_expiry_estimated = tokens.access_expiry_estimated
    authorization.refresh_expires_at = tokens.refresh_expires_at
    authorization.refresh_expiry_estimated = tokens.refresh_expiry_estimated
    if tokens.certificate_serial:
        authorization.certificate_serial = tokens.certificate_serial
    if tokens.holder:
        authorization.certificate_holder = tokens.holder


@transaction.atomic
def record_authorization_failure(
    authorization_id: int, error: AnafError, *, attempted: bool = False, now: datetime | None = None
) -> None:
    """Record what went wrong with a living authorization; one that ANAF refuses as such is not used
    again until a person acts, who is notified in the same transaction. Tokens that no key opens may
    be opened by a key put back: it stays.

    `attempted`: it was a refresh that failed; such a one is notified of when the end comes near.
    """
    authorization = _locked(authorization_id)
    if authorization is not None:
        _record_failure(authorization, error, attempted=attempted, now=now or timezone.now())


def _record_failure(
    authorization: Authorization, error: AnafError, *, attempted: bool, now: datetime
) -> None:
    """Record it on the row, which is locked."""
    if not authorization.is_active:
        return
    authorization.last_failure_at, authorization.last_failure_code = now, error.code
    authorization.last_failure_detail = error.detail
    if attempted:
        authorization.last_refresh_attempt_at = now
        authorization.refresh_failures += 1
        wait = timedelta(seconds=min(error.retry_after or 0, 86_400))
        authorization.refresh_not_before = now + wait if wait else None
    if error.outcome is Outcome.REAUTHORIZE and error.code != UNREADABLE_CODE:
        authorization.status = Authorization.Status.REAUTHORIZE
        notifications.needs_authorization(authorization, now=now)
    elif attempted:
        notifications.token_refresh_fails(authorization, now=now)
    authorization.save()
    log.warning("authorization_failed", authorization=authorization.pk, code=error.code)


@transaction.atomic
def record_good_call(authorization_id: int, at: datetime) -> None:
    """Record a good response: whatever kept the token from being read is over, and so is the
    failure to replace a token that ANAF had refused, when it takes that same token again.

    Called outside the transaction that records a response, and waits for nobody: where another
    writes to the row just now, the next good call says the same.
    """
    authorization = _locked(authorization_id, skip_locked=True)
    if authorization is None:
        return
    fields = ["last_good_call_at"]
    authorization.last_good_call_at = at
    failed_at, code = authorization.last_failure_at, authorization.last_failure_code
    works = code == UNREADABLE_CODE or authorization.access_expires_at > at + refresh_window(
        authorization
    )
    if authorization.is_active and failed_at is not None and failed_at < at and works:
        _clear_failures(authorization)
        fields += FAILURE_FIELDS
    authorization.save(update_fields=fields)


def authorizations_due(now: datetime | None = None) -> list[int]:
    """Return the active authorizations that are due for a refresh."""
    now = now or timezone.now()
    widest = timedelta(days=settings.REFRESH_BEFORE_DAYS)
    near = Authorization.objects.filter(
        status=Authorization.Status.ACTIVE, access_expires_at__lte=now + widest
    ).defer("access_token_sealed", "refresh_token_sealed")
    return [
        authorization.pk
        for authorization in _in_order(near)
        if next_refresh_at(authorization) <= now
    ]


def _in_order(authorizations: QuerySet[Authorization]) -> Iterable[Authorization]:
    return authorizations.order_by("access_expires_at").iterator()


def next_refresh_at(authorization: Authorization) -> datetime:
    """Return when the next refresh is tried; a moment in the past means now."""
    state = refresh_schedule.RefreshState(
        key=authorization.pk,
        access_end=authorization.access_expires_at,
        refreshed_at=authorization.last_refreshed_at,
        last_attempt=authorization.last_refresh_attempt_at,
        failures=authorization.refresh_failures,
        not_before=authorization.refresh_not_before,
    )
    return refresh_schedule.next_refresh(state, before=refresh_window(authorization))
