"""What can be done with a vehicle on the page of the fleet, and about an issue on a UIT's page;
packages above register it."""

from collections.abc import Callable
from dataclasses import dataclass

from caraus.accounts.models import Membership
from caraus.transports.models import Transport


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
    """Return the registered actions."""
    return list(_ACTIONS.values())


@dataclass(frozen=True, slots=True)
class IssueAction:
    """A link in an issue of a UIT: `address` names a page that takes the UIT's key; `is_for` says
    whether the member may use it for the UIT."""

    address: str
    icon: str
    label: str
    is_for: Callable[[Membership, Transport], bool]


_ISSUE_ACTIONS: dict[str, IssueAction] = {}


def register_issue_action(action: IssueAction) -> None:
    """Show the action in each issue of a UIT, to who may use it."""
    _ISSUE_ACTIONS[action.address] = action


def issue_actions(membership: Membership, transport: Transport) -> list[IssueAction]:
    """Return the actions that the member may use for the UIT."""
    return [action for action in _ISSUE_ACTIONS.values() if action.is_for(membership, transport)]
