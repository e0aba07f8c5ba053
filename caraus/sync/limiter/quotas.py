"""Daily limits of companies and authorizations: used calls, and limits learnt from ANAF."""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q

from caraus.accounts.models import Company
from caraus.anaf.errors import AnafError
from caraus.authorizations.models import Authorization
from caraus.core.formatting import bucharest_day
from caraus.sync import notifications
from caraus.sync.models import AuthorizationLimit, SyncState
from caraus.sync.romanian_day import day_share_left, until_tomorrow

log = structlog.get_logger(__name__)

# The share of the day's remaining calls that only the timer may use, so that a company is polled
# until midnight whatever people request.
TIMER_DAY_SHARE = 0.8


def company_daily_limit(state: SyncState) -> int | None:
    """Return the calls a day for one company: the setting, or fewer when ANAF said so; None without
    a limit."""
    limits = (settings.ANAF_CALLS_PER_DAY_PER_COMPANY, state.daily_limit)
    return min((limit for limit in limits if limit), default=None)


def is_company_used_up(state: SyncState, at: datetime) -> bool:
    """Return whether the company's calls of the day are used up, or ANAF said so."""
    if state.paused_until and state.paused_until > at:
        return True
    limit = company_daily_limit(state)
    return limit is not None and state.calls_day == bucharest_day(at) and state.calls_today >= limit


def company_calls_left(state: SyncState, at: datetime) -> int | None:
    """Return the calls left to the company today; None without a limit."""
    limit = company_daily_limit(state)
    if limit is None:
        return None
    return max(limit - (state.calls_today if state.calls_day == bucharest_day(at) else 0), 0)


def timer_share(at: datetime) -> float:
    """Return the share of a whole day's calls that only the timer may use until midnight."""
    return TIMER_DAY_SHARE * day_share_left(at)


def count_call(state: SyncState, at: datetime) -> None:
    """Count a call about the company; the caller saves the row."""
    day = bucharest_day(at)
    if state.calls_day != day:
        state.calls_day, state.calls_today = day, 0
    state.calls_today += 1


def paused_authorizations(organization_ids: list[int], at: datetime) -> set[int]:
    """Return the ids of authorizations paused by ANAF, or whose calls of the day are used up."""
    paused = Q(paused_until__gt=at)
    configured = settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION
    used_up = Q(calls_day=bucharest_day(at), calls_today__gte=F("daily_limit"))
    if configured:
        used_up |= Q(calls_day=bucharest_day(at), calls_today__gte=configured)
    rows = AuthorizationLimit.objects.filter(authorization__organization_id__in=organization_ids)
    return set(rows.filter(paused | used_up).values_list("authorization_id", flat=True))


def use_call(authorization_id: int, at: datetime) -> bool:
    """Count a call of an authorization; return False when its calls of the day are used up.

    Calls without a limit are not counted: nothing is written for them.
    """
    configured = settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION
    if configured:
        AuthorizationLimit.objects.get_or_create(authorization_id=authorization_id)
    rows = AuthorizationLimit.objects.filter(authorization_id=authorization_id)
    row = rows.first()
    if row is None or not (configured or row.daily_limit):
        return True
    limit = min(number for number in (configured, row.daily_limit) if number)
    day = bucharest_day(at)
    rows.exclude(calls_day=day).update(calls_day=day, calls_today=0)
    return bool(
        rows.filter(calls_day=day, calls_today__lt=limit).update(calls_today=F("calls_today") + 1)
    )


def limited_authorizations(authorization_ids: Collection[int]) -> set[int]:
    """Return the authorizations with a daily limit: only their calls need `use_call`."""
    if settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION:
        return set(authorization_ids)
    rows = AuthorizationLimit.objects.filter(authorization__in=authorization_ids)
    return set(rows.exclude(daily_limit=None).values_list("authorization_id", flat=True))


def return_call(authorization_id: int, at: datetime) -> None:
    """Take back a counted call that was not sent."""
    rows = AuthorizationLimit.objects.filter(
        authorization_id=authorization_id, calls_day=bucharest_day(at)
    )
    rows.filter(calls_today__gt=0).update(calls_today=F("calls_today") - 1)


def is_company_limit(error: AnafError) -> bool:
    """Return whether ANAF's limit is the company's („… pentru CIF=…”) or the person's („… de catre
    utilizator …”).

    A message that says neither is taken as the person's limit: the safer of the two.
    """
    text = error.detail.lower()
    return "utilizator" not in text and any(word in text for word in ("cui", "cif"))


def record_daily_limit(
    *,
    company: Company,
    state: SyncState,
    authorization: Authorization,
    error: AnafError,
    at: datetime,
) -> None:
    """Record ANAF's „S-au facut deja N interogari … in cursul zilei”: a pause until midnight, and a
    limit from then on. The caller saves `state`."""
    until = at + until_tomorrow(at)
    if is_company_limit(error):
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
    notifications.notify_daily_limit(company.organization, whom=whom, limit=error.limit, at=at)
    log.warning("daily_limit_learnt", cui=company.cui, limit=error.limit)


def _company(company: Company) -> tuple[str, str]:
    return "company", company.cui


def _authorization(authorization: Authorization) -> tuple[str, str]:
    return "authorization", authorization.person_name


def notify_unannounced_limits(now: datetime) -> None:
    """Notify of today's pauses where the transaction that recorded them could notify nobody."""
    states = SyncState.objects.filter(paused_until__gt=now).select_related("company__organization")
    rows = AuthorizationLimit.objects.filter(paused_until__gt=now)
    paused = [(state.company.organization, _company(state.company), state) for state in states] + [
        (row.authorization.organization, _authorization(row.authorization), row)
        for row in rows.select_related("authorization__organization")
    ]
    notified = notifications.notified_daily_limits(now) if paused else set()
    for organization, whom, row in paused:
        # A pause ends five minutes after the midnight of its day.
        at = (row.paused_until or now) - timedelta(hours=1)
        if (
            notifications.notification_key(
                organization, notifications.daily_limit_key(whom[1], bucharest_day(at))
            )
            in notified
        ):
            continue
        notifications.notify_daily_limit(organization, whom=whom, limit=row.daily_limit, at=at)
