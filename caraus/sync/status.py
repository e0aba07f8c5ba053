"""The synchronization status that pages show: the age of the list, and errors with their causes."""

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
from caraus.core.formatting import (
    BUCHAREST,
    bucharest_day,
    day_of_month,
    join_first,
    moment_in_words,
)
from caraus.sync.limiter import permits, quotas
from caraus.sync.limiter.permits import is_host_error
from caraus.sync.models import SyncRun, SyncState
from caraus.sync.romanian_day import until_tomorrow
from caraus.sync.schedule import plan

# Each of these codes means that ANAF does not respond.
HOST_CODES = frozenset(
    code
    for code, text in ERROR_TEXTS.items()
    if text.responsibility == Responsibility.ANAF and is_host_error(AnafError(code))
)

# Their advice is to pass on what ANAF said, so pages show it.
WITH_DETAIL = frozenset({"technical_error", "waf_rejected", "unknown_error", "bad_request"})

# Of an error that many companies have, so many are named.
COMPANIES_NAMED_IN_ERROR = 2

StatusKind = Literal["no_company", "never_authorized", "waiting", "syncing", "good", "error"]


@dataclass(frozen=True, slots=True)
class CompanySyncError:
    """The error of one company's last sync, in words."""

    company: Company
    code: str
    responsibility: str
    sentence: str
    advice: str
    since: datetime | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SyncError:
    """The same error of one or more companies, shown once."""

    companies: tuple[Company, ...]
    code: str
    responsibility: str
    sentence: str
    advice: str
    since: datetime | None
    # What ANAF said, without secrets; only where the advice speaks of it.
    detail: str
    # When the last of the companies got it.
    newest_at: datetime | None = None
    # In the list of several companies one line is enough: the companies' page says the rest.
    wants_one_line: bool = False

    @property
    def is_dismissable(self) -> bool:
        """Return whether the dispatcher's list may go without it: the companies' page has it."""
        return self.responsibility == Responsibility.RIGHTS and self.newest_at is not None

    @property
    def label(self) -> ErrorLabel:
        text = ERROR_TEXTS.get(self.code)
        return text.label if text else RESPONSIBILITY_LABELS[Responsibility(self.responsibility)]

    @property
    def is_outage(self) -> bool:
        return self.code in HOST_CODES

    @property
    def is_one_line(self) -> bool:
        """Return whether it is shown in one line; its companies are on their own page."""
        return self.wants_one_line or len(self.companies) > COMPANIES_NAMED_IN_ERROR

    @property
    def names(self) -> str:
        """Name two companies at most: „A, B și încă 160”."""
        names, more = join_first(self.companies, COMPANIES_NAMED_IN_ERROR)
        return (
            gettext("{names} și încă {number}").format(names=names, number=more) if more else names
        )


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """The synchronization of some companies of an organization, as pages show it."""

    kind: StatusKind
    # The oldest of the last good responses: the list is at least that fresh.
    last_good_at: datetime | None
    next_sync_at: datetime | None
    company_errors: tuple[CompanySyncError, ...]
    # A sync is due or under way: the page refreshes soon.
    busy: bool
    # Companies that have had no good response yet.
    unsynced: tuple[Company, ...] = ()
    states: tuple[SyncState, ...] = ()
    # When the first company is synced again, if all have used up the calls of the day.
    resumes_at: datetime | None = None

    @property
    def errors(self) -> tuple[SyncError, ...]:
        """Merge the company errors of the same kind; each lasts since the earliest of them."""
        return tuple(
            _merged_error(
                [error for error in self.company_errors if _error_group(error.code) == group]
            )
            for group in dict.fromkeys(_error_group(error.code) for error in self.company_errors)
        )

    @property
    def outage_sentence(self) -> str:
        """Say „ANAF nu răspunde din 10:42; lista este din 10:40”; "" without an outage."""
        since = next((error.since for error in self.errors if error.is_outage), None)
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
    def sync_off(self) -> str:
        """Say why „Sincronizează acum” is disabled; "" when it is not."""
        if self.resumes_at is None:
            return ""
        return gettext(
            "Limita zilnică de interogări la ANAF a fost atinsă. Următoarea sincronizare: {moment}."
        ).format(moment=moment_in_words(self.resumes_at, now=timezone.now()))

    @property
    def interval_minutes(self) -> int:
        return max(int(plan.current_plan().intervals.slowest), 1)


def _error_group(code: str) -> str:
    """Return the code, or one group for all codes of an outage, which are shown as one error."""
    return "outage" if code in HOST_CODES else code


def _clock(moment: datetime) -> str:
    """Format „10:42”, with the day when it is not today's."""
    here = moment.astimezone(BUCHAREST)
    clock = f"{here.hour}:{here.minute:02d}"
    today = bucharest_day(timezone.now())
    if here.date() == today:
        return clock
    return f"{day_of_month(here.date(), today=today)}, {clock}"


def _merged_error(same: list[CompanySyncError]) -> SyncError:
    first = same[0]
    moments = [error.since for error in same if error.since]
    return SyncError(
        companies=tuple(error.company for error in same),
        code=first.code,
        responsibility=first.responsibility,
        sentence=first.sentence,
        advice=first.advice,
        since=min(moments, default=None),
        detail=next((error.detail for error in same if error.detail), ""),
        newest_at=max(moments, default=None),
    )


def read_sync_status(organization: Organization, companies: list[Company]) -> SyncStatus:
    """Read the synchronization status of these companies."""
    authorized = Authorization.objects.filter(
        organization=organization, status=Authorization.Status.ACTIVE
    ).exists()
    limiter = permits.read_state()
    states = _states(companies)
    now = timezone.now()
    good_moments = [state.last_good_at for state in states if state.last_good_at]
    has_responses = len(states) == len(companies) and all(state.last_attempt_at for state in states)
    due = any(state.next_sync_at <= now for state in states)
    company_errors = tuple(company_sync_error(state) for state in states if state.last_code)
    if not authorized:  # no syncs run: ANAF's last error no longer matters
        outdated = {Responsibility.ANAF, Responsibility.RIGHTS}
        company_errors = tuple(
            error for error in company_errors if error.responsibility not in outdated
        )
    blocked = limiter is not None and (
        limiter.open_since is not None or (limiter.paused_until or now) > now
    )
    if authorized and limiter is not None and limiter.open_since is not None:
        code = limiter.last_code if limiter.last_code in ERROR_TEXTS else "timeout"
        company_errors = _replace_outage_errors(
            companies, company_errors, code, since=limiter.open_since
        )
    elif authorized and limiter is not None and limiter.paused_until and limiter.paused_until > now:
        advice = gettext("Nu trebuie să faci nimic: continuăm automat {moment}.").format(
            moment=moment_in_words(limiter.paused_until, now=now)
        )
        company_errors = _replace_outage_errors(
            companies, company_errors, "rate_limited", since=limiter.paused_since, advice=advice
        )
    synced = {state.company_id for state in states if state.last_good_at}
    unsynced = tuple(company for company in companies if company.pk not in synced)
    company_errors = _with_details(company_errors)
    return SyncStatus(
        kind=_kind(
            companies, authorized=authorized, good=not unsynced, has_errors=bool(company_errors)
        ),
        last_good_at=min(good_moments) if good_moments else None,
        next_sync_at=min((state.next_sync_at for state in states), default=None),
        company_errors=company_errors,
        busy=bool(companies) and authorized and not blocked and (due or not has_responses),
        unsynced=unsynced,
        states=tuple(states),
        resumes_at=_resumes_at(states, now) if len(states) == len(companies) else None,
    )


def _resumes_at(states: list[SyncState], now: datetime) -> datetime | None:
    """Return when the first company has calls again; None while any has calls left today."""
    ends = [_used_up_until(state, now) for state in states]
    moments = [end for end in ends if end is not None]
    return min(moments) if moments and len(moments) == len(ends) else None


def _used_up_until(state: SyncState, now: datetime) -> datetime | None:
    if state.last_code == "daily_limit" and state.next_sync_at > now:
        return state.next_sync_at
    return now + until_tomorrow(now) if quotas.is_company_used_up(state, now) else None


def _states(companies: list[Company]) -> list[SyncState]:
    by_key = {company.pk: company for company in companies}
    states = list(SyncState.objects.filter(company__in=by_key).order_by("pk"))
    for state in states:
        state.company = by_key[state.company_id]
    return states


def _replace_outage_errors(
    companies: list[Company],
    company_errors: tuple[CompanySyncError, ...],
    code: str,
    *,
    since: datetime | None,
    advice: str = "",
) -> tuple[CompanySyncError, ...]:
    """Add the shared error (ANAF is down or demanded a pause) to each company without another."""
    others = tuple(error for error in company_errors if error.code not in HOST_CODES | {code})
    with_others = {error.company.pk for error in others}
    text = ERROR_TEXTS[code]
    return others + tuple(
        CompanySyncError(
            company, code, text.responsibility, text.sentence, advice or text.advice, since
        )
        for company in companies
        if company.pk not in with_others
    )


def _with_details(company_errors: tuple[CompanySyncError, ...]) -> tuple[CompanySyncError, ...]:
    """Add ANAF's last response to the first error of each code in `WITH_DETAIL`."""
    detailed = list(company_errors)
    for code in WITH_DETAIL.intersection(error.code for error in company_errors):
        same = [index for index, error in enumerate(detailed) if error.code == code]
        companies = [detailed[index].company for index in same[:100]]
        runs = SyncRun.objects.filter(company__in=companies, code=code).exclude(detail="")
        detail = runs.order_by("-started_at").values_list("detail", flat=True).first()
        detailed[same[0]] = replace(detailed[same[0]], detail=detail or "")
    return tuple(detailed)


def _kind(
    companies: list[Company], *, authorized: bool, good: bool, has_errors: bool
) -> StatusKind:
    if not companies:
        return "no_company"
    if has_errors:
        return "error"
    if not authorized:
        return "never_authorized"
    return "good" if good else "syncing"


def company_sync_error(state: SyncState) -> CompanySyncError:
    """Describe the error of the company's last sync."""
    text = ERROR_TEXTS.get(state.last_code)
    return CompanySyncError(
        company=state.company,
        code=state.last_code,
        responsibility=text.responsibility if text else Responsibility.ANAF,
        sentence=text.sentence if text else gettext("Ultima interogare a ANAF nu a reușit."),
        advice=text.advice if text else gettext("Încercăm din nou automat."),
        since=state.error_since,
    )
