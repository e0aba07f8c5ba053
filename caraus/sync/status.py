"""How old the list is, and whose fault it is if it is old: one sentence for the page."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Company, Organization
from caraus.anaf.errors import AnafError
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import (
    RESPONSIBILITY_LABELS,
    ErrorLabel,
    Responsibility,
)
from caraus.authorizations.models import Authorization
from caraus.core.formatting import BUCHAREST, day_of_month, moment_in_words
from caraus.sync.limiter import permits, quotas
from caraus.sync.limiter.permits import is_host_error
from caraus.sync.models import SyncRun, SyncState
from caraus.sync.romanian_day import until_tomorrow
from caraus.sync.schedule import plan

# Whatever each question met: ANAF does not answer.
HOST_CODES = frozenset(
    code
    for code, text in ERROR_TEXTS.items()
    if text.responsibility == Responsibility.ANAF and is_host_error(AnafError(code))
)

# Their advice is to pass on what ANAF answered, so that is shown.
WITH_DETAIL = frozenset({"technical_error", "waf_rejected", "unknown_error", "bad_request"})

Kind = Literal["no_company", "never_authorized", "waiting", "syncing", "good", "trouble"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One company's failing, in words."""

    company: Company
    code: str
    responsibility: str
    sentence: str
    advice: str
    since: datetime | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failing:
    """The same trouble of one or more companies, told once."""

    companies: tuple[Company, ...]
    code: str
    responsibility: str
    sentence: str
    advice: str
    since: datetime | None
    # What ANAF answered, without secrets; only where the advice speaks of it.
    detail: str

    @property
    def label(self) -> ErrorLabel:
        text = ERROR_TEXTS.get(self.code)
        return text.label if text else RESPONSIBILITY_LABELS[Responsibility(self.responsibility)]

    @property
    def is_outage(self) -> bool:
        return self.code in HOST_CODES


@dataclass(frozen=True, slots=True)
class Situation:
    kind: Kind
    # The oldest of the last good answers: the list is at least that fresh.
    last_good_at: datetime | None
    next_sync_at: datetime | None
    troubles: tuple[Trouble, ...]
    # A question is due or under way: the page looks again soon.
    busy: bool
    # Companies about which ANAF has never given a good answer yet.
    unsynced: tuple[Company, ...] = ()
    # As they were read.
    states: tuple[SyncState, ...] = ()
    # When the first is asked about again, where the calls of the day are used up for all of them.
    resumes_at: datetime | None = None

    @property
    def failings(self) -> tuple[Failing, ...]:
        """The troubles, those of the same kind as one; since the earliest of them."""
        return tuple(
            _failing([trouble for trouble in self.troubles if _sort(trouble.code) == sort])
            for sort in dict.fromkeys(_sort(trouble.code) for trouble in self.troubles)
        )

    @property
    def outage_in_words(self) -> str:
        """„ANAF nu răspunde din 10:42; lista este din 10:40”; "" when it answers."""
        since = next((one.since for one in self.failings if one.is_outage), None)
        if since is None:
            return ""
        good = (
            gettext("lista este din {last_good_at}").format(last_good_at=_clock(self.last_good_at))
            if self.last_good_at
            else gettext("încă nu este nicio listă")
        )
        return gettext("ANAF nu răspunde din {since}; {good}").format(
            since=_clock(since), good=good
        )

    @property
    def poll_seconds(self) -> int:
        return 2 if self.busy else 20

    @property
    def last_good_in_words(self) -> str:
        return (
            moment_in_words(self.last_good_at, now=timezone.now())
            if self.last_good_at
            else gettext("încă nu")
        )

    @property
    def sync_off(self) -> str:
        """Why „Sincronizează acum” would do nothing; "" when it does."""
        if self.resumes_at is None:
            return ""
        return gettext(
            "Limita zilnică de interogări la ANAF a fost atinsă. Următoarea sincronizare: {moment}."
        ).format(moment=moment_in_words(self.resumes_at, now=timezone.now()))

    @property
    def interval_minutes(self) -> int:
        return max(int(plan.current_plan().policy.slowest), 1)


def _sort(code: str) -> str:
    """An outage is one trouble, in whichever way each question met it."""
    return "outage" if code in HOST_CODES else code


def _clock(moment: datetime) -> str:
    """„10:42”, with the day when it is not today's."""
    here = moment.astimezone(BUCHAREST)
    clock = f"{here.hour}:{here.minute:02d}"
    today = timezone.now().astimezone(BUCHAREST).date()
    if here.date() == today:
        return clock
    return f"{day_of_month(here.date(), today=today)}, {clock}"


def _failing(same: list[Trouble]) -> Failing:
    first = same[0]
    return Failing(
        companies=tuple(trouble.company for trouble in same),
        code=first.code,
        responsibility=first.responsibility,
        sentence=first.sentence,
        advice=first.advice,
        since=min((trouble.since for trouble in same if trouble.since), default=None),
        detail=next((trouble.detail for trouble in same if trouble.detail), ""),
    )


def situation(organization: Organization, companies: list[Company]) -> Situation:
    """The state of the list of these companies."""
    authorized = Authorization.objects.filter(
        organization=organization, status=Authorization.Status.ACTIVE
    ).exists()
    door = permits.read_state()
    states = _states(companies)
    now = timezone.now()
    good = [state.last_good_at for state in states if state.last_good_at]
    answered = len(states) == len(companies) and all(state.last_attempt_at for state in states)
    due = any(state.next_sync_at <= now for state in states)
    troubles = tuple(trouble_of(state) for state in states if state.last_code)
    if not authorized:  # nobody is asked any more: what ANAF said last is no trouble of now
        past = {Responsibility.ANAF, Responsibility.RIGHTS}
        troubles = tuple(trouble for trouble in troubles if trouble.responsibility not in past)
    shut = door is not None and (door.open_since is not None or (door.paused_until or now) > now)
    if authorized and door is not None and door.open_since is not None:
        code = door.last_code if door.last_code in ERROR_TEXTS else "timeout"
        troubles = _of_all(companies, troubles, code, since=door.open_since)
    elif authorized and door is not None and door.paused_until and door.paused_until > now:
        goes_on = gettext("Nu trebuie să faci nimic: continuăm automat {moment}.").format(
            moment=moment_in_words(door.paused_until, now=now)
        )
        troubles = _of_all(
            companies, troubles, "rate_limited", since=door.paused_since, advice=goes_on
        )
    heard = {state.company_id for state in states if state.last_good_at}
    unsynced = tuple(company for company in companies if company.pk not in heard)
    troubles = _with_details(troubles)
    return Situation(
        kind=_kind(companies, authorized=authorized, good=not unsynced, troubles=bool(troubles)),
        last_good_at=min(good) if good else None,
        next_sync_at=min((state.next_sync_at for state in states), default=None),
        troubles=troubles,
        busy=bool(companies) and authorized and not shut and (due or not answered),
        unsynced=unsynced,
        states=tuple(states),
        resumes_at=_resumes_at(states, now) if len(states) == len(companies) else None,
    )


def _resumes_at(states: list[SyncState], now: datetime) -> datetime | None:
    """None as long as one of the companies has calls left today."""
    moments = [_spent_until(state, now) for state in states]
    spent = [moment for moment in moments if moment is not None]
    return min(spent) if spent and len(spent) == len(moments) else None


def _spent_until(state: SyncState, now: datetime) -> datetime | None:
    if state.last_code == "daily_limit" and state.next_sync_at > now:
        return state.next_sync_at
    return now + until_tomorrow(now) if quotas.is_company_used_up(state, now) else None


def _states(companies: list[Company]) -> list[SyncState]:
    known = {company.pk: company for company in companies}
    states = list(SyncState.objects.filter(company__in=known).order_by("pk"))
    for state in states:
        state.company = known[state.company_id]
    return states


def _of_all(
    companies: list[Company],
    troubles: tuple[Trouble, ...],
    code: str,
    *,
    since: datetime | None,
    advice: str = "",
) -> tuple[Trouble, ...]:
    """ANAF answers nobody, or asked all to wait: so say all companies whose own trouble is not
    another one."""
    others = tuple(one for one in troubles if one.code not in HOST_CODES | {code})
    theirs = {trouble.company.pk for trouble in others}
    text = ERROR_TEXTS[code]
    return others + tuple(
        Trouble(company, code, text.responsibility, text.sentence, advice or text.advice, since)
        for company in companies
        if company.pk not in theirs
    )


def _with_details(troubles: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """What ANAF answered last, on the first trouble of each kind whose advice speaks of it."""
    found = list(troubles)
    for code in WITH_DETAIL.intersection(trouble.code for trouble in troubles):
        same = [place for place, trouble in enumerate(found) if trouble.code == code]
        companies = [found[place].company for place in same[:100]]
        runs = SyncRun.objects.filter(company__in=companies, code=code).exclude(detail="")
        detail = runs.order_by("-started_at").values_list("detail", flat=True).first()
        found[same[0]] = replace(found[same[0]], detail=detail or "")
    return tuple(found)


def _kind(companies: list[Company], *, authorized: bool, good: bool, troubles: bool) -> Kind:
    if not companies:
        return "no_company"
    if troubles:
        return "trouble"
    if not authorized:
        return "never_authorized"
    return "good" if good else "syncing"


def trouble_of(state: SyncState) -> Trouble:
    text = ERROR_TEXTS.get(state.last_code)
    return Trouble(
        company=state.company,
        code=state.last_code,
        responsibility=text.responsibility if text else Responsibility.ANAF,
        sentence=text.sentence if text else gettext("Ultima întrebare pusă la ANAF nu a reușit."),
        advice=text.advice if text else gettext("Încercăm din nou singuri."),
        since=state.error_since,
    )
