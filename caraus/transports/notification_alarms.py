"""Which alarms about UITs are still needed: as true as when people were notified, and nobody has
dealt with the UIT since."""

from collections.abc import Callable, Collection
from datetime import datetime

from caraus.notifications.escalation import AlarmCheck, register_alarm_check
from caraus.notifications.models import Escalation
from caraus.transports.models import DEALT_WITH, Mark, Transport
from caraus.transports.notification_kinds import DELISTED_UIT, EXPIRED_UIT, LAST_HOURS_OF_UIT
from caraus.transports.notification_texts import is_ours
from caraus.transports.notifications import key_of_end


def _still_needed(is_true: Callable[[Escalation, Transport], bool]) -> AlarmCheck:
    """Make the check of alarms of which this holds."""

    def check(alarms: Collection[Escalation], now: datetime) -> Collection[int]:
        rows = Transport.objects.filter(
            ~DEALT_WITH, pk__in={alarm.subject_id for alarm in alarms}, company__archived_at=None
        )
        transports = rows.select_related("company", "mark").defer("raw").in_bulk()
        return [
            alarm.pk
            for alarm in alarms
            if (transport := transports.get(alarm.subject_id))
            and is_true(alarm, transport)
            and not _is_taken_since(alarm, transport)
        ]

    return check


def _is_taken_since(alarm: Escalation, transport: Transport) -> bool:
    """Return whether somebody has said since the alarm that he sees to the UIT."""
    mark: Mark | None = getattr(transport, "mark", None)
    return mark is not None and mark.kind == Mark.Kind.TAKEN and mark.at >= alarm.created_at


def _is_ending(alarm: Escalation, transport: Transport) -> bool:
    return (
        transport.state in Transport.OPEN_STATES
        and is_ours(transport, transport.company)
        and alarm.key == key_of_end(transport)
    )


def _has_expired(alarm: Escalation, transport: Transport) -> bool:
    states = (*Transport.OPEN_STATES, Transport.State.EXPIRED)
    return (
        transport.state in states
        and is_ours(transport, transport.company)
        and alarm.key == key_of_end(transport)
    )


def _is_lost(alarm: Escalation, transport: Transport) -> bool:
    is_delisted = transport.state == Transport.State.DELISTED
    return is_delisted or not is_ours(transport, transport.company)


register_alarm_check(LAST_HOURS_OF_UIT, _still_needed(_is_ending))
register_alarm_check(EXPIRED_UIT, _still_needed(_has_expired))
register_alarm_check(DELISTED_UIT, _still_needed(_is_lost))
