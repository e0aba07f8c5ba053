"""One question to ANAF about one company, understood and written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf import info
from caraus.anaf.errors import ERRORS, AnafError, Outcome
from caraus.authorizations import rights, token_refresh
from caraus.authorizations.anaf_errors.table import explanation
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.sync.limiter.permits import ShutDoorError, passing
from caraus.sync.limiter.quotas import give_back, is_spent, paused_authorizations, spend
from caraus.sync.models import SyncState
from caraus.sync.results import Heard, keep_failure, keep_good, recognizable, understand, unexpected
from caraus.transports.store import Applied

# What a failure applies.
NOTHING = Applied()
# Troubles that last until a person acts: what ANAF said is repeated as long as it is not asked.
LASTING = frozenset({Outcome.NO_RIGHTS, Outcome.REAUTHORIZE})

# Nothing can be written down then: the company stays due.
LOST_DATABASE = (InterfaceError, OperationalError)

# The first key of the advisory lock that keeps a company from being asked about twice at once.
LOCK_SPACE = 0x5C
# Longer than any question to ANAF takes.
LOCK_WAIT = "180s"


@dataclass(frozen=True, slots=True)
class Tried:
    """A call that has been made, with whose authorization, and what ANAF said."""

    authorization: Authorization
    token: str
    error: AnafError


@dataclass(frozen=True, slots=True)
class Asking:
    """One question under way: the authorizations used so far, the last of them now."""

    company: Company
    started_at: datetime
    now: datetime | None
    used: list[Authorization]
    person: bool = True
    paused: list[int] = field(default_factory=list)

    def choose(self) -> bool:
        """Take the next authorization that fits, apart from those whose day is spent."""
        self.paused[:] = paused_authorizations([self.company.organization_id], self.started_at)
        resting = Authorization.objects.filter(pk__in=self.paused)
        found = rights.authorization_for(self.company, apart_from=[*self.used, *resting])
        if found is not None:
            self.used.append(found)
        return found is not None


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What came of it; `message` is a sentence in Romanian, also when all went well."""

    cui: str
    outcome: Outcome
    message: str
    applied: Applied = NOTHING
    error: AnafError | None = None


def sync_company(
    *,
    company_id: int,
    now: datetime | None = None,
    tried: Tried | None = None,
    person: bool = True,
) -> SyncResult:
    """Ask ANAF about one company now and keep what it answers. ANAF's troubles are a result, and
    so is a mistake of ours; only a lost database raises.

    A second caller for the same company waits for the first one and then asks again. Where ANAF may
    not be asked at all (a pause, an outage), nothing is asked and nothing kept.
    `now` (UTC) replaces the clock by which the answer is judged; `tried` is what a question of the
    timer has met already; `person`: whether somebody waits, and may use the share of calls that is
    kept for people.
    """
    company = Company.objects.select_related("organization").get(pk=company_id)
    with _one_at_a_time(company_id):
        return _sync(company, now=now, tried=tried, person=person)


def _sync(
    company: Company, *, now: datetime | None, tried: Tried | None, person: bool
) -> SyncResult:
    """By who holds the company's lock."""
    started_at = now or timezone.now()
    asking = Asking(company, started_at, now, [tried.authorization] if tried else [], person)
    try:
        heard = _ask(asking, tried)
        applied = keep_good(company, asking.used[-1], heard, started_at)
    except ShutDoorError as shut:
        return SyncResult(company.cui, shut.outcome, explanation(shut.code), error=shut)
    except AnafError as error:
        return _failed(asking, error)
    except LOST_DATABASE:
        raise
    except Exception as error:
        return _failed(asking, unexpected(error))
    return SyncResult(company.cui, Outcome.OK, applied.sentence(), applied)


def _failed(asking: Asking, error: AnafError) -> SyncResult:
    used = asking.used[-1] if asking.used else None
    keep_failure(asking.company, used, error, asking.started_at)
    return SyncResult(asking.company.cui, error.outcome, explanation(error.code), error=error)


def sync_if_due(
    *, company_id: int, tried: Tried | None = None, person: bool = True
) -> SyncResult | None:
    """As the timer does it: None when the company has been asked about meanwhile, or is being asked
    about this moment."""
    company = Company.objects.select_related("organization").get(pk=company_id)
    with _if_free(company_id) as free:
        if not free:
            return None
        state = SyncState.objects.filter(company_id=company_id).first()
        if state and state.next_sync_at > timezone.now():
            return None
        return _sync(company, now=None, tried=tried, person=person)


@contextmanager
def _one_at_a_time(company_id: int) -> Iterator[None]:
    """A PostgreSQL session lock: it ends with the connection of a killed process, and whoever
    holds it may take it again. Waited for so long, then it is a trouble of the database's."""
    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_WAIT])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, company_id])
        finally:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])
    try:
        yield
    finally:
        _unlock(company_id)


@contextmanager
def _if_free(company_id: int) -> Iterator[bool]:
    """The same lock without waiting: whether it was free."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, company_id])
        (free,) = cursor.fetchone()
    try:
        yield free
    finally:
        if free:
            _unlock(company_id)


def _unlock(company_id: int) -> None:
    try:
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, company_id])
    except LOST_DATABASE:
        database.close()  # the session's end lets go of the lock


def _ask(asking: Asking, tried: Tried | None) -> Heard:
    """Ask with the authorization that fits; with the next one when ANAF refuses this one.

    When none is left, the trouble of the one that fits best is raised.
    """
    company, troubles = asking.company, []
    state = SyncState.objects.filter(company=company).first()
    if state and is_spent(state, asking.started_at):
        raise AnafError("daily_limit")
    while tried or asking.choose():
        try:
            return _ask_again(asking, state, tried) if tried else _ask_with(asking, state)
        except AnafError as error:
            if error.outcome not in LASTING and error.code != "token_refused_anew":
                raise
            _mark(asking.used[-1], company, error)
            troubles.append(error)
        tried = None
    raise _cause(asking, troubles)


def _cause(asking: Asking, troubles: list[AnafError]) -> AnafError:
    """What is told when nothing is left to ask with. An authorization that has served the company
    goes before one that never had a right: that one's refusal is not why the UITs stay away."""
    if any(trouble.outcome is not Outcome.NO_RIGHTS for trouble in troubles):
        return troubles[0]
    company = asking.company
    served = rights.authorizations_for(company).filter(
        pk__in=CompanyRight.objects.filter(
            company=company, state=CompanyRight.State.COVERED
        ).values("authorization")
    )
    if (asking.paused and not troubles) or served.filter(pk__in=asking.paused).exists():
        return AnafError("daily_limit")
    died = served.filter(status=Authorization.Status.REAUTHORIZE).order_by("-authorized_at").first()
    if died is not None:
        return AnafError(_lasting(died.last_failure_code, otherwise="refresh_rejected"))
    return troubles[0] if troubles else _without_authorization(company)


def _ask_with(asking: Asking, state: SyncState | None) -> Heard:
    authorization = asking.used[-1]
    token = token_refresh.access_token(authorization)
    try:
        return _call(asking, state, token)
    except AnafError as error:
        if error.code != "token_refused":
            raise
    return _renewed(asking, state, token)


def _ask_again(asking: Asking, state: SyncState | None, tried: Tried) -> Heard:
    """Go on after what the timer's question met."""
    if tried.error.code != "token_refused":
        raise tried.error
    return _renewed(asking, state, tried.token)


def _renewed(asking: Asking, state: SyncState | None, token: str) -> Heard:
    """ANAF refuses a token that should be valid: renew at once, ask once more."""
    authorization = asking.used[-1]
    fresh = token_refresh.after_refusal(authorization, token)
    with token_refresh.refused_anew():
        return _call(asking, state, fresh)


def _call(asking: Asking, state: SyncState | None, token: str) -> Heard:
    """One call, through the door."""
    if not spend(asking.used[-1].pk, asking.started_at):
        raise AnafError("daily_limit")
    try:
        with passing(asking.company.cui, person=asking.person):
            answer = info.fetch_answer(
                anaf_settings(), access_token=token, carrier_cui=asking.company.cui
            )
            return understand(answer, known=recognizable(state), access_token=token, now=asking.now)
    except ShutDoorError:
        give_back(asking.used[-1].pk, asking.started_at)
        raise


def _mark(authorization: Authorization, company: Company, error: AnafError) -> None:
    """A right that ANAF refused, or an authorization that it refused as such."""
    if error.outcome is Outcome.NO_RIGHTS:
        rights.remember(authorization=authorization, company=company, covered=False)
    elif error.outcome is Outcome.REAUTHORIZE:
        token_refresh.keep_failure(authorization.pk, error)


def _without_authorization(company: Company) -> AnafError:
    """Nothing to ask with: what ANAF said last still stands."""
    if rights.refused_everywhere(company):
        state = SyncState.objects.filter(company=company).first()
        return AnafError(_lasting(state.last_code if state else "", otherwise="no_rights_cui"))
    found = {
        one.status: one for one in rights.authorizations_for(company).order_by("authorized_at")
    }
    if died := found.get(Authorization.Status.REAUTHORIZE):
        return AnafError(_lasting(died.last_failure_code, otherwise="refresh_rejected"))
    if found:
        return AnafError("disconnected")
    others = Authorization.objects.filter(organization_id=company.organization_id)
    return AnafError("not_for_company" if others.exists() else "never_authorized")


def _lasting(code: str, *, otherwise: str) -> str:
    return code if code in ERRORS and ERRORS[code].outcome in LASTING else otherwise
