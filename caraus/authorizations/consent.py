"""A person authorizes: the one-time state, the way to ANAF, and what the callback brings back."""

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access, audit_log
from caraus.accounts.models import Membership, Organization, Role, User
from caraus.anaf import oauth
from caraus.anaf.errors import ERRORS, AnafError
from caraus.anaf.oauth import Tokens
from caraus.authorizations import links, notifications, replacement, token_refresh
from caraus.authorizations.anaf_errors.consent_errors import (
    CONSENT_ERRORS,
    INTERRUPTED,
    LINK_CLOSED,
    NO_LONGER_ALLOWED,
    NOTHING_CAME,
    OTHER_BROWSER,
    STATE_EXPIRED,
    STATE_USED,
    WRONG_STATE,
)
from caraus.authorizations.anaf_errors.login_errors import ADVICE_AFTER_EXCHANGE
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import ErrorText
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import (
    CONSENT_LIFETIME,
    Authorization,
    ConsentRequest,
    ExternalLink,
)
from caraus.core import crypto

log = structlog.get_logger(__name__)

# Sent with `authorization`, in the transaction that creates it: its first sync is planned there.
authorized = Signal()


# A callback that comes while the first one is still being handled waits for that one's result; for
# so long, then the process that was handling it must have died.
CALLBACK_TIMEOUT = timedelta(minutes=2)
# How long a person may take back what this browser authorized.
TAKE_BACK_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ConsentInProgress:
    """The same response of ANAF's came before, and is being worked on now."""


def begin_consent(
    *,
    user: User,
    organization: Organization,
    browser: str,
    replaces: Authorization | None = None,
    now: datetime | None = None,
) -> str:
    """Open a request and return ANAF's address for it; `browser` is the secret that only the
    pressing browser's session holds, `replaces` the authorization that the new one takes over
    from. Raises AnafError when unconfigured."""
    return _open(
        ConsentRequest(
            user=user,
            organization=organization,
            person_name=user.display_name,
            replaces=replaces,
        ),
        browser,
        now or timezone.now(),
    )


def begin_external_consent(
    link: ExternalLink, *, person_name: str, browser: str, now: datetime | None = None
) -> str:
    """Begin for the holder of a link, who gave this name. Raises AnafError."""
    return _open(
        ConsentRequest(link=link, organization=link.organization, person_name=person_name),
        browser,
        now or timezone.now(),
    )


def _open(request: ConsentRequest, browser: str, now: datetime) -> str:
    if not browser:
        raise ValueError("an authorization needs a browser's secret")
    anaf = anaf_settings()
    state = secrets.token_urlsafe(32)
    request.state_digest = crypto.secret_digest(state)
    request.browser_digest = crypto.secret_digest(browser)
    request.created_at, request.expires_at = now, now + CONSENT_LIFETIME
    request.save()
    return oauth.authorize_url(anaf, state=state)


def finish_consent(
    *,
    user: User | None,
    browser: str,
    state: str,
    code: str = "",
    error: str = "",
    description: str = "",
) -> Authorization | ErrorText | ConsentInProgress:
    """Take the callback's parameters; the code is exchanged at once (it lives 60 seconds).

    `browser` is the secret in the session of the browser that came back. A page that is loaded
    again gets the same result again; nothing is requested twice.
    """
    request = _use_request(user=user, browser=browser, state=state)
    if not isinstance(request, ConsentRequest):
        if isinstance(request, ErrorText):
            log.warning("authorization_refused", code=request.code)
        return request
    result: Authorization | ErrorText = INTERRUPTED
    try:
        result = _use_callback(request, code=code, error=error, description=description)
    finally:
        request.result = result.code if isinstance(result, ErrorText) else "ok"
        request.save(update_fields=["result"])
    log.info("authorization_finished", result=request.result)
    return result


def _use_callback(
    request: ConsentRequest, *, code: str, error: str, description: str
) -> Authorization | ErrorText:
    """Exchange the code of a callback that is used now; return the authorization."""
    if request.link is not None:
        if links.link_error(request.link):
            return LINK_CLOSED
    elif not _still_allowed(request):
        return NO_LONGER_ALLOWED
    if error:
        return consent_error(oauth.code_of_callback(error, description))
    if not code:
        return NOTHING_CAME
    try:
        return _authorize(request, oauth.exchange_code(anaf_settings(), code=code))
    except AnafError as anaf_error:
        return consent_error(anaf_error.code)


def is_consent_open(*, user: User, organization: Organization) -> bool:
    """Return whether the user has gone to ANAF from here and has not come back yet."""
    return ConsentRequest.objects.filter(
        user=user, organization=organization, used_at=None, expires_at__gt=timezone.now()
    ).exists()


def begun_consent(state: str, *, user: User | None, browser: str) -> ConsentRequest | None:
    """Return the request that this browser began: with an external link, or this user's."""
    request = _request_of(state)
    if request is None or not _is_theirs(request, user):
        return None
    return request if _is_same_browser(request, browser) else None


def undoable_consent(*, authorization_id: int, browser: str) -> ConsentRequest | None:
    """Return the request by which this browser made the authorization, within the hour."""
    consent = ConsentRequest.objects.filter(
        authorization=authorization_id,
        authorization__status=Authorization.Status.ACTIVE,
        used_at__gt=timezone.now() - TAKE_BACK_WITHIN,
    ).select_related("authorization__organization", "authorization__link", "user")
    return next((request for request in consent if _is_same_browser(request, browser)), None)


@transaction.atomic
def undo_consent(request: ConsentRequest) -> None:
    """End what was authorized a moment ago („Nu am vrut asta”); owners are notified."""
    authorization = Authorization.objects.select_for_update(no_key=True).get(consents=request.pk)
    if not authorization.is_active:
        return
    replacement.disconnect_authorization(authorization)
    audit_log.record_action(
        "authorization",
        lambda: gettext("{who} a luat înapoi autorizarea pe care tocmai o dăduse.").format(
            who=authorization.person_name
        ),
        user=authorization.authorized_by,
        organization=authorization.organization,
        authorization=authorization.pk,
        certificate=authorization.certificate_serial,
    )
    notifications.was_taken_back(authorization, now=timezone.now())


def _use_request(
    *, user: User | None, browser: str, state: str
) -> ConsentRequest | Authorization | ErrorText | ConsentInProgress:
    """Return the open request of this state, used up by one atomic update, or what came of a used
    one."""
    now = timezone.now()
    request = _request_of(state)
    if request is None or not _is_theirs(request, user):
        return WRONG_STATE
    if not _is_same_browser(request, browser):
        return OTHER_BROWSER
    if request.used_at is None and request.expires_at <= now:
        return STATE_EXPIRED
    if not ConsentRequest.objects.filter(pk=request.pk, used_at=None).update(used_at=now):
        request.refresh_from_db()
        return _earlier_result(request, now)
    return request


def _earlier_result(
    request: ConsentRequest, now: datetime
) -> Authorization | ErrorText | ConsentInProgress:
    """STATE_USED when the authorization has since been replaced."""
    if not request.result:
        young = request.used_at is not None and now - request.used_at < CALLBACK_TIMEOUT
        return ConsentInProgress() if young else INTERRUPTED
    if request.result in ERROR_TEXTS:
        return consent_error(request.result)
    authorization = request.authorization
    if request.result == "ok" and authorization is not None and authorization.is_active:
        return authorization
    return CONSENT_ERRORS.get(request.result, STATE_USED)


def _request_of(state: str) -> ConsentRequest | None:
    return ConsentRequest.objects.filter(state_digest=crypto.secret_digest(state)).first()


def _is_theirs(request: ConsentRequest, user: User | None) -> bool:
    """Return whether the callback may use the request: a link's belongs to the browser alone."""
    return request.link_id is not None or (user is not None and request.user_id == user.pk)


def _is_same_browser(request: ConsentRequest, browser: str) -> bool:
    """Return whether the browser that comes back is the one that began (RFC 6749, 10.12)."""
    same = hmac.compare_digest(request.browser_digest, crypto.secret_digest(browser))
    return bool(browser) and same


def _still_allowed(request: ConsentRequest) -> bool:
    """Return whether the person may still authorize: the role of ten minutes ago may be gone."""
    membership = Membership.objects.filter(
        user=request.user_id, organization=request.organization_id
    ).first()
    return membership is not None and access.has_role(membership, Role.DISPATCHER)


def _authorize(request: ConsentRequest, tokens: Tokens) -> Authorization | ErrorText:
    authorization = Authorization(
        organization=request.organization,
        authorized_by=request.user,
        person_name=request.person_name,
        link=request.link,
        authorized_at=tokens.issued_at,
        access_expires_at=tokens.access_expires_at,
        refresh_expires_at=tokens.refresh_expires_at,
    )
    token_refresh.store_tokens(authorization, tokens)
    with transaction.atomic():
        if request.link_id and not links.mark_used(request.link_id, now=timezone.now()):
            return LINK_CLOSED
        authorization.save()
        ConsentRequest.objects.filter(pk=request.pk).update(authorization=authorization)
        replacement.replace_predecessors(authorization, chosen=request.replaces)
        _record(authorization)
        authorized.send(sender=Authorization, authorization=authorization)
    return authorization


def _record(authorization: Authorization) -> None:
    audit_log.record_action(
        "authorization",
        lambda: (
            gettext("{who} a autorizat cu ANAF SPV, prin link.")
            if authorization.link
            else gettext("A autorizat cu ANAF SPV.")
        ).format(who=authorization.person_name),
        user=authorization.authorized_by,
        organization=authorization.organization,
        authorization=authorization.pk,
        certificate=authorization.certificate_serial,
    )
    if authorization.link:
        notifications.link_was_used(authorization.link, authorization, now=timezone.now())


def consent_error(code: str) -> ErrorText:
    """Return the text of an error where a person authorizes.

    Nothing is retried by itself there: the code of ANAF works once.
    """
    text = ERROR_TEXTS[code]
    if not ERRORS[code].retryable or code == "invalid_client":
        return text
    return replace(text, romanian_advice=ADVICE_AFTER_EXCHANGE)
