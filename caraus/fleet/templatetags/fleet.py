"""Issues of UITs in templates of the packages above: `{% load fleet %}`."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import prefetch_related_objects

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.core.formatting import normalized_plate
from caraus.fleet import display, queries
from caraus.fleet.actions import IssueAction, issue_actions
from caraus.fleet.models import Issue, Vehicle
from caraus.fleet.plates import MAX_LENGTH
from caraus.transports.models import Transport
from caraus.transports.reconcile import PLATE_FIELDS

register = template.Library()


@register.simple_tag
def issue_labels(transport: Transport) -> list[str]:
    """Say what is wrong, in two or three words each, nothing twice; the worst first."""
    pending = queries.pending_issues_of(transport)
    return list(dict.fromkeys(display.short_label(issue) for issue in pending))


@dataclass(frozen=True, slots=True)
class AddablePlate:
    """A plate of a UIT that is not in the fleet and has no issue shown that offers to add it."""

    plate_field: str
    plate: str


@dataclass(frozen=True, slots=True)
class FleetBox:
    """A UIT beside the fleet of its company, for its page."""

    issues: list[display.IssueExplanation]
    addable: list[AddablePlate]
    # The vehicles of the fleet that are named, by plate.
    vehicles: dict[str, Vehicle]
    may_edit: bool
    # What may be done about an issue.
    actions: list[IssueAction]

    @property
    def pending_count(self) -> int:
        return sum(not explained.issue.is_dealt_with for explained in self.issues)


@register.simple_tag(takes_context=True)
def fleet_box(context: dict[str, Any], transport: Transport) -> FleetBox:
    """Return what the fleet has to say on a UIT's page."""
    membership = access.current_membership(context["request"])
    issues: list[Issue] = queries.issues_of(transport)
    prefetch_related_objects(issues, "other", "marked_by")
    plates = dict(zip(PLATE_FIELDS, map(normalized_plate, transport.current_vehicle), strict=True))
    vehicles = {
        vehicle.plate: vehicle
        for vehicle in Vehicle.objects.filter(
            company=transport.company_id, plate__in=filter(None, plates.values())
        )
    }
    reported = {issue.plate for issue in issues if issue.code == queries.IssueCode.NOT_IN_FLEET}
    addable = {
        plate: AddablePlate(plate_field, plate)
        for plate_field, plate in plates.items()
        if plate and len(plate) <= MAX_LENGTH and plate not in vehicles and plate not in reported
    }
    return FleetBox(
        issues=[display.explain(issue, transport) for issue in issues],
        addable=list(addable.values()),
        vehicles=vehicles,
        may_edit=access.has_role(membership, Role.DISPATCHER),
        actions=issue_actions(membership, transport) if issues else [],
    )


@register.filter
def by_plate(vehicles: dict[str, Vehicle], plate: str) -> Vehicle | None:
    """Return the vehicle with this plate, None without one."""
    return vehicles.get(plate)
