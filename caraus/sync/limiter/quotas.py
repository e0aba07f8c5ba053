"""Daily limits: what is spent of them, and what ANAF's messages teach about them."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q

from caraus.accounts.models import Company
from caraus.anaf.errors import AnafError
from caraus.authorizations.models import Authorization
from caraus.core.formatting import BUCHAREST, gettext_lazy
from caraus.sync import notifications
from caraus.sync.models import AuthorizationLimit, SyncState
from caraus.sync.schedule.intervals import day_left, until_tomorrow

log = structlog.get_logger(__name__)

# Of a day's calls that are still to come, what only the timer may spend: whatever people press, a
# company is asked about until midnight.
HELD_FOR_TIMER = 0.8


def day_of(moment: datetime) -> date:
    """The day by which ANAF counts: Romania's."""
    return moment.astimezone(BUCHAREST).date()


def of_company(state: SyncState) -> int | None:
    """Calls a day for one company: ours, or fewer when ANAF told so; None without a limit."""
    known = (settings.ANAF_CALLS_PER_DAY_PER_COMPANY, state.daily_limit)
    return min((limit for limit in known if limit), default=None)


def is_spent(state: SyncState, at: datetime) -> bool:
    """Whether the company has had its calls of the day, or ANAF said so."""
    if state.paused_until and state.paused_until > at:
        return True
    limit = of_company(state)
    return limit is not None and state.calls_day == day_of(at) and state.calls_today >= limit


def left_today(state: SyncState, at: datetime) -> int | None:
    """Calls that are left of the company's day; None without a limit."""
    limit = of_company(state)
    if limit is None:
        return None
    return max(limit - (state.calls_today if state.calls_day == day_of(at) else 0), 0)


def held_for_timer(at: datetime) -> float:
    """The share of a whole day's calls that only the timer may spend from now until midnight."""
    return HELD_FOR_TIMER * day_left(at)


def count_call(state: SyncState, at: datetime) -> None:
    """One more call for the company; the caller saves the row."""
    day = day_of(at)
    if state.calls_day != day:
        state.calls_day, state.calls_today = day, 0
    state.calls_today += 1


def paused_authorizations(organization_ids: list[int], at: datetime) -> set[int]:
    """The authorizations that may not be used now: paused by ANAF, or their day is spent."""
    spent = Q(paused_until__gt=at)
    ours = settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION
    counted = Q(calls_day=day_of(at), calls_today__gte=F("daily_limit"))
    if ours:
        counted |= Q(calls_day=day_of(at), calls_today__gte=ours)
    rows = AuthorizationLimit.objects.filter(authorization__organization_id__in=organization_ids)
    return set(rows.filter(spent | counted).values_list("authorization_id", flat=True))


def spend(authorization_id: int, at: datetime) -> bool:
    """Count a call of an authorization that has a daily limit; False when its day is spent.

    One without a limit is not counted: nothing is written for it.
    """
    ours = settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION
    if ours:
        AuthorizationLimit.objects.get_or_create(authorization_id=authorization_id)
    rows = AuthorizationLimit.objects.filter(authorization_id=authorization_id)
    row = rows.first()
    if row is None or not (ours or row.daily_limit):
        return True
    limit = min(number for number in (ours, row.daily_limit) if number)
    day = day_of(at)
    rows.exclude(calls_day=day).update(calls_day=day, calls_today=0)
    return bool(
        rows.filter(calls_day=day, calls_today__lt=limit).update(calls_today=F("calls_today") + 1)
    )


def counted(authorization_ids: Collection[int]) -> set[int]:
    """Those whose calls are counted by the day: `spend` need be asked for these alone."""
    if settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION:
        return set(authorization_ids)
    rows = AuthorizationLimit.objects.filter(authorization__in=authorization_ids)
    return set(rows.exclude(daily_limit=None).values_list("authorization_id", flat=True))


def give_back(authorization_id: int, at: datetime) -> None:
    """A call that was spent and not made."""
    rows = AuthorizationLimit.objects.filter(
        authorization_id=authorization_id, calls_day=day_of(at)
    )
    rows.filter(calls_today__gt=0).update(calls_today=F("calls_today") - 1)


def is_of_company(error: AnafError) -> bool:
    """„… pentru CIF=…” counts calls about a company; „… de catre utilizator …” all of a person's.

    A message that says neither is taken for the person's: the safer of the two.
    """
    text = error.detail.lower()
    return "utilizator" not in text and any(word in text for word in ("cui", "cif"))


def learn(
    *,
    company: Company,
    state: SyncState,
    authorization: Authorization,
    error: AnafError,
    at: datetime,
) -> None:
    """ANAF said „S-au facut deja N interogari … in cursul zilei”: silence until midnight, and a
    budget from then on. The caller saves `state`."""
    until = at + until_tomorrow(at)
    if is_of_company(error):
        state.paused_until = until
        state.daily_limit = error.limit or state.daily_limit
        whom = _company(company)
    else:
        AuthorizationLimit.objects.update_or_create(
            authorization=authorization,
            defaults={"paused_until": until, "learnt_at": at}
            | ({"daily_limit": error.limit} if error.limit else {}),
        )
        whom = _authorization(authorization)
    notifications.tell_of_daily_limit(company.organization, whom=whom, limit=error.limit, at=at)
    log.warning("daily_limit_learnt", cui=company.cui, limit=error.limit)


def _company(company: Company) -> tuple[str, str]:
    return gettext_lazy("firma {name}"), company.cui


def _authorization(authorization: Authorization) -> tuple[str, str]:
    return gettext_lazy("autorizarea dată de {name}"), authorization.person_name


def notify_again(now: datetime) -> None:
    """Tell of the pauses of today of which the transaction that learnt them could tell nobody."""
    states = SyncState.objects.filter(paused_until__gt=now).select_related("company__organization")
    rows = AuthorizationLimit.objects.filter(paused_until__gt=now)
    paused = [(state.company.organization, _company(state.company), state) for state in states] + [
        (row.authorization.organization, _authorization(row.authorization), row)
        for row in rows.select_related("authorization__organization")
    ]
    told = notifications.daily_limits_told(now) if paused else set()
    for organization, whom, row in paused:
        # A pause ends five minutes after the midnight of its day.
        at = (row.paused_until or now) - timedelta(hours=1)
        if (
            notifications.full_key(
                organization, notifications.key_of_daily_limit(whom[1], day_of(at))
            )
            in told
        ):
            continue
        notifications.tell_of_daily_limit(organization, whom=whom, limit=row.daily_limit, at=at)
