"""The history of a UIT with both clocks: when ANAF had each event first, and when we had it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from caraus.anaf.errors import Outcome
from caraus.sync.models import SyncRun
from caraus.transports.models import Transport, TransportEvent

TimelineKind = TransportEvent.Kind
# Events that stand in a list of ANAF, and not in the list before.
_FROM_LIST = {
    TimelineKind.APPEARED,
    TimelineKind.CHANGED,
    TimelineKind.VEHICLE_CHANGED,
    TimelineKind.CARRIER_CHANGED,
    TimelineKind.RETURNED,
}
# A response is stored within this time of its request.
_MAX_RUN_TIME = timedelta(minutes=5)
# Only for so many of the last events the list before is looked up.
_MAX_LOOKED_UP = 40


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An event, and what is known of when ANAF had it (UTC).

    `declared_at` is the time of ANAF, which vehicle changes have. `not_before` is the time of the
    last list without the event: sync runs are stored whole for a week, then it is None.
    """

    event: TransportEvent
    declared_at: datetime | None = None
    not_before: datetime | None = None


def build_timeline(transport: Transport, events: Sequence[TransportEvent]) -> list[TimelineEntry]:
    """Return the events in their order, with one query."""
    from_list = [event for event in events if event.kind in _FROM_LIST][:_MAX_LOOKED_UP]
    before = _list_times_before(transport, from_list)
    return [
        TimelineEntry(event, declared_at=_declared_at(event), not_before=before.get(event.pk))
        for event in events
    ]


def _declared_at(event: TransportEvent) -> datetime | None:
    """Return when the vehicle change of the event was declared, if it is one."""
    _, changes = event.changes.get("vehicle_changes", [None, None])
    last = changes[-1] if changes else {}
    text = last.get("declared_at")
    return datetime.fromisoformat(text) if text else None


def _list_times_before(
    transport: Transport, events: Sequence[TransportEvent]
) -> dict[int, datetime]:
    """Return for each event when the list before came: from the age of that list at the event."""
    if not events:
        return {}
    near = reduce(
        or_,
        [Q(started_at__lte=event.at, started_at__gt=event.at - _MAX_RUN_TIME) for event in events],
    )
    runs = list(
        SyncRun.objects.filter(near, company_id=transport.company_id, outcome=Outcome.OK)
        .order_by("started_at")
        .values_list("started_at", "finished_at", "age")
    )
    times = {}
    for event in events:
        # The time of an event is that of its response, which lies within the sync run.
        ages = [age for start, end, age in runs if start <= event.at <= end and age is not None]
        if ages:
            times[event.pk] = event.at - timedelta(seconds=ages[-1])
    return times
