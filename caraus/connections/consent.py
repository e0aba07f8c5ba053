"""A person authorizes: the one-time state, the way to ANAF, and what the callback brings back."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access, journal
from caraus.accounts.models import Membership, Organization, Role, User
from caraus.anaf import oauth
from caraus.anaf.errors import PROBLEMS, AnafError, Problem
from caraus.anaf.login_problems import ADVICE_AFTER_EXCHANGE
from caraus.anaf.oauth import Tokens
from caraus.connections import external, renewal, succession, telling
from caraus.connections.configuration import anaf_settings
from caraus.connections.models import (
    CONSENT_LIFETIME,
    Connection,
    ConsentRequest,
    ExternalLink,
)
from caraus.words import lazily

log = structlog.get_logger(__name__)

# Sent with `connection`, in the transaction that makes it: the first sync is born with it.
authorized = Signal()


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    """Why no authorization came of it: a problem of ANAF's side, or one of `OUR_REFUSALS`."""

    code: str
    sentence: str
    advice: str


AGAIN = lazily("Întoarce-te la Integrări și apasă din nou „Autorizare cu ANAF SPV”.")
WRONG_STATE = ConsentRefused(
    "wrong_state",
    lazily("Răspunsul nu se potrivește cu nicio autorizare începută de tine."),
    lazily(
        "Autorizarea trebuie terminată în același browser și cu același cont. Întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
)
STATE_EXPIRED = ConsentRefused(
    "state_expired",
    lazily("Au trecut mai mult de 10 minute de la apăsarea butonului, iar cererea s-a închis."),
    AGAIN,
)
STATE_USED = ConsentRefused(
    "state_used",
    lazily("Acest răspuns a fost deja folosit."),
    lazily(
        "Dacă la Integrări apare bifa verde, nu mai ai nimic de făcut. Altfel: întoarce-te la "
        "Integrări și apasă din nou „Autorizare cu ANAF SPV”."
    ),
)
NO_LONGER_ALLOWED = ConsentRefused(
    "no_longer_allowed",
    lazily("Între timp ai pierdut dreptul de a autoriza pentru această organizație."),
    lazily(
        "Cere unui administrator al organizației să îți dea rolul potrivit sau să autorizeze el."
    ),
)
NOTHING_CAME = ConsentRefused(
    "nothing_came", lazily("ANAF nu a trimis niciun cod de autorizare înapoi."), AGAIN
)


LINK_CLOSED = ConsentRefused(
    "link_closed",
    lazily(
        "Linkul de autorizare nu mai este valabil: a fost folosit, retras sau a expirat între timp."
    ),
    lazily("Cere un link nou persoanei care ți l-a trimis."),
)


def begin(
    *,
    user: User,
    organization: Organization,
    replaces: Connection | None = None,
    now: datetime | None = None,
) -> str:
    """Open a request and return ANAF's address for it; `replaces` is the authorization that the
    new one takes over from. Raises AnafError when unconfigured."""
    return _open(
        ConsentRequest(
            user=user,
            organization=organization,
            person_name=user.display_name,
            replaces=replaces,
        ),
        now or timezone.now(),
    )


def begin_external(link: ExternalLink, *, person_name: str, now: datetime | None = None) -> str:
    """The same for the holder of a link, who gave this name. Raises AnafError."""
    return _open(
        ConsentRequest(link=link, organization=link.organization, person_name=person_name),
        now or timezone.now(),
    )


def _open(request: ConsentRequest, now: datetime) -> str:
    anaf = anaf_settings()
    state = secrets.token_urlsafe(32)
    request.state_digest = _digest(state)
    request.created_at, request.expires_at = now, now + CONSENT_LIFETIME
    request.save()
    return oauth.authorize_url(anaf, state=state)


def finish(
    *,
    user: User | None,
    link_id: int | None = None,
    state: str,
    code: str = "",
    error: str = "",
    description: str = "",
) -> Connection | ConsentRefused:
    """Take the callback's parameters; the code is exchanged at once (it lives 60 seconds).

    `link_id` is the external link that this browser opened, if any. A page that is loaded again is
    told again what came of it; nothing is asked twice.
    """
    request = _take(user=user, link_id=link_id, state=state)
    if isinstance(request, Connection):
        return request
    if isinstance(request, ConsentRefused):
        log.warning("authorization_refused", code=request.code)
        return request
    result: Connection | ConsentRefused
    if error:
        result = _refusal(oauth.problem_of_callback(error, description))
    elif not code:
        result = NOTHING_CAME
    else:
        try:
            result = _connect(request, oauth.exchange_code(anaf_settings(), code=code))
        except AnafError as trouble:
            result = _refusal(trouble.problem)
    request.result = result.code if isinstance(result, ConsentRefused) else "ok"
    request.save(update_fields=["result"])
    log.info("authorization_finished", result=request.result)
    return result


def is_open(*, user: User, organization: Organization) -> bool:
    """Whether the user has gone to ANAF from here and has not come back yet."""
    return ConsentRequest.objects.filter(
        user=user, organization=organization, used_at=None, expires_at__gt=timezone.now()
    ).exists()


def is_external(state: str, *, link_id: int | None) -> bool:
    """Whether the state belongs to the external link that this browser opened."""
    return (
        link_id is not None
        and ConsentRequest.objects.filter(state_digest=_digest(state), link=link_id).exists()
    )


def _take(
    *, user: User | None, link_id: int | None, state: str
) -> ConsentRequest | Connection | ConsentRefused:
    """The open request of this state, used up by one atomic update; what came of a used one."""
    now = timezone.now()
    request = ConsentRequest.objects.filter(state_digest=_digest(state)).first()
    if request is None or not _is_theirs(request, user, link_id):
        return WRONG_STATE
    if request.used_at is not None:
        return _what_came_of(request)
    if request.expires_at <= now:
        return STATE_EXPIRED
    if not ConsentRequest.objects.filter(pk=request.pk, used_at=None).update(used_at=now):
        return STATE_USED
    if request.link is not None:
        return LINK_CLOSED if external.refusal(request.link, now=now) else request
    return request if _still_allowed(request) else NO_LONGER_ALLOWED


def _what_came_of(request: ConsentRequest) -> Connection | ConsentRefused:
    """STATE_USED while it is under way, and when the authorization has since been replaced."""
    if problem := PROBLEMS.get(request.result):
        return _refusal(problem)
    made = Connection.objects.filter(
        organization=request.organization_id,
        authorized_by=request.user_id,
        link=request.link_id,
        authorized_at__gte=request.used_at,
        status=Connection.Status.ACTIVE,
    )
    found = made.order_by("authorized_at", "pk").first() if request.result == "ok" else None
    return found or STATE_USED


def _is_theirs(request: ConsentRequest, user: User | None, link_id: int | None) -> bool:
    if request.link_id is not None:
        return request.link_id == link_id
    return user is not None and request.user_id == user.pk


def _still_allowed(request: ConsentRequest) -> bool:
    """The role that let the person begin may be gone ten minutes later."""
    membership = Membership.objects.filter(
        user=request.user_id, organization=request.organization_id
    ).first()
    return membership is not None and access.may(membership, Role.DISPATCHER)


def _connect(request: ConsentRequest, tokens: Tokens) -> Connection | ConsentRefused:
    connection = Connection(
        organization=request.organization,
        authorized_by=request.user,
        person_name=request.person_name,
        link=request.link,
        authorized_at=tokens.issued_at,
        access_expires_at=tokens.access_expires_at,
        refresh_expires_at=tokens.refresh_expires_at,
    )
    renewal.store(connection, tokens)
    with transaction.atomic():
        if request.link_id and not external.use_up(request.link_id, now=timezone.now()):
            return LINK_CLOSED
        connection.save()
        succession.take_place(connection, chosen=request.replaces)
        _record(connection)
        authorized.send(sender=Connection, connection=connection)
    return connection


def _record(connection: Connection) -> None:
    journal.record(
        "authorization",
        lambda: (
            gettext("{who} a autorizat cu ANAF SPV, prin link.")
            if connection.link
            else gettext("A autorizat cu ANAF SPV.")
        ).format(who=connection.person_name),
        user=connection.authorized_by,
        organization=connection.organization,
        connection=connection.pk,
        certificate=connection.certificate_serial,
    )
    if connection.link:
        telling.link_was_used(connection.link, connection, now=timezone.now())


def _refusal(problem: Problem) -> ConsentRefused:
    """Nothing is tried again by itself where a person authorizes: the code works once."""
    by_person = problem.retryable and problem.code != "invalid_client"
    advice = gettext(ADVICE_AFTER_EXCHANGE) if by_person else problem.advice
    return ConsentRefused(problem.code, problem.sentence, advice)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
