"""What can be done with a vehicle on the page of the fleet; packages above register it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VehicleAction:
    """A link of a vehicle in use: `address` names a page that takes the plate as `?numar=`."""

    address: str
    icon: str
    label: str


_ACTIONS: dict[str, VehicleAction] = {}


def register_vehicle_action(action: VehicleAction) -> None:
    """Show the action beside each vehicle, to who may edit the fleet."""
    _ACTIONS[action.address] = action


def vehicle_actions() -> list[VehicleAction]:
    """The registered actions."""
    return list(_ACTIONS.values())
