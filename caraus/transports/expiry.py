"""Who is notified that a UIT expires, and when: some hours before 00:00 of its first expired day.

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
from caraus.core.formatting import BUCHAREST
from caraus.notifications.delivery_settings import FIRST_HOURS_CHOICES, notice_hours_changed
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.models import DeliverySettings
from caraus.notifications.uit_notifications import notify_about_uits
from caraus.transports.models import DEALT_WITH, ExpiryWatch, Transport, TransportEvent
from caraus.transports.notification_kinds import EXPIRED_UIT, EXPIRING_UIT, LAST_HOURS_OF_UIT
from caraus.transports.notifications import build_expiry_notice, expires_at, is_ours
from caraus.transports.reconcile import Event
from caraus.transports.store import transports_stored

# After a longer time without a worker, UITs that expired before are no longer notified.
LONGEST_CATCH_UP = timedelta(hours=24)
# The longest notice that a person can choose.
LONGEST_NOTICE = timedelta(hours=max(FIRST_HOURS_CHOICES))
# A response may be stored so long after it came; notified by both, a UIT is notified once.
STORE_DELAY = timedelta(minutes=5)

type RecipientFilter = Callable[[DeliverySettings], bool]


def connect() -> None:
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
    usual = {DeliverySettings().first_hours, DeliverySettings().last_hours, 0}
    day = since.astimezone(BUCHAREST).date()
    while (ends := expires_at(day)) <= now + LONGEST_NOTICE:
        passed = partial(_has_passed, ends, watch.notified_until if ends > now else since, now)
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


def _has_passed(ends: datetime, since: datetime, now: datetime, hours: int) -> bool:
    return since < ends - timedelta(hours=hours) <= now


def _chosen_hours() -> dict[int, set[int]]:
    """Return the chosen hours by organization."""
    hours_by_organization: dict[int, set[int]] = defaultdict(set)
    rows = DeliverySettings.objects.values_list(
        "organization", "first_hours", "last_hours"
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
    for kind, recipient_filter in _due_kinds(expires_at(day), passed, now):
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
    day = now.astimezone(BUCHAREST).date() + timedelta(days=1)
    while (left := expires_at(day) - now) <= timedelta(hours=delivery_settings.first_hours):
        rows = _expiring(day, now).filter(company__organization=delivery_settings.organization_id)
        transports = list(rows.select_related("company__organization").defer("raw"))
        for kind, last in ((LAST_HOURS_OF_UIT, True), (EXPIRING_UIT, False)):
            _notify(kind, transports, partial(_is_within, delivery_settings, left, last=last), now)
        day += timedelta(days=1)


def _is_within(
    chosen: DeliverySettings, left: timedelta, delivery_settings: DeliverySettings, *, last: bool
) -> bool:
    return delivery_settings.user_id == chosen.user_id and _between(
        left, delivery_settings, last=last
    )


def _due_kinds(
    ends: datetime, passed: Callable[[int], bool], now: datetime
) -> Iterator[tuple[NotificationKind, RecipientFilter]]:
    """Of what came due, the most urgent only."""
    if ends <= now:
        yield EXPIRED_UIT, lambda _: True
        return
    yield LAST_HOURS_OF_UIT, lambda chosen: passed(chosen.last_hours)
    yield (
        EXPIRING_UIT,
        lambda chosen: (
            passed(chosen.first_hours) and now < ends - timedelta(hours=chosen.last_hours)
        ),
    )


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
    """UITs that appear, return or get another end when their hours have begun already."""
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
        left = expires_at(day) - at - STORE_DELAY
        if left <= -STORE_DELAY:
            _notify(
                EXPIRED_UIT,
                [row for row in rows if _was_shortened(moved[row.uit], at)],
                _everybody,
                at,
            )
        elif left <= LONGEST_NOTICE:
            _notify(LAST_HOURS_OF_UIT, rows, partial(_between, left, last=True), at)
            _notify(EXPIRING_UIT, rows, partial(_between, left, last=False), at)


def _was_shortened(ends: list[str | None] | None, at: datetime) -> bool:
    """The declarant moved the end of a UIT that was still valid into the past."""
    before = ends[0] if ends else None
    return before is not None and expires_at(date.fromisoformat(before)) > at


def _everybody(delivery_settings: DeliverySettings) -> bool:
    return True


def _between(left: timedelta, delivery_settings: DeliverySettings, *, last: bool) -> bool:
    """Whether so much time left lies in a person's last hours, or in the hours before them."""
    if left <= timedelta(hours=delivery_settings.last_hours):
        return last
    return not last and left <= timedelta(hours=delivery_settings.first_hours)


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
