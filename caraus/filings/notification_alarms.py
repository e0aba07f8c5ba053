"""Which alarms about filings are still needed: nobody has decided what becomes of the change."""

from collections.abc import Collection
from datetime import datetime

from caraus.filings.events import key_of_state
from caraus.filings.models import VehicleChange
from caraus.filings.notification_kinds import FILING_NEEDS_ATTENTION
from caraus.notifications.escalation import register_alarm_check
from caraus.notifications.models import Escalation


def _still_needed(alarms: Collection[Escalation], now: datetime) -> Collection[int]:
    changes = VehicleChange.objects.in_bulk({alarm.subject_id for alarm in alarms})
    return [
        alarm.pk
        for alarm in alarms
        if (change := changes.get(alarm.subject_id)) and key_of_state(change) == alarm.key
    ]


register_alarm_check(FILING_NEEDS_ATTENTION, _still_needed)
