"""Mark UITs as dealt with, or as somebody's; take it back. Each is an event of the history."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from caraus.accounts.models import User
from caraus.transports.models import Mark, Transport, TransportEvent

#: Sent in the transaction that marks: `company_ids`, the companies of the marked UITs.
marks_changed = Signal()

# Changes of ANAF after which a UIT is looked at anew. That it expires or leaves the list says
# nothing new of a lorry that is unloaded.
RENEWING_EVENTS = frozenset(
    {
        TransportEvent.Kind.CHANGED,
        TransportEvent.Kind.VEHICLE_CHANGED,
        TransportEvent.Kind.CARRIER_CHANGED,
        TransportEvent.Kind.RETURNED,
    }
)


@transaction.atomic
def mark_transports(
    transports: Collection[Transport], kind: str, by: User, *, at: datetime | None = None
) -> int:
    """Mark the UITs ("": take their marks back), now or `at` (UTC); return how many changed."""
    changed = _write_marks(transports, kind, by, at or timezone.now())
    _send_marks_changed(changed)
    return len(changed)


@transaction.atomic
def undo_marks(transports: Collection[Transport], user: User) -> int:
    """Put back what the user's own last mark of each UIT replaced, another person's mark too; leave
    what somebody has marked since. Return how many changed."""
    kinds = (TransportEvent.Kind.MARKED, TransportEvent.Kind.UNMARKED)
    events = TransportEvent.objects.filter(transport__in=transports, kind__in=kinds)
    last_two: dict[int, list[TransportEvent]] = {}
    for event in events.order_by("-pk").select_related("by"):
        last_two.setdefault(event.transport_id, []).append(event)
    marked_by_user = Mark.objects.filter(transport__in=transports, by=user)
    own_keys = set(marked_by_user.values_list("transport", flat=True))
    changed: list[Transport] = []
    for transport in transports:
        if transport.pk not in own_keys:
            continue
        last, *earlier = last_two[transport.pk]
        before = last.changes["mark"][0]
        by = earlier[0].by if before and earlier else None
        changed += _write_marks([transport], before, by, timezone.now(), actor=user)
    _send_marks_changed(changed)
    return len(changed)


def _send_marks_changed(changed: Collection[Transport]) -> None:
    if changed:
        company_ids = {transport.company_id for transport in changed}
        marks_changed.send(sender=Mark, company_ids=company_ids)


def renew_transports(transports: Collection[Transport], at: datetime) -> None:
    """Take back the marks of UITs that ANAF has changed, in the transaction that stores them."""
    _write_marks(transports, "", None, at)


def _write_marks(
    transports: Collection[Transport],
    kind: str,
    by: User | None,
    at: datetime,
    *,
    actor: User | None = None,
) -> list[Transport]:
    """Write the marks as `by`'s; in the history as done by `actor`, where that is another."""
    marks = Mark.objects.select_for_update().filter(transport__in=transports)
    known = {mark.transport_id: mark for mark in marks}
    changed: list[Transport] = []
    events: list[TransportEvent] = []
    for transport in transports:
        mark = known.get(transport.pk)
        before = mark.kind if mark else ""
        if before == kind and (mark is None or kind != Mark.Kind.TAKEN or mark.by == by):
            continue
        changed.append(transport)
        event_kind = TransportEvent.Kind.MARKED if kind else TransportEvent.Kind.UNMARKED
        events.append(
            TransportEvent(
                transport=transport,
                at=at,
                kind=event_kind,
                by=actor or by,
                changes={"mark": [before, kind]},
            )
        )
    keys = [transport.pk for transport in changed]
    if kind:
        Mark.objects.bulk_create(
            [Mark(transport=transport, kind=kind, by=by, at=at) for transport in changed],
            update_conflicts=True,
            unique_fields=["transport"],
            update_fields=["kind", "by", "at"],
        )
    else:
        Mark.objects.filter(transport__in=keys).delete()
    TransportEvent.objects.bulk_create(events)
    return changed
