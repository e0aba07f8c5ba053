"""What people are notified of about UITs: what a response of ANAF's changed, in the transaction
that stores it, and their end (`expiry.py` says when)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from caraus.accounts.models import Company
from caraus.core.formatting import bucharest_day, bucharest_midnight
from caraus.notifications.delivery_settings import FilterSubject
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.uit_notifications import UitNotice, notify_about_uits
from caraus.transports.models import Transport, TransportEvent
from caraus.transports.notification_kinds import CHANGED_UIT, DELISTED_UIT, EXPIRED_UIT, NEW_UIT
from caraus.transports.notification_texts import (
    has_moved,
    is_ours,
    transport_facts,
    uit_ends,
    uit_event,
    uit_expired,
)
from caraus.transports.reconcile import PLATE_FIELDS, Changes, Event
from caraus.transports.store import transports_stored


def connect_signals() -> None:
    """Notify of the events of UITs in the transaction that stores them."""
    transports_stored.connect(_on_transports_stored, dispatch_uid="transports.notifications")


@isolate_failures
def _on_transports_stored(
    sender: object,
    *,
    company: Company,
    transports: Sequence[Transport],
    events: Sequence[Event],
    at: datetime,
    first: bool,
    **_: object,
) -> None:
    rows = {row.uit: row for row in transports}
    by_kind: dict[NotificationKind, list[UitNotice]] = {}
    for event in events:
        kind = _kind(event, company)
        # The UITs of the first response about a company are not notified.
        if kind is None or (first and kind is NEW_UIT):
            continue
        notice = _build_notice(company, rows[event.uit], event, at)
        by_kind.setdefault(kind, []).append(notice)
    for kind, notices in by_kind.items():
        notify_about_uits(kind, notices, organization=company.organization)


def _kind(event: Event, company: Company) -> NotificationKind | None:
    kind = TransportEvent.Kind(event.kind)
    if kind == TransportEvent.Kind.CARRIER_CHANGED:
        return DELISTED_UIT if has_moved(event.changes, company) else CHANGED_UIT
    return {
        TransportEvent.Kind.APPEARED: NEW_UIT,
        TransportEvent.Kind.CHANGED: CHANGED_UIT,
        TransportEvent.Kind.VEHICLE_CHANGED: CHANGED_UIT,
        TransportEvent.Kind.DELISTED: DELISTED_UIT,
        TransportEvent.Kind.RETURNED: DELISTED_UIT,
    }.get(kind)


def notification_subject(
    company: Company, row: Transport, changes: Changes | None = None
) -> FilterSubject:
    """Return what filters look at, with the plates of before a change too: whoever follows the
    vehicle is notified that it left."""
    plates = [row.plate, *row.current_vehicle]
    before = {name: old for name, (old, _new) in (changes or {}).items()}
    plates += [before.get(name) or "" for name in PLATE_FIELDS]
    for change in before.get("vehicle_changes") or []:
        plates += [change[name] for name in PLATE_FIELDS]
    return FilterSubject(
        company=company,
        declarant_cui=row.declarant_cui,
        declarant_name=row.declarant_name,
        plates=tuple(filter(None, plates)),
    )


def card_of_uit(row: Transport) -> str:
    """Return what the notices of a UIT that come together share."""
    return f"uit:{row.pk}"


def _build_notice(company: Company, row: Transport, event: Event, at: datetime) -> UitNotice:
    return UitNotice(
        key=f"{row.pk}:{event.kind}:{at.isoformat()}",
        subject=notification_subject(company, row, event.changes),
        message=uit_event,
        facts={
            "transport": transport_facts(company, row),
            "event": str(event.kind),
            # In their order, which an object in the database has not.
            "changes": list(event.changes.items()),
        },
        address=row.get_absolute_url(),
        card=card_of_uit(row),
        alarm_about=row.pk if may_not_drive(event, row, company) else None,
    )


def may_not_drive(event: Event, row: Transport, company: Company) -> bool:
    """Return whether the event took the UIT from the company: an alarm."""
    kind = TransportEvent.Kind(event.kind)
    if kind == TransportEvent.Kind.CARRIER_CHANGED:
        return not is_ours(row, company)
    return kind == TransportEvent.Kind.DELISTED


def key_of_end(row: Transport) -> str:
    """Return what names the end of a UIT: another end is notified anew."""
    return f"{row.pk}:{row.first_expired_day.isoformat() if row.first_expired_day else ''}"


def build_expiry_notice(
    kind: NotificationKind, row: Transport, first_expired_day: date, now: datetime
) -> UitNotice:
    """Build the notice that a UIT expires on a day or, of the kind EXPIRED_UIT, has expired."""
    message = uit_expired if kind is EXPIRED_UIT else uit_ends
    today = bucharest_day(now).isoformat()
    return UitNotice(
        key=key_of_end(row),
        subject=notification_subject(row.company, row),
        message=message,
        facts={"transport": transport_facts(row.company, row), "today": today},
        address=row.get_absolute_url(),
        card=f"{message.code}:{first_expired_day.isoformat()}",
        is_of_day=True,
        matters_until=None if kind is EXPIRED_UIT else expires_at(first_expired_day),
        alarm_about=row.pk if kind.push else None,
    )


def expires_at(first_expired_day: date) -> datetime:
    """Return 00:00 in Bucharest of the first expired day, in UTC."""
    return bucharest_midnight(first_expired_day).astimezone(UTC)
