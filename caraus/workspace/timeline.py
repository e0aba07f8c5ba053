"""The history of a UIT with both clocks: between when and when ANAF first had it, when we did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from caraus.anaf.errors import Outcome
from caraus.sync.models import SyncRun
from caraus.transports.models import Transport, TransportEvent

Kind = TransportEvent.Kind
# What ANAF's list told: it stood there after the answer before, which lacked it.
_TOLD = {Kind.APPEARED, Kind.CHANGED, Kind.VEHICLE_CHANGED, Kind.CARRIER_CHANGED, Kind.RETURNED}
# An answer is written down within this time of its question.
_LONGEST_QUESTION = timedelta(minutes=5)
# Of so many of the last events is it looked up.
_LOOKED_UP = 40


@dataclass(frozen=True, slots=True)
class Moment:
    """An event, and what is known of when ANAF had it (UTC).

    `declared_at` is ANAF's own time, given for vehicle changes. `not_before` is the good answer
    before the one that told it: questions are kept whole for a week, afterwards it is None.
    """

    event: TransportEvent
    declared_at: datetime | None = None
    not_before: datetime | None = None


def timeline(transport: Transport, events: Sequence[TransportEvent]) -> list[Moment]:
    """The events in their order; one query for all of them."""
    told = [event for event in events if event.kind in _TOLD][:_LOOKED_UP]
    before = _answers_before(transport, told)
    return [
        Moment(event, declared_at=_declared_at(event), not_before=before.get(event.pk))
        for event in events
    ]


def _declared_at(event: TransportEvent) -> datetime | None:
    """When the last vehicle change was declared, if it is what the event tells."""
    _, changes = event.changes.get("vehicle_changes", [None, None])
    last = changes[-1] if changes else {}
    text = last.get("declared_at")
    return datetime.fromisoformat(text) if text else None


def _answers_before(transport: Transport, events: Sequence[TransportEvent]) -> dict[int, datetime]:
    """For each event, when the list that lacked it came: from the age of the list at the answer."""
    if not events:
        return {}
    near = reduce(
        or_,
        [Q(started_at__lte=one.at, started_at__gt=one.at - _LONGEST_QUESTION) for one in events],
    )
    runs = list(
        SyncRun.objects.filter(near, company_id=transport.company_id, outcome=Outcome.OK)
        .order_by("started_at")
        .values_list("started_at", "finished_at", "age")
    )
    found = {}
    for event in events:
        # An event has the moment of its answer, which lies within its question.
        ages = [age for start, end, age in runs if start <= event.at <= end and age is not None]
        if ages:
            found[event.pk] = event.at - timedelta(seconds=ages[-1])
    return found
