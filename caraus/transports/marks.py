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
    if changed:
        company_ids = {transport.company_id for transport in changed}
        marks_changed.send(sender=Mark, company_ids=company_ids)
    return len(changed)


def renew_transports(transports: Collection[Transport], at: datetime) -> None:
    """Take back the marks of UITs that ANAF has changed, in the transaction that stores them."""
    _write_marks(transports, "", None, at)


def _write_marks(
    transports: Collection[Transport], kind: str, by: User | None, at: datetime
) -> list[Transport]:
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
                transport=transport, at=at, kind=event_kind, by=by, changes={"mark": [before, kind]}
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
