"""What is said of a change of vehicle that needs a person."""

from datetime import datetime

from django.utils.translation import gettext

from caraus.filings import display
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.notifications.messages import Facts, Message, message_kind
from caraus.transports.display import grouped_uit

_COPIED_FIELDS = (
    *("uit", "plate", "trailer1", "trailer2"),
    *("before_plate", "before_trailer1", "before_trailer2"),
    *("state", "reason", "message", "rehearsal"),
)
_MOMENTS = ("moment", "state_since")


def change_facts(change: VehicleChange) -> Facts:
    """Return what is said of a change, as it stands now."""
    copied = {name: getattr(change, name) for name in _COPIED_FIELDS}
    return copied | {name: getattr(change, name).isoformat() for name in _MOMENTS}


@message_kind("vehicle_change")
def vehicle_change(facts: Facts) -> Message:
    """Say how the change stands, with ANAF's words whole, and what to do."""
    moments = {name: datetime.fromisoformat(facts[name]) for name in _MOMENTS}
    change = VehicleChange(**{name: facts[name] for name in _COPIED_FIELDS}, **moments)
    title = gettext("Schimbare de vehicul {state}: UIT {uit}").format(
        state=ChangeState(change.state).label, uit=grouped_uit(change.uit)
    )
    parts = [
        display.format_change(change),
        display.state_sentence(change),
        display.response_error_sentence(change),
        change.message,
        display.state_advice(change),
    ]
    vehicle = " + ".join(map(display.format_plate, filter(None, change.vehicle)))
    row_title = gettext("{vehicle} · schimbare de vehicul {state}").format(
        vehicle=vehicle, state=ChangeState(change.state).label
    )
    return Message(
        display.mark_rehearsal(title, change),
        "\n\n".join(filter(None, parts)),
        row_title=display.mark_rehearsal(row_title, change),
    )
