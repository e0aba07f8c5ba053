"""Who is notified that a UIT expires, and when: at clock hours before 00:00 of its first expired
day, and in the morning after it.

All UITs of a day expire at one moment, so a minute in which no such moment lies costs one row. What
ANAF shows or changes after the moment has passed is notified with the response that shows it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.core.formatting import bucharest_day, bucharest_midnight
from caraus.notifications.delivery_settings import (
    FIRST_HOURS_CHOICES,
    notice_hours,
    notice_hours_changed,
)
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.models import DeliverySettings
from caraus.notifications.uit_notifications import notify_about_uits
from caraus.transports.models import DEALT_WITH, ExpiryWatch, Transport, TransportEvent
from caraus.transports.notification_kinds import (
    ENDS_TODAY_UIT,
    EXPIRED_UIT,
    EXPIRING_UIT,
    LAST_HOURS_OF_UIT,
)
from caraus.transports.notification_texts import is_ours
from caraus.transports.notifications import build_expiry_notice, expires_at
from caraus.transports.reconcile import Event
from caraus.transports.store import transports_stored

# After a longer time without a worker, UITs that expired before are no longer notified.
LONGEST_CATCH_UP = timedelta(hours=24)
# The longest notice that a person can choose, on a day of 25 hours too.
LONGEST_NOTICE = timedelta(hours=max(FIRST_HOURS_CHOICES) + 1)
# That a UIT has expired is notified at 7:00: nobody acts at midnight.
EXPIRED_HOURS = -7
# In the order of `notice_hours`.
_KINDS = (EXPIRING_UIT, ENDS_TODAY_UIT, LAST_HOURS_OF_UIT)
# A response may be stored so long after it came; notified by both, a UIT is notified once.
STORE_DELAY = timedelta(minutes=5)

type RecipientFilter = Callable[[DeliverySettings], bool]


def connect_signals() -> None:
    """Watch the end of UITs as they are stored, and of the hours that people choose."""
    transports_stored.connect(_on_transports_stored, dispatch_uid="transports.expiry")
    notice_hours_changed.connect(_on_hours_chosen, dispatch_uid="transports.expiry")


def notify_expiring(now: datetime | None = None) -> None:
    """Notify what came due since the last run; a repeated run notifies nothing twice."""
    now = now or timezone.now()
    watch, _new = ExpiryWatch.objects.get_or_create(pk=1, defaults={"notified_until": now})
    since = max(watch.notified_until, now - LONGEST_CATCH_UP)
    if since >= now:
        return
    chosen, all_notified = _chosen_hours(), True
    usual = {*notice_hours(DeliverySettings()), EXPIRED_HOURS}
    day = bucharest_day(since)
    while (ends := expires_at(day)) <= now + LONGEST_NOTICE:
        passed = partial(_has_passed, day, watch.notified_until if ends > now else since, now)
        organizations = (
            None
            if any(map(passed, usual))
            else [pk for pk, hours in chosen.items() if any(map(passed, hours))]
        )
        if organizations is None or organizations:
            all_notified &= _notify_day(day, organizations, passed, now)
        day += timedelta(days=1)
    if not all_notified:  # tried again next minute; nobody is notified twice
        return
    ExpiryWatch.objects.filter(pk=watch.pk, notified_until__lt=now).update(notified_until=now)


def notice_moment(first_expired_day: date, hours: int) -> datetime:
    """Return so many hours by the clock before 00:00 in Bucharest of the day: on a day on which
    the clock is changed too, 16 hours before it is 8:00."""
    return bucharest_midnight(first_expired_day) - timedelta(hours=hours)


def _has_passed(day: date, since: datetime, now: datetime, hours: int) -> bool:
    return since < notice_moment(day, hours) <= now


def _chosen_hours() -> dict[int, set[int]]:
    """Return the chosen hours by organization."""
    hours_by_organization: dict[int, set[int]] = defaultdict(set)
    rows = DeliverySettings.objects.values_list(
        "organization", "first_hours", "day_hours", "last_hours"
    ).distinct()
    for organization, *hours in rows:
        hours_by_organization[organization].update(hours)
    return hours_by_organization


def _notify_day(
    day: date, organizations: Sequence[int] | None, passed: Callable[[int], bool], now: datetime
) -> bool:
    """Notify each organization in a transaction of its own; return whether all were notified."""
    expiring = _expiring(day, now)
    if organizations is not None:
        expiring = expiring.filter(company__organization__in=organizations)
    keys = sorted(set(expiring.values_list("company__organization", flat=True)))
    notified = [
        _notify_organization(expiring.filter(company__organization=pk), day, passed, now)
        for pk in keys
    ]
    return all(notified)


@isolate_failures
def _notify_organization(
    expiring: QuerySet[Transport], day: date, passed: Callable[[int], bool], now: datetime
) -> None:
    rows = expiring.select_related("company__organization").defer("raw")
    for kind, recipient_filter in _due_kinds(day, passed, now):
        _notify(kind, list(rows), recipient_filter, now)


def _expiring(day: date, now: datetime) -> QuerySet[Transport]:
    is_over = expires_at(day) <= now
    states = (*Transport.OPEN_STATES, Transport.State.EXPIRED) if is_over else Transport.OPEN_STATES
    ours = Q(carrier_cui="") | Q(carrier_cui=F("company__cui"))
    return Transport.objects.filter(
        ours & ~DEALT_WITH, state__in=states, first_expired_day=day, company__archived_at=None
    ).order_by()


@isolate_failures
def _on_hours_chosen(sender: object, *, delivery_settings: DeliverySettings, **_: object) -> None:
    """Notify now of the UITs that lie within the chosen hours already: their moment has passed."""
    now = timezone.now()
    day = bucharest_day(now) + timedelta(days=1)
    while notice_moment(day, delivery_settings.first_hours) <= now:
        rows = _expiring(day, now).filter(company__organization=delivery_settings.organization_id)
        transports = list(rows.select_related("company__organization").defer("raw"))
        for kind in _KINDS:
            recipient = partial(_is_within, delivery_settings, day, now, kind)
            _notify(kind, transports, recipient, now)
        day += timedelta(days=1)


def _is_within(
    chosen: DeliverySettings,
    day: date,
    now: datetime,
    kind: NotificationKind,
    delivery_settings: DeliverySettings,
) -> bool:
    is_chooser = delivery_settings.user_id == chosen.user_id
    return is_chooser and _kind_at(day, now, delivery_settings) is kind


def _kind_at(
    day: date, now: datetime, delivery_settings: DeliverySettings
) -> NotificationKind | None:
    """Return the last kind whose moment has passed for the person; None before the first."""
    begun = [
        kind
        for kind, hours in zip(_KINDS, notice_hours(delivery_settings), strict=True)
        if notice_moment(day, hours) <= now
    ]
    return begun[-1] if begun else None


def _due_kinds(
    day: date, passed: Callable[[int], bool], now: datetime
) -> Iterator[tuple[NotificationKind, RecipientFilter]]:
    """Return, of what came due, the most urgent only."""
    if expires_at(day) <= now:
        if passed(EXPIRED_HOURS):
            yield EXPIRED_UIT, _everybody
        return
    for number, kind in enumerate(_KINDS):
        yield kind, partial(_is_due, day, now, passed, number)


def _is_due(
    day: date,
    now: datetime,
    passed: Callable[[int], bool],
    number: int,
    delivery_settings: DeliverySettings,
) -> bool:
    has_come = passed(notice_hours(delivery_settings)[number])
    return has_come and _kind_at(day, now, delivery_settings) is _KINDS[number]


@isolate_failures
def _on_transports_stored(
    sender: object,
    *,
    company: Company,
    transports: Sequence[Transport],
    events: Sequence[Event],
    at: datetime,
    **_: object,
) -> None:
    """Watch UITs that appear, return or get another end when their hours have begun already."""
    moved: dict[str, list[str | None] | None] = {
        event.uit: event.changes.get("first_expired_day")
        for event in events
        if event.kind in {TransportEvent.Kind.APPEARED, TransportEvent.Kind.RETURNED}
        or event.changes.keys() & {"first_expired_day", "carrier_cui"}
    }
    by_day: dict[date, list[Transport]] = defaultdict(list)
    for row in transports:
        day = row.first_expired_day
        if (
            day
            and row.uit in moved
            and row.state in Transport.OPEN_STATES
            and is_ours(row, company)
        ):
            row.company = company
            by_day[day].append(row)
    for day, rows in sorted(by_day.items()):
        # As if it were stored with its moment, and not a little before.
        then = at + STORE_DELAY
        if expires_at(day) <= at:
            _notify(
                EXPIRED_UIT,
                [row for row in rows if _was_shortened(moved[row.uit], at)],
                _everybody,
                at,
            )
        elif expires_at(day) - then <= LONGEST_NOTICE:
            for kind in _KINDS:
                _notify(kind, rows, partial(_begins, day, then, kind), at)


def _begins(
    day: date, now: datetime, kind: NotificationKind, delivery_settings: DeliverySettings
) -> bool:
    return _kind_at(day, now, delivery_settings) is kind


def _was_shortened(ends: list[str | None] | None, at: datetime) -> bool:
    """Return whether the declarant moved the end of a UIT that was still valid into the past."""
    before = ends[0] if ends else None
    return before is not None and expires_at(date.fromisoformat(before)) > at


def _everybody(delivery_settings: DeliverySettings) -> bool:
    return True


def _notify(
    kind: NotificationKind,
    rows: Sequence[Transport],
    recipient_filter: RecipientFilter,
    now: datetime,
) -> None:
    if not rows:
        return
    organization = rows[0].company.organization
    notices = [
        build_expiry_notice(kind, row, row.first_expired_day, now)
        for row in rows
        if row.first_expired_day
    ]
    notify_about_uits(
        kind, notices, organization=organization, recipient_filter=recipient_filter, now=now
    )
