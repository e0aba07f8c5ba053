"""A person authorizes: the one-time state, the way to ANAF, and what the callback brings back."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone

from caraus.accounts import access, journal
from caraus.accounts.models import Membership, Organization, Role, User
from caraus.anaf import oauth
from caraus.anaf.errors import AnafError, Problem
from caraus.anaf.oauth import Tokens
from caraus.connections import renewal
from caraus.connections.configuration import anaf_settings
from caraus.connections.models import CONSENT_LIFETIME, Connection, ConsentRequest

log = structlog.get_logger(__name__)

# Sent with `connection`, in the transaction that makes it: the first sync is born with it.
authorized = Signal()


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    """Why no authorization came of it: a problem of ANAF's side, or one of `OUR_REFUSALS`."""

    code: str
    sentence: str
    advice: str


AGAIN = "Întoarce-te la Integrări și apasă din nou „Autorizare cu ANAF SPV”."
WRONG_STATE = ConsentRefused(
    "wrong_state",
    "Răspunsul nu se potrivește cu nicio autorizare începută de tine.",
    f"Autorizarea trebuie terminată în același browser și cu același cont. {AGAIN}",
)
STATE_EXPIRED = ConsentRefused(
    "state_expired",
    "Au trecut mai mult de 10 minute de la apăsarea butonului, iar cererea s-a închis.",
    AGAIN,
)
STATE_USED = ConsentRefused(
    "state_used",
    "Acest răspuns a fost deja folosit.",
    f"Dacă la Integrări apare bifa verde, nu mai ai nimic de făcut. Altfel: {AGAIN}",
)
NO_LONGER_ALLOWED = ConsentRefused(
    "no_longer_allowed",
    "Între timp ai pierdut dreptul de a autoriza pentru această organizație.",
    "Cere unui administrator al organizației să îți dea rolul potrivit sau să autorizeze el.",
)
NOTHING_CAME = ConsentRefused(
    "nothing_came", "ANAF nu a trimis niciun cod de autorizare înapoi.", AGAIN
)


def begin(*, user: User, organization: Organization, now: datetime | None = None) -> str:
    """Open a request and return ANAF's address for it. Raises AnafError when unconfigured."""
    anaf = anaf_settings()
    now = now or timezone.now()
    state = secrets.token_urlsafe(32)
    ConsentRequest.objects.create(
        state_digest=_digest(state),
        user=user,
        organization=organization,
        created_at=now,
        expires_at=now + CONSENT_LIFETIME,
    )
    return oauth.authorize_url(anaf, state=state)


def finish(
    *, user: User, state: str, code: str = "", error: str = "", description: str = ""
) -> Connection | ConsentRefused:
    """Take the callback's parameters; the code is exchanged at once (it lives 60 seconds)."""
    request = _take(user=user, state=state)
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


def _take(*, user: User, state: str) -> ConsentRequest | ConsentRefused:
    """The open request of this state; using it up is one atomic update."""
    now = timezone.now()
    request = ConsentRequest.objects.filter(state_digest=_digest(state), user=user).first()
    if request is None:
        return WRONG_STATE
    if request.expires_at <= now:
        return STATE_EXPIRED
    if not ConsentRequest.objects.filter(pk=request.pk, used_at=None).update(used_at=now):
        return STATE_USED
    return request if _still_allowed(request) else NO_LONGER_ALLOWED


def _still_allowed(request: ConsentRequest) -> bool:
    """The role that let the person begin may be gone ten minutes later."""
    membership = Membership.objects.filter(
        user=request.user_id, organization=request.organization_id
    ).first()
    return membership is not None and access.may(membership, Role.DISPATCHER)


def _connect(request: ConsentRequest, tokens: Tokens) -> Connection:
    connection = Connection(
        organization=request.organization,
        authorized_by=request.user,
        person_name=request.user.display_name,
        authorized_at=tokens.issued_at,
        access_expires_at=tokens.access_expires_at,
        refresh_expires_at=tokens.refresh_expires_at,
    )
    renewal.store(connection, tokens)
    with transaction.atomic():
        _replace_older(connection)
        connection.save()
        journal.record(
            "authorization",
            "A autorizat cu ANAF SPV.",
            user=request.user,
            organization=request.organization,
            connection=connection.pk,
        )
        authorized.send(sender=Connection, connection=connection)
    return connection


def _replace_older(connection: Connection) -> None:
    """The same certificate authorized again, or the same person with a new certificate after the
    old authorization died: the new one takes its place, and the tokens of the old one are deleted.
    Others of the organization stay."""
    same_certificate = Q(certificate_serial=connection.certificate_serial)
    died = Q(status=Connection.Status.REAUTHORIZE, authorized_by=connection.authorized_by)
    Connection.objects.filter(
        died | same_certificate if connection.certificate_serial else died,
        organization=connection.organization,
        status__in=[Connection.Status.ACTIVE, Connection.Status.REAUTHORIZE],
    ).update(status=Connection.Status.REPLACED, access_token_sealed="", refresh_token_sealed="")


def _refusal(problem: Problem) -> ConsentRefused:
    return ConsentRefused(problem.code, problem.sentence, problem.advice)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
